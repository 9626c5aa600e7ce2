// Which clients reach each term, which it decides, and what the whole check returns for them: check_host() run for all addresses
// of a family at once.
//
// The clients that have used up the same number of DNS terms and void lookups walk together, as a set. At each term the set is
// divided: the clients that match leave with the term's result, the others continue. So the limits of RFC 7208 §4.6.4 are applied
// to each address exactly as the evaluator does, without trying addresses. A term whose match depends on the mail (macros, ptr)
// is taken not to match: that is the longest path.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "common/lint/tree.h"
#include "common/lint/work.h"
#include "common/spf/query.h"
#include "common/spf/result.h"

namespace lint {

struct Visit {
  Networks taken;   // the clients that match
  Networks passed;  // those of them that get a pass; another include may lead to the record with another result
  // The result of the whole check for a client that matches; nothing when it ends an included record without a match.
  std::optional<spf::Result> result;
  std::size_t position = 0;  // in Reach::order
  int times = 0;             // how often the term is reached: several includes may lead to its record, with different results
};

struct Reach {
  // By result. permerror: for other reasons than the limits; temperror is always empty.
  std::array<Networks, spf::kResults> results;
  Networks over_terms;             // permerror: too many DNS terms
  Networks over_voids;             // permerror: too many void lookups
  int lookups = 0;                 // the maximum number of DNS terms that a client uses, up to one over the limit
  int voids = 0;                   // the same for void lookups
  std::optional<Place> term_over;  // the term that exceeds the limit, for the clients that exceed it first
  std::optional<Place> void_over;
  bool is_uncertain = false;               // some term depends on the mail, or was not looked up
  bool is_cut_off = false;                 // the allowed work was used up
  std::vector<std::vector<Visit>> visits;  // by record and term
  std::vector<Place> order;                // of the directives, as the first client reached them

  [[nodiscard]] const Networks& of(spf::Result result) const { return results[static_cast<std::size_t>(result)]; }
  [[nodiscard]] const Visit& visit(Place place) const { return visits[place.record][place.term]; }
};

// Returns whether it is certain that no client passes.
bool lets_nobody_pass(const Reach& reach);

// The treatment of a record with a syntax error.
enum class Malformed : std::uint8_t {
  permerror,  // as in a check (RFC 7208 §4.6)
  repaired,   // its faulty terms are left out, so that the others can be examined
};

// Follows all clients of a family through the tree. If the allowed work is used up, sets Reach::is_cut_off.
Reach reach_of(const Tree& tree, Family family, const spf::Limits& limits, Work& work, Malformed malformed);

// A term that leads back to a record from which it was reached.
struct Loop {
  Place place;
  std::size_t leads_to = kNone;  // the number of that record
};

// Returns the loops that a check can meet, in the order of the terms.
std::vector<Loop> loops_of(const Tree& tree);

// Returns the number of DNS terms that the check of a record takes for a client that matches nothing, without any limit. A loop
// counts once.
int terms_of_longest_path(const Tree& tree, std::size_t record = 0);

}  // namespace lint
