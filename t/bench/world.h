// The domains of the benchmarks and their expected results: one rule for the DNS server and the load generator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/dns/answer.h"

namespace bench {

inline constexpr std::string_view kClient = "192.0.2.1";
inline constexpr std::string_view kHelo = "mail.bench.example";
inline constexpr std::string_view kZone = ".bench.example";
// A zone with the same names, whose name server is slow.
inline constexpr std::string_view kSlowZone = ".slow.example";

// A check of user@domain, and the expected word in "result=".
struct Check {
  std::string domain;
  std::string client;
  std::string_view result;
};

// Returns "d17.bench.example", a sender domain whose records depend on the number.
std::string domain(std::uint64_t number);
Check check(std::uint64_t number);
// Returns the DNS questions of its check, except for those that all domains share.
std::vector<dns::Question> questions_of(std::uint64_t number);

// Records with many questions per check. A tag makes them other domains, which are not in a cache yet: six-TAG.bench.example (six
// includes and an mx of four hosts in a row: 12 questions), nested-TAG (six includes, one inside the other: 7), market-TAG (a, mx
// of two hosts, four includes of commercial senders with four more inside: 13).
struct Deep {
  std::string_view label;
  std::string_view what;
  std::string_view result;
};
const std::vector<Deep>& deep_records();

// Returns the name server's answer.
dns::Answer answer(const dns::Question& question);

}  // namespace bench
