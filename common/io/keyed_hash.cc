#include "common/io/keyed_hash.h"

#include <array>
#include <bit>
#include <cstddef>
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
    round();
    v0 ^= word;
  }
};

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) word = word << 8 | static_cast<std::uint8_t>(bytes[i]);
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
  // The constants are the paper's: "somepseudorandomlygeneratedbytes".
  State state{key.k0 ^ 0x736f6d6570736575ULL, key.k1 ^ 0x646f72616e646f6dULL, key.k0 ^ 0x6c7967656e657261ULL,
              key.k1 ^ 0x7465646279746573ULL};
  std::string_view rest = text;
  for (; rest.size() >= 8; rest.remove_prefix(8)) state.add(little_endian(rest.substr(0, 8)));
  state.add(static_cast<std::uint64_t>(text.size()) << 56 | little_endian(rest));
  state.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace io
