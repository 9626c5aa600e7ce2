// The domains whose checks are slow, fail or are refused, for "spfctl top". Metrics do not have them, since their number is not
// bounded. One per worker; merged when asked for.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/base/top_names.h"
#include "common/receiver/request.h"

namespace spfd {

struct Tops {
  // A check is slow from this time on.
  static constexpr std::chrono::seconds kSlow{1};

  base::TopNames slow;
  base::TopNames temperror;
  base::TopNames refused;

  void count(const receiver::Reply& reply, std::chrono::nanoseconds time) {
    if (reply.spf_domain.empty()) return;
    if (time >= kSlow) slow.add(reply.spf_domain);
    if (reply.result == spf::Result::temperror) temperror.add(reply.spf_domain);
    if (reply.would.value_or(reply.action) == receiver::Action::reject) refused.add(reply.spf_domain);
  }
};

using TopEntries = std::vector<base::TopNames::Entry>;
// Adds the entries of another worker.
void merge(TopEntries& sums, const TopEntries& more);

}  // namespace spfd
