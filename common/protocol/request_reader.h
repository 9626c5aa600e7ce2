// Splits a stream of bytes into requests: lines up to an empty line or the end of input. The work is linear in the number of
// bytes, whatever the sizes of the pieces.
//
// An empty line ends a request. Further empty lines are skipped, also at the end of input, because Exim recipes send several. But
// the first request of a stream may be empty (an empty line, or the end of input with nothing before it): its answer is an error,
// because every client gets an answer.
//
// Only the whole request has a bound (limits.h), not a single line.
#pragma once

#include <cstddef>
#include <string_view>

#include "common/base/input_buffer.h"
#include "common/protocol/limits.h"

namespace protocol {

class RequestReader {
 public:
  // Adds bytes from the client. Call it only after next() returned false: until then earlier bytes are still buffered.
  void feed(std::string_view bytes);
  // Reports the end of the input: remaining bytes count as a request.
  void finish() { finished_ = true; }
  // Sets `text` to the next complete request, without the empty line that ends it. The text is valid until the next call of
  // next() or feed(). If problem() is set, it consists of the lines before the one that exceeds the bound, and is the last one.
  bool next(std::string_view& text);
  // Discards the incomplete request; sets `text` to its complete lines, and problem(). No request follows.
  void give_up(std::string_view& text);

  // Returns why the stream can no longer be read; empty if it can.
  [[nodiscard]] std::string_view problem() const { return problem_; }
  // Returns, after next() returned false, whether there are bytes of an incomplete request.
  [[nodiscard]] bool has_partial() const { return !buffer_.empty(); }
  // Returns the bytes in memory, including those of requests already returned.
  [[nodiscard]] std::size_t held() const { return buffer_.size(); }

 private:
  void take(std::size_t end, std::size_t bytes, std::string_view& text);
  void skip(std::size_t bytes);
  bool break_off(std::string_view why, std::string_view& text);
  bool nothing();

  base::InputBuffer buffer_;  // rest() begins with the current request
  std::size_t line_ = 0;      // position of the incomplete line in rest()
  std::size_t scanned_ = 0;   // there is no LF from line_ up to this position
  bool any_ = false;          // whether a request was returned
  bool finished_ = false;
  std::string_view problem_;
};

}  // namespace protocol
