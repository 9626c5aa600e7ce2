// Predicts the SPF result of forwarded mail at the next host: a sender that passes there needs no rewriting.
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
  std::vector<base::IpAddress> outgoing;  // our addresses as an SMTP client
  std::string hostname;                   // our HELO name
  spf::Settings spf;

  friend bool operator==(const NextHop&, const NextHop&) = default;
};

struct Foresight {
  bool passes = false;   // whether the sender passes from each of our addresses
  spf::Verdict verdict;  // the first that is not a pass, or the last

  friend bool operator==(const Foresight&, const Foresight&) = default;
};

// Evaluates the sender for each outgoing address; without any, no sender passes. `out` is complete when the returned Needs are
// empty. Pure. `time`: seconds since 1970.
spf::Needs foresee(std::string_view sender, const NextHop& next_hop, std::uint64_t time, spf::AnswerSource& answers,
                   Foresight& out);

}  // namespace receiver
