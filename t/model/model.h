// A reference evaluator: check_host() of RFC 7208 read aloud, one question at a time.
//
// Slow and plain on purpose. It has a record parser, a macro expander and a recursion of its own; with common/spf it shares
// only types. Every other way to evaluate (rounds, prefetch, any arrival order) must come to what it says.
// Source: RFC 7208, RFC 8616, and the project's decisions where these leave a choice.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/dns/answer.h"
#include "common/spf/query.h"
#include "common/spf/result.h"

namespace model {

// Answers at once.
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
