#include "common/io/keyed_hash.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <span>

#include "common/io/random.h"

namespace io {

namespace {

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }

  void add(std::uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

// Reads up to 8 bytes.
std::uint64_t little_endian(const char* bytes, std::size_t size) {
  std::uint64_t word = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&word, bytes, size);
  } else {
    while (size-- > 0) word = word << 8 | static_cast<std::uint8_t>(bytes[size]);
  }
  return word;
}

}  // namespace

HashKey HashKey::random() {
  std::array<std::uint8_t, 16> bytes{};
  fill_random(bytes);
  const auto half = [&](std::size_t from) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < 8; ++i) word = word << 8 | bytes[from + i];
    return word;
  };
  return {half(0), half(8)};
}

std::uint64_t keyed_hash(const HashKey& key, std::string_view text) {
  // The constants come from the paper: "somepseudorandomlygeneratedbytes".
  State state{key.k0 ^ 0x736f6d6570736575ULL, key.k1 ^ 0x646f72616e646f6dULL, key.k0 ^ 0x6c7967656e657261ULL,
              key.k1 ^ 0x7465646279746573ULL};
  const std::size_t rest = text.size() % 8;
  const char* const end = text.data() + (text.size() - rest);
  for (const char* word = text.data(); word != end; word += 8) state.add(little_endian(word, 8));
  state.add(static_cast<std::uint64_t>(text.size()) << 56 | little_endian(end, rest));
  state.v2 ^= 0xff;
  for (int i = 0; i < 3; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace io
