// Strings that are used again keep their memory, but not for ever what one large value needed.
#pragma once

#include <cstddef>
#include <string>

namespace base {

// Bytes that an emptied string may keep.
inline constexpr std::size_t kKeptMemory = 4096;

inline void reuse(std::string& text) {
  if (text.capacity() > kKeptMemory) {
    std::string().swap(text);
  } else {
    text.clear();
  }
}

}  // namespace base
