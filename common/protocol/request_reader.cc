#include "common/protocol/request_reader.h"

#include "common/base/text.h"

namespace protocol {

namespace {

constexpr std::string_view kTooLong = "the request is longer than 65536 bytes";
static_assert(kMaxRequest == 65536);

}  // namespace

void RequestReader::feed(std::string_view bytes) {
  if (problem_.empty()) buffer_.add(bytes);
}

void RequestReader::skip(std::size_t bytes) {
  buffer_.take(bytes);
  line_ = scanned_ = 0;
}

// Consumes `bytes`. Those up to `end` are the request.
void RequestReader::take(std::size_t end, std::size_t bytes, std::string_view& text) {
  text = buffer_.rest().substr(0, end);
  skip(bytes);
  any_ = true;
}

bool RequestReader::break_off(std::string_view why, std::string_view& text) {
  problem_ = why;
  take(line_, buffer_.rest().size(), text);
  return true;
}

void RequestReader::give_up(std::string_view& text) { break_off("the request was given up", text); }

bool RequestReader::nothing() {
  if (!buffer_.empty()) return false;
  buffer_.clear();
  line_ = scanned_ = 0;
  return false;
}

bool RequestReader::next(std::string_view& text) {
  if (!problem_.empty()) return nothing();
  for (;;) {
    const std::string_view rest = buffer_.rest();
    const std::size_t lf = rest.find('\n', scanned_);
    const bool complete = lf != std::string_view::npos;
    scanned_ = complete ? lf : rest.size();
    const std::string_view line = rest.substr(line_, scanned_ - line_);
    // Does not count the CR of an empty line that may end the request here.
    if (scanned_ - (line.ends_with('\r') ? 1 : 0) > kMaxRequest) return break_off(kTooLong, text);
    if (!complete) break;
    const std::size_t next_line = lf + 1;
    if (!base::strip(line).empty()) {
      line_ = scanned_ = next_line;
    } else if (line_ > 0 || !any_) {
      take(line_, next_line, text);
      return true;
    } else {
      skip(next_line);
    }
  }
  if (!finished_) return nothing();
  const std::string_view rest = buffer_.rest();
  if (line_ == 0 && any_ && base::strip(rest).empty()) {
    skip(rest.size());
    return false;
  }
  take(rest.size(), rest.size(), text);
  return true;
}

}  // namespace protocol
