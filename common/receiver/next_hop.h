// What the next host makes of mail that we send on for somebody else: a sender who passes SPF there needs no rewriting.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip.h"
#include "common/spf/answers.h"
#include "common/spf/evaluate.h"
#include "common/spf/query.h"

namespace receiver {

struct NextHop {
  std::vector<base::IpAddress> outgoing;  // where our mail leaves from
  std::string hostname;                   // our HELO name
  spf::Settings spf;

  friend bool operator==(const NextHop&, const NextHop&) = default;
};

struct Foresight {
  bool passes = false;   // from each of our addresses
  spf::Verdict verdict;  // the first that is no pass, or the last

  friend bool operator==(const Foresight&, const Foresight&) = default;
};

// Pure, by the need/answer protocol of spf::evaluate(). From no address nobody passes.
spf::Needs foresee(std::string_view sender, const NextHop& next_hop, std::uint64_t time, spf::AnswerSource& answers,
                   Foresight& out);

}  // namespace receiver
