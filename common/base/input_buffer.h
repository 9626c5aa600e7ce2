// A buffer for bytes that arrive in pieces and are consumed from the front. Each byte is moved about once, whatever the sizes of
// the pieces.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/reuse.h"

namespace base {

class InputBuffer {
 public:
  // Appends bytes. Invalidates the views that rest() returned.
  void add(std::string_view bytes) {
    // Removes the consumed bytes when they are at least half of the buffer.
    if (begin_ > 0 && begin_ >= bytes_.size() - begin_) {
      bytes_.erase(0, begin_);
      begin_ = 0;
    }
    bytes_ += bytes;
  }
  // Returns the bytes that are not consumed yet.
  [[nodiscard]] std::string_view rest() const { return {bytes_.data() + begin_, bytes_.size() - begin_}; }
  [[nodiscard]] bool empty() const { return begin_ == bytes_.size(); }
  // Consumes bytes from the front. Views of them stay valid.
  void take(std::size_t bytes) { begin_ += bytes; }
  // Discards all bytes and frees a large buffer, so that idle connections keep none (base::reuse()).
  void clear() {
    reuse(bytes_);
    begin_ = 0;
  }
  // Returns the number of bytes in memory, consumed ones included.
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  std::string bytes_;
  std::size_t begin_ = 0;
};

}  // namespace base
