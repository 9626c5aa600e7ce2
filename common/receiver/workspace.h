// The memory in which a decision is made. Reusing it for the next decision avoids almost all allocations.
#pragma once

#include <string>

#include "common/receiver/request.h"
#include "common/spf/evaluate.h"
#include "common/spf/query.h"

namespace receiver {

// The effect of local policy on a verdict.
struct LocalWord {
  // "trusted-forwarders: ip4:192.0.2.0/24, neutral instead of fail"; empty if there is none.
  std::string note;
  // Why the verdict does not count, in words: the SMTP client is a secondary MX, to which SPF does not apply. Else empty.
  std::string set_aside;

  friend bool operator==(const LocalWord&, const LocalWord&) = default;
};

struct Judgement {
  spf::Verdict verdict;
  LocalWord local;

  friend bool operator==(const Judgement&, const Judgement&) = default;
};

struct Workspace {
  spf::Query query;
  Judgement judgement;
  Reply reply;  // complete when decide() returns empty Needs

  friend bool operator==(const Workspace&, const Workspace&) = default;
};

}  // namespace receiver
