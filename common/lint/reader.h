// Reads the tree of records from the answers that are known, and collects the questions that are still open.
#pragma once

#include <cstddef>

#include "common/dns/name.h"
#include "common/lint/tree.h"
#include "common/spf/answers.h"

namespace lint {

// Bounds of one examination, not those of a check (spf::Limits). Tree::gaps mentions what they left out,
// except beyond `depth`.
struct Limits {
  std::size_t records = 300;
  std::size_t questions = 1000;
  std::size_t terms = 5000;        // of all records together
  std::size_t addresses = 20'000;  // of hosts, of all terms together: a host that two terms name counts twice
  // Records that more terms lead to are beyond the limit of DNS terms (RFC 7208 §4.6.4), so no check reaches them.
  int depth = 11;
  // Intervals of addresses that are looked at per family, to follow all clients: a fraction of a second.
  std::size_t work = 20'000'000;
};

// Replaces `tree`, which is complete when no question is needed.
spf::Needs read_tree(const dns::Name& domain, const Limits& limits, spf::AnswerSource& answers, Tree& tree);

}  // namespace lint
