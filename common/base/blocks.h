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

// A text of 1 to 16 bytes, some of them more than once.
inline Block load_few(std::string_view text) {
  const char* const bytes = text.data();
  const char* const end = bytes + text.size();
  std::array<std::uint64_t, 2> halves{};
  if (text.size() >= 8) {
    std::memcpy(&halves[0], bytes, 8);
    std::memcpy(&halves[1], end - 8, 8);
  } else {
    std::array<std::uint32_t, 2> quarters{};
    if (text.size() >= 4) {
      std::memcpy(&quarters[0], bytes, 4);
      std::memcpy(&quarters[1], end - 4, 4);
    } else {
      const auto byte = [](char c) { return static_cast<std::uint32_t>(static_cast<unsigned char>(c)); };
      quarters[0] = byte(bytes[0]) | byte(bytes[text.size() / 2]) << 8 | byte(end[-1]) << 16 | byte(end[-1]) << 24;
      quarters[1] = quarters[0];
    }
    std::memcpy(&halves[0], quarters.data(), 8);
    halves[1] = halves[0];
  }
  Block block;
  std::memcpy(&block, halves.data(), kBlock);
  return block;
}

// The functions below say yes to a byte by making all its bits 1, and no by making them 0.

inline Block is_byte(Block block, char byte) { return reinterpret_cast<Block>(block == static_cast<unsigned char>(byte)); }
// first <= last, at most 127 apart.
inline Block is_between(Block block, char first, char last) {
  // With `last` moved to 127, all bytes above it are negative, and only one comparison is left.
  using Signed = signed char __attribute__((vector_size(16)));
  const auto moved = reinterpret_cast<Signed>(block + static_cast<unsigned char>(127 - last));
  return reinterpret_cast<Block>(moved > static_cast<signed char>(126 - (last - first)));
}

inline bool has_any(Block answers) {
  std::array<std::uint64_t, 2> halves;  // NOLINT(cppcoreguidelines-pro-type-member-init): written whole
  std::memcpy(halves.data(), &answers, kBlock);
  return (halves[0] | halves[1]) != 0;
}

// Whether `find` says yes to any byte of the text. It does not stop where it finds one, and sees some bytes twice.
template <class Find>
bool has_any(std::string_view text, Find&& find) {
  if (text.empty()) return false;
  if (text.size() < kBlock) return has_any(find(load_few(text)));
  const char* const last = text.data() + text.size() - kBlock;
  Block found = find(load_block(last));
  for (const char* bytes = text.data(); bytes < last; bytes += kBlock) found |= find(load_block(bytes));
  return has_any(found);
}

}  // namespace base
