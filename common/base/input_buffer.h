// Bytes that come in pieces and are read from the front. Each byte is moved about once, however the bytes come.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/reuse.h"

namespace base {

class InputBuffer {
 public:
  // Ends the views that rest() gave.
  void add(std::string_view bytes) {
    // What was taken goes when it is at least half of the buffer.
    if (begin_ > 0 && begin_ >= bytes_.size() - begin_) {
      bytes_.erase(0, begin_);
      begin_ = 0;
    }
    bytes_ += bytes;
  }
  // The bytes that were not taken.
  [[nodiscard]] std::string_view rest() const { return {bytes_.data() + begin_, bytes_.size() - begin_}; }
  [[nodiscard]] bool empty() const { return begin_ == bytes_.size(); }
  // Views of what is taken stay good.
  void take(std::size_t bytes) { begin_ += bytes; }
  // Gives up what is left. An idle connection keeps no large buffer.
  void clear() {
    reuse(bytes_);
    begin_ = 0;
  }
  // Bytes in memory: those that were taken, too.
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  std::string bytes_;
  std::size_t begin_ = 0;
};

}  // namespace base
