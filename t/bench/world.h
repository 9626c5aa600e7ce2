// The domains that the benchmarks ask about, and the result that each must give: one rule for the DNS server and the load
// generator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/dns/answer.h"

namespace bench {

inline constexpr std::string_view kClient = "192.0.2.1";

// "d17.bench.example": sender domains. The number decides what they publish.
std::string domain(std::uint64_t number);
// The word in "result=" for a sender at domain(number) and kClient.
std::string_view expected_result(std::uint64_t number);
// What a name server says; also for the deep records six.bench.example (six includes and an mx of four hosts side by side) and
// nested.bench.example (six includes, one in the other).
dns::Answer answer(const dns::Question& question);

}  // namespace bench
