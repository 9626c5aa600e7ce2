// Scans text sixteen bytes at a time. GCC and Clang compile this to vector instructions on processors that have them.
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

// Loads a text of 1 to 16 bytes. Bytes of a text shorter than a block are repeated to fill it.
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

// The functions below set all bits of each byte that matches, and clear all bits of the others.

inline Block is_byte(Block block, char byte) { return reinterpret_cast<Block>(block == static_cast<unsigned char>(byte)); }
// Matches the bytes from `first` to `last`, inclusive. Requires first <= last, at most 127 apart.
inline Block is_between(Block block, char first, char last) {
  // Shifting `last` to 127 makes all bytes above it negative, so that one comparison is enough.
  using Signed = signed char __attribute__((vector_size(16)));
  const auto moved = reinterpret_cast<Signed>(block + static_cast<unsigned char>(127 - last));
  return reinterpret_cast<Block>(moved > static_cast<signed char>(126 - (last - first)));
}

inline bool has_any(Block answers) {
  std::array<std::uint64_t, 2> halves;  // NOLINT(cppcoreguidelines-pro-type-member-init): written whole
  std::memcpy(halves.data(), &answers, kBlock);
  return (halves[0] | halves[1]) != 0;
}

// Returns whether `find` matches any byte of the text. It does not stop at the first match, and passes some bytes twice.
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
