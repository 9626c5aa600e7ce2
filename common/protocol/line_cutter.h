// Cuts a stream of bytes into lines. The work is linear in the number of bytes, however they come.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "common/base/input_buffer.h"

namespace protocol {

class LineCutter {
 public:
  // A line has at most `longest` bytes without its end.
  explicit LineCutter(std::size_t longest) : longest_(longest) {}

  // What was fed is kept until next() has given it out, so feed more only when next() gives nothing. Ends the views that
  // next() gave, as next() does.
  void feed(std::string_view bytes);
  // The input is at its end: what is there counts as a line, if there is anything.
  void finish() { finished_ = true; }
  // The next complete line, without LF or CRLF. Nothing further comes after a line that is too long.
  std::optional<std::string_view> next();
  // A line is too long.
  [[nodiscard]] bool is_broken() const { return broken_; }
  // After next() gave nothing: bytes of a line that is not complete are there.
  [[nodiscard]] bool has_partial() const { return !buffer_.empty(); }
  // Bytes that are kept, also of lines that were given out.
  [[nodiscard]] std::size_t held() const { return buffer_.size(); }

 private:
  std::size_t longest_;
  base::InputBuffer buffer_;
  std::size_t scanned_ = 0;  // no LF in so many bytes of its rest
  bool finished_ = false;
  bool broken_ = false;
};

}  // namespace protocol
