// A synthetic world with a very large number of domains. Their records have the shape of 20,000 real ones of municipalities and
// public bodies of 150 countries (2026), and of 6,000 records that these include: terms of each kind, networks, the DNS terms of
// a whole check (median 2, 1 % over the limit), the few commercial senders in most records, the ends. Left out are redirects,
// macros and IPv6 networks, which 1, 1 and 3 % have. The TTLs are those of a measurement of 55 million records (USENIX Security
// 2024). The records of domain N depend only on N, so the world can have any size and is the same each time.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "t/bench/world.h"

namespace bench {

// Returns "w17.bench.example" with a permitted client (nine of ten) or a stranger, and the expected result.
Check wide_check(std::uint64_t number);

// Writes the zone bench.example of a world with this number of domains, in master-file form.
void write_wide_zone(std::FILE* out, std::uint64_t domains);

// The senders of mail: domain numbers below `domains` by Zipf's law (exponent 1), the same sequence for the same seed.
class Senders {
 public:
  Senders(std::uint64_t domains, std::uint64_t seed);
  std::uint64_t next();

 private:
  std::vector<double> cumulative_;
  std::uint64_t state_;
};

}  // namespace bench
