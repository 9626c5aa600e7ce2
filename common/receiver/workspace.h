// The memory in which a decision is made. It may be used again for the next one, and then allocates hardly anything.
#pragma once

#include <string>

#include "common/receiver/request.h"
#include "common/spf/evaluate.h"
#include "common/spf/query.h"

namespace receiver {

// The word of local policy about a verdict.
struct LocalWord {
  // What local policy did: "trusted-forwarders: ip4:192.0.2.0/24, neutral instead of fail"; empty: nothing.
  std::string note;
  // The client is a secondary MX: SPF does not apply to it, and the verdict does not count. Why, in words.
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
  Reply reply;  // complete when nothing is needed

  friend bool operator==(const Workspace&, const Workspace&) = default;
};

}  // namespace receiver
