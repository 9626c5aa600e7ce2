// A hash with a secret key, for tables whose keys come from outside: collisions cannot be caused on purpose.
//
// SipHash-1-3: SipHash (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012) with the numbers of rounds that the hash
// tables of Rust and Python use.
#pragma once

#include <cstdint>
#include <string_view>

namespace io {

struct HashKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;

  static HashKey random();
};

std::uint64_t keyed_hash(const HashKey& key, std::string_view text);

}  // namespace io
