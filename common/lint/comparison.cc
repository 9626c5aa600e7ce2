#include "common/lint/comparison.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/lint/instead.h"

namespace lint {

namespace {

using spf::Result;

// Returns the clients with a result; those beyond a limit get a permerror (RFC 7208 §4.6.4).
Networks clients_with(const Reach& reach, Result result) {
  Networks out = reach.of(result);
  if (result == Result::permerror) {
    out.add(reach.over_terms);
    out.add(reach.over_voids);
  }
  return out;
}

// Returns an example of the clients. An IPv6 address that holds an IPv4 address is checked as an IPv4 address (RFC 7208 §5), so
// it is the example only if the set has no other IPv6 client.
base::IpAddress witness_of(const Networks& clients, Family family) {
  base::IpAddress witness;
  for (const Interval& interval : clients.intervals()) {
    for (const Number number : {interval.first, interval.last}) {
      witness = address_of(number, family);
      if (witness.is_v4() == (family == Family::ipv4)) return witness;
    }
  }
  return witness;
}

int rank_of(const Shift& shift) { return shift.before == Result::pass ? 0 : shift.after == Result::pass ? 1 : 2; }

void add_shifts(const Reach& before, const Reach& after, Family family, std::vector<Shift>& shifts) {
  for (std::size_t i = 0; i < spf::kResults; ++i) {
    const auto old_result = static_cast<Result>(i);
    const Networks old_clients = clients_with(before, old_result);
    for (std::size_t j = 0; j < spf::kResults && !old_clients.empty(); ++j) {
      const auto new_result = static_cast<Result>(j);
      Networks moved = i == j ? Networks() : old_clients.common_with(clients_with(after, new_result));
      if (moved.empty()) continue;
      const base::IpAddress witness = witness_of(moved, family);
      if (witness.is_v4() != (family == Family::ipv4)) continue;  // no check sees such a client
      shifts.push_back(
          {.family = family, .before = old_result, .after = new_result, .clients = std::move(moved), .witness = witness});
    }
  }
}

}  // namespace

spf::Needs compare(const Subject& subject, std::string_view text, spf::AnswerSource& answers, Comparison& comparison) {
  comparison = Comparison();
  Instead changed(answers, subject.domain, text);
  spf::Needs needs = examine(subject, answers, comparison.before);
  for (dns::Question& question : examine(subject, changed, comparison.after).needed) {
    if (std::ranges::find(needs.needed, question) == needs.needed.end()) needs.needed.push_back(std::move(question));
  }
  if (!needs.empty()) return needs;
  for (const Family family : kFamilies) {
    Work before_work(subject.limits.work, subject.is_over);
    Work after_work(subject.limits.work, subject.is_over);
    const Reach before = reach_of(comparison.before.tree, family, comparison.before.limits, before_work, Malformed::permerror);
    const Reach after = reach_of(comparison.after.tree, family, comparison.after.limits, after_work, Malformed::permerror);
    for (const Reach* reach : {&before, &after})
      comparison.is_exact = comparison.is_exact && !reach->is_uncertain && !reach->is_cut_off;
    add_shifts(before, after, family, comparison.shifts);
  }
  std::ranges::stable_sort(comparison.shifts, {}, rank_of);
  return {};
}

}  // namespace lint
