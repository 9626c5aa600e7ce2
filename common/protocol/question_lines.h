// The query lines that Exim's ${readsocket{...}} sends to spfd, and the answer lines (spfd-protocol(7)).
//
// A codec: bytes in, questions out; reply in, bytes out. It knows no socket and decides nothing about SPF.
//   question: lines "key=value", LF or CRLF, up to an empty line or the end of input; keys in any case, the last one wins,
//             unknown keys and lines without "=" are ignored.
//   answer:   lines "key=value" in a fixed order, then an empty line; or one JSON object on a line.
// Every value of an answer is one line of printable US-ASCII, at most kMaxLine bytes, whatever stands in the reply.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/receiver/request.h"

namespace protocol {

enum class Format : std::uint8_t { lines, json };

struct Question {
  receiver::Request request;
  bool is_ping = false;  // request=ping: answer at once, without SPF
  bool keep = false;     // keep=1: the connection stays open for further questions
  Format format = Format::lines;
  std::string id;  // given back in the answer
  // How long the client is willing to wait, at most kMaxTimeout; nothing: not said.
  std::optional<std::chrono::milliseconds> timeout;
  // Not empty: the question cannot be answered, and why. keep, format and id hold all the same.
  std::string error;
};

struct ReplyStyle {
  bool legacy_results = false;  // "unknown" and "error" for permerror and temperror (Mail::SPF::Query)
};

inline constexpr std::size_t kMaxLine = 8192;       // bytes without line end
inline constexpr std::size_t kMaxQuestion = 16384;  // bytes
inline constexpr std::chrono::milliseconds kMaxTimeout = std::chrono::hours(1);

// Cuts a stream of bytes into questions; the work is linear in the number of bytes, however they come.
//
// An empty line ends a question. Empty lines behind it are skipped, also at the end of input: Exim recipes send several, and
// none of them is a second question. But the first question of a stream may be empty (an empty line, or the end of input with
// nothing before it): it gets its answer, an error, since a client is never left without one.
class QuestionReader {
 public:
  // Adds bytes as they come from the client. Feed more only when next() gives nothing: what was fed is kept until then.
  void feed(std::string_view bytes);
  // The input is at its end: what is there counts as a question.
  void finish() { finished_ = true; }
  // The next complete question. After a question with `must_close()`, no further one comes.
  std::optional<Question> next();
  // The stream cannot be followed any more (a line or question too long): close after the answer.
  [[nodiscard]] bool must_close() const { return broken_; }
  // After next() gave nothing: bytes of a question not complete yet are there.
  [[nodiscard]] bool has_partial() const { return begin_ < buffer_.size(); }

 private:
  std::string_view take(std::size_t end, std::size_t next_begin);
  Question give_up(std::string_view why);

  std::string buffer_;
  std::size_t begin_ = 0;    // of the question that is being read
  std::size_t line_ = 0;     // of its line that is not complete yet
  std::size_t scanned_ = 0;  // no LF from line_ to here
  bool any_ = false;         // a question was given out
  bool finished_ = false;
  bool broken_ = false;
};

// The question that the text of one question (without the empty line at its end) asks.
Question parse_question(std::string_view text);

std::string encode_reply(const receiver::Reply& reply, const Question& question, const ReplyStyle& style);
// The answer to request=ping: "pong=1", "version=..." and the id.
std::string encode_pong(const Question& question);

}  // namespace protocol
