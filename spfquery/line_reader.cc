#include "spfquery/line_reader.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace spfquery {

LineReader::Got LineReader::next() {
  for (;;) {
    const std::size_t lf = buffer_.find('\n', scanned_);
    if (lf != std::string::npos || (at_end_ && begin_ < buffer_.size())) {
      const std::size_t end = lf == std::string::npos ? buffer_.size() : lf;
      const bool is_long = is_skipping_ || end - begin_ > kMaxLine;
      line_ = is_long ? std::string_view() : std::string_view(buffer_).substr(begin_, end - begin_);
      begin_ = scanned_ = lf == std::string::npos ? end : lf + 1;
      is_skipping_ = false;
      ++line_number_;
      return is_long ? Got::too_long : Got::line;
    }
    scanned_ = buffer_.size();
    if (scanned_ - begin_ > kMaxLine) {
      is_skipping_ = true;
      begin_ = scanned_;
    }
    if (at_end_) {
      if (!is_skipping_) return Got::end;
      is_skipping_ = false;
      ++line_number_;
      return Got::too_long;
    }
    if (const Got got = read_more(); got != Got::line) return got;
  }
}

// Returns Got::line if there are new bytes, or the end.
LineReader::Got LineReader::read_more() {
  pollfd look{fd_, POLLIN, 0};
  if (::poll(&look, 1, 0) == 0) return Got::nothing;
  buffer_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;
  std::array<char, 65536> bytes;
  const ssize_t size = ::read(fd_, bytes.data(), bytes.size());
  if (size < 0) {
    if (errno == EINTR || errno == EAGAIN) return Got::nothing;
    error_ = errno;
    return Got::failure;
  }
  at_end_ = size == 0;
  buffer_.append(bytes.data(), static_cast<std::size_t>(size));
  bytes_ += static_cast<std::uint64_t>(size);
  return Got::line;
}

}  // namespace spfquery
