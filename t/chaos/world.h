// The DNS of the chaos test, and the SPF results of its names.
//
// A name is LABEL.KIND.ZONE.test. The kind is what is published, the first letter of the zone is the state of DNS:
//   c  always right; the verdict is the expected one
//   f  each query may be lost, late, truncated, a lie, garbage or refused; the verdict is the expected one, or temperror
//   s  slow: each answer takes 300 ms; the verdict is the expected one, or temperror
//   d  silence; the verdict is temperror
// Labels and zones are random, so that names are in the cache or not.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "t/support/dns_server.h"

namespace chaos {

using Random = std::mt19937_64;

// Returns a random number from 0 to `end` - 1.
std::size_t below(Random& random, std::size_t end);

struct Case {
  std::string client;
  std::string domain;
  std::string expected;        // "pass"
  bool may_temperror = false;  // DNS is faulty there
};
Case make_case(Random& random);

// Returns whether the case allows the result, a word of RFC 7208.
bool is_allowed(const Case& asked, std::string_view result);

// Returns a handler that draws its faults from a generator of its own with this seed.
support::DnsServer::Handler hostile_handler(std::uint64_t seed);

}  // namespace chaos
