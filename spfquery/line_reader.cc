#include "spfquery/line_reader.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace spfquery {

namespace {

// Returns whether the bytes may be lines of a log, in any encoding.
bool is_text(std::string_view bytes) {
  return std::ranges::all_of(bytes, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\n' || c == '\r' || c == '\t' || (byte >= ' ' && c != '\x7f');
  });
}

}  // namespace

LineReader::Got LineReader::next() {
  for (int pieces = 0;; ++pieces) {
    const std::size_t lf = buffer_.find('\n', scanned_);
    if (lf != std::string::npos || (at_end_ && begin_ < buffer_.size())) {
      const std::size_t end = lf == std::string::npos ? buffer_.size() : lf;
      const bool is_long = is_skipping_ || end - begin_ > kMaxLine;
      line_ = is_long ? std::string_view() : std::string_view(buffer_).substr(begin_, end - begin_);
      if (line_.ends_with('\r')) line_.remove_suffix(1);
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
      if (!is_skipping_) return error_.empty() ? Got::end : Got::failure;
      is_skipping_ = false;
      ++line_number_;
      return Got::too_long;
    }
    if (pieces == kMaxTurn) return Got::paused;
    if (const Got got = read_more(); got != Got::line) return got;
  }
}

// Returns Got::line if there are new bytes, or the end.
LineReader::Got LineReader::read_more() {
  buffer_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;
  if (gunzip_) {
    if (const Got got = expand(); got != Got::nothing) return got;
  }
  pollfd look{fd_, POLLIN, 0};
  if (::poll(&look, 1, 0) == 0) return Got::nothing;
  std::array<char, 65536> bytes;
  const ssize_t size = ::read(fd_, bytes.data(), bytes.size());
  if (size < 0) {
    if (errno == EINTR || errno == EAGAIN) return Got::nothing;
    error_ = std::strerror(errno);
    return Got::failure;
  }
  at_end_ = size == 0;
  bytes_ += static_cast<std::uint64_t>(size);
  const std::string_view read(bytes.data(), static_cast<std::size_t>(size));
  if (gunzip_) {
    if (at_end_ && !gunzip_->is_complete()) return end_damaged();
    if (at_end_ && !gunzip_->rest().empty()) return end_before_rest();
    gunzip_->give(read);
    return Got::line;
  }
  buffer_ += read;
  constexpr std::size_t kMagic = 2;  // bytes
  if (may_be_gzip_ && (bytes_ >= kMagic || at_end_)) {
    may_be_gzip_ = false;
    if (!Gunzip::is_gzip(buffer_)) return Got::line;
    gunzip_.emplace();
    gunzip_->give(buffer_);
    buffer_.clear();
    scanned_ = 0;
  }
  return Got::line;
}

// Unpacks a piece. Got::nothing: more packed bytes are needed.
LineReader::Got LineReader::expand() {
  switch (gunzip_->expand(buffer_)) {
    case Gunzip::Got::bytes: return Got::line;
    case Gunzip::Got::nothing: return Got::nothing;
    case Gunzip::Got::garbage: return end_before_rest();
    case Gunzip::Got::damage: break;
  }
  return end_damaged();
}

// Ends the file after the complete lines that came before the damage.
LineReader::Got LineReader::end_damaged() {
  at_end_ = true;
  error_ = "the gzip data is damaged or ends early";
  if (gunzip_->is_whole()) return Got::line;
  const std::size_t lf = buffer_.rfind('\n');
  buffer_.resize(lf == std::string::npos ? 0 : lf + 1);
  is_skipping_ = is_skipping_ && lf != std::string::npos;
  scanned_ = std::min(scanned_, buffer_.size());
  return Got::line;
}

// Ends the file after its gzip data, although something else follows. "cat log.gz log" makes such files.
LineReader::Got LineReader::end_before_rest() {
  at_end_ = true;
  constexpr std::size_t kJudged = 512;  // bytes
  const bool is_log = is_text(gunzip_->rest().substr(0, kJudged));
  error_ = is_log ? "text follows the gzip data: give it as a file of its own" : "what follows the gzip data is not gzip data";
  return Got::line;
}

}  // namespace spfquery
