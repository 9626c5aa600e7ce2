// A synthetic world of very many domains: what they publish has the shape that measurements of 55 million records have found
// (USENIX Security 2024): how many use include, how many look-ups a record needs, how few senders for hire most domains name,
// TTLs. What domain N publishes depends on N alone, so the world may be of any size, and the same each time.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "t/bench/world.h"

namespace bench {

// "w17.bench.example", with a client that it may have sent from (nine of ten) or a stranger, and what an SPF checker must say.
Check wide_check(std::uint64_t number);

// The zone bench.example of a world with that many domains, in master-file form.
void write_wide_zone(std::FILE* out, std::uint64_t domains);

// Who sends mail: domain numbers below `domains` by Zipf's law (exponent 1), the same sequence for the same seed.
class Senders {
 public:
  Senders(std::uint64_t domains, std::uint64_t seed);
  std::uint64_t next();

 private:
  std::vector<double> cumulative_;
  std::uint64_t state_;
};

}  // namespace bench
