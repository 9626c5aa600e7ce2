// Compares two records of a domain: which clients get another result.
//
// Both records are followed for all addresses, so nothing is sampled; each set of addresses has a witness, an address with which
// the change can be seen in a check.
#pragma once

#include <string_view>
#include <vector>

#include "common/lint/lint.h"
#include "common/lint/reach.h"

namespace lint {

// The clients of a family whose result changes in the same way.
struct Shift {
  Family family = Family::ipv4;
  spf::Result before = spf::Result::none;
  spf::Result after = spf::Result::none;
  Networks clients;
  base::IpAddress witness;
};

struct Comparison {
  Report before;
  Report after;
  std::vector<Shift> shifts;  // those that lose a pass, then those that gain one, then the others
  bool is_exact = true;       // no term depends on the mail, and all clients were followed

  [[nodiscard]] bool is_complete() const { return before.is_complete() && after.is_complete(); }
};

// Compares the record of the domain with `text`, the new one. `comparison` is replaced; it is complete when no question is
// needed.
spf::Needs compare(const Subject& subject, std::string_view text, spf::AnswerSource& answers, Comparison& comparison);

}  // namespace lint
