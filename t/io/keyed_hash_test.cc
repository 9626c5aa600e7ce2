#include "common/io/keyed_hash.h"

#include <array>
#include <string>

#include <doctest/doctest.h>

namespace {

std::uint64_t rotated(std::uint64_t word, unsigned bits) { return word << bits | word >> (64 - bits); }

// SipHash-c-d as the paper defines it (section 2), over a message that is padded first.
std::uint64_t siphash(int c, int d, const io::HashKey& key, std::string text) {
  const std::string initial = "somepseudorandomlygeneratedbytes";
  std::array<std::uint64_t, 4> v{};
  for (std::size_t i = 0; i < 32; ++i) v.at(i / 8) = v.at(i / 8) << 8 | static_cast<unsigned char>(initial[i]);
  for (std::size_t i = 0; i < 4; ++i) v.at(i) ^= i % 2 == 0 ? key.k0 : key.k1;
  const auto mix = [&v](std::size_t one, std::size_t other, unsigned bits) {
    v.at(one) += v.at(other);
    v.at(other) = rotated(v.at(other), bits) ^ v.at(one);
  };
  const auto rounds = [&](int count) {
    for (; count > 0; --count) {
      mix(0, 1, 13);
      mix(2, 3, 16);
      v[0] = rotated(v[0], 32);
      mix(2, 1, 17);
      mix(0, 3, 21);
      v[2] = rotated(v[2], 32);
    }
  };
  const char size = static_cast<char>(text.size() % 256);
  while (text.size() % 8 != 7) text += '\0';
  text += size;
  for (std::size_t from = 0; from < text.size(); from += 8) {
    std::uint64_t word = 0;
    for (std::size_t i = 8; i-- > 0;) word = word << 8 | static_cast<unsigned char>(text[from + i]);
    v[3] ^= word;
    rounds(c);
    v[0] ^= word;
  }
  v[2] ^= 0xff;
  rounds(d);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

const io::HashKey kPaperKey{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};

std::string counting(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(i * 7);
  return text;
}

}  // namespace

TEST_CASE("keyed hash: the reference computes the SipHash-2-4 of the authors' paper (appendix A)") {
  std::string text;
  for (char c = 0; c < 15; ++c) text += c;
  CHECK(siphash(2, 4, kPaperKey, text) == 0xa129ca6149be45e5ULL);
}

TEST_CASE("keyed hash: SipHash-1-3 of texts of every length") {
  const io::HashKey random = io::HashKey::random();
  for (std::size_t size = 0; size <= 300; ++size) {
    const std::string text = counting(size);
    CHECK(io::keyed_hash(kPaperKey, text) == siphash(1, 3, kPaperKey, text));
    CHECK(io::keyed_hash(random, text) == siphash(1, 3, random, text));
  }
  CHECK(io::keyed_hash(io::HashKey::random(), "x") != io::keyed_hash(io::HashKey::random(), "x"));
}
