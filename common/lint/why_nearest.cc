#include "common/lint/why_nearest.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "common/base/printable.h"
#include "common/lint/report.h"

namespace lint {

namespace {

constexpr std::uint64_t kMostDistance = std::uint64_t{1} << 53;

Number difference(Number larger, Number smaller) {
  return {larger.high - smaller.high - (larger.low < smaller.low ? 1U : 0U), larger.low - smaller.low};
}

int shared_bits(Number a, Number b, Family family) {
  const std::uint64_t high = a.high ^ b.high;
  const std::uint64_t low = a.low ^ b.low;
  if (family == Family::ipv4) return std::countl_zero(static_cast<std::uint32_t>(low));
  return high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(low);
}

// Returns the address of the set that is nearest to the number; of two, the lower one. The set must not be empty.
Number nearest_to(Number number, const Networks& set) {
  const auto& intervals = set.intervals();
  const auto above = std::ranges::lower_bound(intervals, number, {}, &Interval::last);
  if (above == intervals.end()) return intervals.back().last;
  if (above->first <= number) return number;
  if (above == intervals.begin()) return above->first;
  const Number below = std::prev(above)->last;
  return difference(number, below) <= difference(above->first, number) ? below : above->first;
}

}  // namespace

std::optional<Nearest> find_nearest(const base::IpAddress& client, const Tree& tree, const Reach& reach) {
  const Family family = client.is_v6() ? Family::ipv6 : Family::ipv4;
  const Networks& passing = reach.of(spf::Result::pass);
  if (passing.empty()) return {};
  const Number here = number_of(client);
  const Number there = nearest_to(here, passing);
  const auto takes = [&](Place place) {
    return !tree.term(place).is(spf::Mechanism::include) && reach.visit(place).taken.contains(there);
  };
  const auto lets_pass = [&](Place place) { return takes(place) && reach.visit(place).result == spf::Result::pass; };
  auto place = std::ranges::find_if(reach.order, lets_pass);
  // A term that was reached several times, as in a loop, has only the result of the last time.
  if (place == reach.order.end()) place = std::ranges::find_if(reach.order, takes);
  if (place == reach.order.end()) return {};
  const auto& intervals = tree.term(*place).networks[family].intervals();
  const auto network = std::ranges::lower_bound(intervals, there, {}, &Interval::last);
  const bool is_whole = network != intervals.end() && network->first <= there && (here < network->first || network->last < here);
  Nearest nearest;
  // "all" has no network, and a part of a network may be decided by an earlier term.
  const auto& taken = reach.visit(*place).taken.intervals();
  nearest.network = text_of(is_whole ? *network : *std::ranges::lower_bound(taken, there, {}, &Interval::last), family);
  nearest.term = base::clip(tree.term(*place).text(), kMaxTerm);
  nearest.record_of = tree.records[place->record].domain.text();
  nearest.is_above = there > here;
  const Number distance = nearest.is_above ? difference(there, here) : difference(here, there);
  if (distance.high == 0 && distance.low < kMostDistance) nearest.distance = distance.low;
  nearest.shared_bits = shared_bits(here, there, family);
  return nearest;
}

}  // namespace lint
