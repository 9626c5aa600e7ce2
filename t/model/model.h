// A reference evaluator: check_host() as RFC 7208 describes it, one question at a time.
//
// It is deliberately slow and plain. It has its own record parser, macro expander and recursion; it shares only types with
// common/spf. Every other way to evaluate (rounds, prefetch, any order of answers) must give the same result.
// Sources: RFC 7208, RFC 8616, and the project's decisions where these leave a choice.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/dns/answer.h"
#include "common/spf/query.h"
#include "common/spf/result.h"

namespace model {

// Returns the answer at once.
using Ask = std::function<dns::Answer(const dns::Question&)>;

struct Verdict {
  spf::Result result = spf::Result::none;
  // As in spf::Verdict; empty for none, temperror and permerror.
  std::string mechanism;
  std::string domain;
  int lookups = 0;
  int void_lookups = 0;
  std::uint32_t ttl = 0;
  std::string authority_explanation;
  std::string default_explanation;
};

Verdict check_host(const spf::Query& query, const spf::Limits& limits, const std::string& default_explanation, const Ask& ask);

}  // namespace model
