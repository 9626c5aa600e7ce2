#include "common/protocol/line_cutter.h"

namespace protocol {

void LineCutter::feed(std::string_view bytes) {
  if (!broken_) buffer_.add(bytes);
}

std::optional<std::string_view> LineCutter::next() {
  if (broken_) return std::nullopt;
  const std::string_view rest = buffer_.rest();
  const std::size_t lf = rest.find('\n', scanned_);
  const bool complete = lf != std::string_view::npos;
  scanned_ = complete ? lf : rest.size();
  std::string_view line = rest.substr(0, scanned_);
  if (line.ends_with('\r')) line.remove_suffix(1);
  broken_ = line.size() > longest_;
  if (broken_ || rest.empty()) {
    buffer_.clear();
    return std::nullopt;
  }
  if (!complete && !finished_) return std::nullopt;
  buffer_.take(complete ? lf + 1 : rest.size());
  scanned_ = 0;
  return line;
}

}  // namespace protocol
