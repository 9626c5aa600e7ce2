#include "common/protocol/line_cutter.h"

#include "common/base/reuse.h"

namespace protocol {

void LineCutter::feed(std::string_view bytes) {
  if (broken_) return;
  // What was given out goes when it is at least half of the buffer: so each byte is moved about once.
  if (begin_ > 0 && begin_ >= buffer_.size() - begin_) {
    buffer_.erase(0, begin_);
    scanned_ -= begin_;
    begin_ = 0;
  }
  buffer_ += bytes;
}

std::optional<std::string_view> LineCutter::next() {
  if (broken_) return std::nullopt;
  const std::size_t lf = buffer_.find('\n', scanned_);
  const bool complete = lf != std::string::npos;
  const std::size_t end = complete ? lf : buffer_.size();
  scanned_ = end;
  std::string_view line = std::string_view(buffer_).substr(begin_, end - begin_);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() > longest_) {
    broken_ = true;
    std::string().swap(buffer_);
    begin_ = scanned_ = 0;
    return std::nullopt;
  }
  if (!complete && begin_ == buffer_.size()) {
    // An idle connection keeps no large buffer.
    base::reuse(buffer_);
    begin_ = scanned_ = 0;
    return std::nullopt;
  }
  if (!complete && !finished_) return std::nullopt;
  begin_ = scanned_ = complete ? lf + 1 : buffer_.size();
  return line;
}

}  // namespace protocol
