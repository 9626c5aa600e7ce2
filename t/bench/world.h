// The domains that the benchmarks ask about, and the result that each must give: one rule for the DNS server and the load
// generator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/dns/answer.h"

namespace bench {

inline constexpr std::string_view kClient = "192.0.2.1";
inline constexpr std::string_view kHelo = "mail.bench.example";

// A question for an SPF checker about user@domain, and the word in "result=" that must come.
struct Check {
  std::string domain;
  std::string client;
  std::string_view result;
};

// "d17.bench.example": sender domains. The number decides what they publish.
std::string domain(std::uint64_t number);
Check check(std::uint64_t number);
// What a checker has to ask of DNS for it, but for what all domains share.
std::vector<dns::Question> questions_of(std::uint64_t number);

// Records that take many questions, for one check each. With a tag they are other domains, never asked before:
// six-TAG.bench.example (six includes and an mx of four hosts side by side: 12 questions), nested-TAG (six includes, one in the
// other: 7), market-TAG (a, mx of two hosts, four includes of senders for hire with four more inside: 13).
struct Deep {
  std::string_view label;
  std::string_view what;
  std::string_view result;
};
const std::vector<Deep>& deep_records();

// What a name server says to all this.
dns::Answer answer(const dns::Question& question);

}  // namespace bench
