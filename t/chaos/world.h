// The DNS of the chaos test, and what SPF makes of it.
//
// A name is LABEL.KIND.ZONE.test. The kind says what is published, the first letter of the zone whether DNS is well there:
//   c  always right; the verdict is the expected one
//   f  each query may be lost, late, truncated, a lie, garbage or refused; the verdict is the expected one, or temperror
//   d  silence; the verdict is temperror
// Labels and zones are drawn at random, so that names are new to the cache, or not.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "t/support/dns_server.h"

namespace chaos {

using Random = std::mt19937_64;

// 0 to `end` - 1.
std::size_t below(Random& random, std::size_t end);

struct Case {
  std::string client;
  std::string domain;
  std::string expected;        // "pass"
  bool may_temperror = false;  // DNS is faulty there
};
Case make_case(Random& random);

// Whether the result is one that the case allows; `result` is a word of RFC 7208.
bool is_allowed(const Case& asked, std::string_view result);

// Draws the faults from a generator of its own with this seed.
support::DnsServer::Handler hostile_handler(std::uint64_t seed);

}  // namespace chaos
