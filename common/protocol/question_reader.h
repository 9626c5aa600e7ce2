// Cuts a stream of bytes into questions: lines up to an empty line or the end of input. The work is linear in the number of
// bytes, however they come.
//
// An empty line ends a question. Empty lines behind it are skipped, also at the end of input: Exim recipes send several, and
// none of them is a second question. But the first question of a stream may be empty (an empty line, or the end of input with
// nothing before it): it gets its answer, an error, since a client is never left without one.
//
// Only the question as a whole has a bound (limits.h): a long line is one of its lines.
#pragma once

#include <cstddef>
#include <string_view>

#include "common/base/input_buffer.h"
#include "common/protocol/limits.h"

namespace protocol {

class QuestionReader {
 public:
  // Adds bytes as they come from the client. Feed more only when next() gives nothing: what was fed is kept until then.
  void feed(std::string_view bytes);
  // The input is at its end: what is there counts as a question.
  void finish() { finished_ = true; }
  // The text of the next complete question, without the empty line at its end. It is good until the next call of next() or
  // feed().
  // With a problem() it is the lines before the one that is too much; no further question comes.
  bool next(std::string_view& text);
  // What has been fed is no question any more. Nothing comes after that; `text` is what there is of one.
  void give_up(std::string_view& text);

  // Not empty: the stream cannot be followed any more, and why.
  [[nodiscard]] std::string_view problem() const { return problem_; }
  // After next() gave nothing: bytes of a question not complete yet are there.
  [[nodiscard]] bool has_partial() const { return !buffer_.empty(); }
  // Bytes that are kept, also of questions that were given out.
  [[nodiscard]] std::size_t held() const { return buffer_.size(); }

 private:
  void take(std::size_t end, std::size_t bytes, std::string_view& text);
  void skip(std::size_t bytes);
  bool break_off(std::string_view why, std::string_view& text);
  bool nothing();

  base::InputBuffer buffer_;  // its rest begins with the question that is being read
  std::size_t line_ = 0;      // where the line begins that is not complete yet
  std::size_t scanned_ = 0;   // no LF from line_ to here
  bool any_ = false;          // a question was given out
  bool finished_ = false;
  std::string_view problem_;
};

}  // namespace protocol
