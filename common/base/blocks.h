// Text looked at sixteen bytes at a time. GCC and Clang make vector instructions of it on every processor that has them.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace base {

using Block = unsigned char __attribute__((vector_size(16)));
inline constexpr std::size_t kBlock = sizeof(Block);

inline Block load_block(const char* bytes) {
  Block block;
  std::memcpy(&block, bytes, kBlock);
  return block;
}

// The functions below say yes to a byte by making all its bits 1, and no by making them 0.

inline Block is_byte(Block block, char byte) { return reinterpret_cast<Block>(block == static_cast<unsigned char>(byte)); }
inline Block is_between(Block block, char first, char last) {
  return reinterpret_cast<Block>(block - static_cast<unsigned char>(first) <= static_cast<unsigned char>(last - first));
}

inline bool has_any(Block answers) {
  std::array<std::uint64_t, 2> halves;  // NOLINT(cppcoreguidelines-pro-type-member-init): written whole
  std::memcpy(halves.data(), &answers, kBlock);
  return (halves[0] | halves[1]) != 0;
}

// Whether `find` says yes to any byte of the text. It does not stop where it finds one, and says no to `filler`.
template <class Find>
bool has_any(std::string_view text, char filler, Find&& find) {
  if (text.size() < kBlock) {
    std::array<char, kBlock> padded;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    padded.fill(filler);
    text.copy(padded.data(), text.size());
    return has_any(find(load_block(padded.data())));
  }
  const char* const last = text.data() + text.size() - kBlock;
  Block found = find(load_block(last));  // with some of what stands before it
  for (const char* bytes = text.data(); bytes < last; bytes += kBlock) found |= find(load_block(bytes));
  return has_any(found);
}

}  // namespace base
