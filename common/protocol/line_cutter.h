// Splits a stream of bytes into lines. The work is linear in the number of bytes, whatever the sizes of the pieces.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "common/base/input_buffer.h"

namespace protocol {

class LineCutter {
 public:
  // `longest`: maximum size of a line, in bytes, without its line end.
  explicit LineCutter(std::size_t longest) : longest_(longest) {}

  // Adds bytes. Call it only after next() returned nothing: until then earlier bytes are still buffered. Like next(), it
  // invalidates the views that next() returned.
  void feed(std::string_view bytes);
  // Reports the end of the input: remaining bytes, if any, count as a line.
  void finish() { finished_ = true; }
  // Returns the next complete line, without LF or CRLF. Returns nothing more after a line that is too long.
  std::optional<std::string_view> next();
  // Returns whether a line was too long.
  [[nodiscard]] bool is_broken() const { return broken_; }
  // Returns, after next() returned nothing, whether there are bytes of an incomplete line.
  [[nodiscard]] bool has_partial() const { return !buffer_.empty(); }
  // Returns the bytes in memory, including those of lines already returned.
  [[nodiscard]] std::size_t held() const { return buffer_.size(); }

 private:
  std::size_t longest_;
  base::InputBuffer buffer_;
  std::size_t scanned_ = 0;  // number of bytes at the beginning of buffer_.rest() that are known to have no LF
  bool finished_ = false;
  bool broken_ = false;
};

}  // namespace protocol
