#include "common/protocol/question_reader.h"

#include "common/base/reuse.h"
#include "common/base/text.h"

namespace protocol {

namespace {

constexpr std::string_view kTooLong = "the question is longer than 65536 bytes";
static_assert(kMaxQuestion == 65536);

}  // namespace

void QuestionReader::feed(std::string_view bytes) {
  if (!problem_.empty()) return;
  // What was given out goes when it is at least half of the buffer: so each byte is moved about once.
  if (begin_ > 0 && begin_ >= buffer_.size() - begin_) {
    buffer_.erase(0, begin_);
    line_ -= begin_;
    scanned_ -= begin_;
    begin_ = 0;
  }
  buffer_ += bytes;
}

// The question up to `end`; the next one begins at `next_begin`.
void QuestionReader::take(std::size_t end, std::size_t next_begin, std::string_view& text) {
  text = std::string_view(buffer_).substr(begin_, end - begin_);
  begin_ = line_ = scanned_ = next_begin;
  any_ = true;
}

bool QuestionReader::break_off(std::string_view why, std::string_view& text) {
  problem_ = why;
  take(line_, buffer_.size(), text);
  return true;
}

void QuestionReader::give_up(std::string_view& text) { break_off("the question was given up", text); }

// An idle connection keeps no large buffer.
bool QuestionReader::nothing() {
  if (begin_ < buffer_.size()) return false;
  base::reuse(buffer_);
  begin_ = line_ = scanned_ = 0;
  return false;
}

bool QuestionReader::next(std::string_view& text) {
  if (!problem_.empty()) return nothing();
  for (;;) {
    const std::size_t lf = buffer_.find('\n', scanned_);
    const bool complete = lf != std::string::npos;
    const std::size_t end = complete ? lf : buffer_.size();
    scanned_ = end;
    const std::string_view line = std::string_view(buffer_).substr(line_, end - line_);
    // Without the CR of the empty line that may come now.
    if (line_ - begin_ + line.size() - (line.ends_with('\r') ? 1 : 0) > kMaxQuestion) return break_off(kTooLong, text);
    if (!complete) break;
    const std::size_t next_line = lf + 1;
    if (!base::strip(line).empty()) {
      line_ = scanned_ = next_line;
    } else if (line_ > begin_ || !any_) {
      take(line_, next_line, text);
      return true;
    } else {
      begin_ = line_ = scanned_ = next_line;
    }
  }
  if (!finished_) return nothing();
  const bool is_blank = line_ == begin_ && base::strip(std::string_view(buffer_).substr(line_)).empty();
  if (is_blank && any_) {
    begin_ = line_ = scanned_ = buffer_.size();
    return false;
  }
  take(buffer_.size(), buffer_.size(), text);
  return true;
}

}  // namespace protocol
