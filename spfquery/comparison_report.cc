#include "spfquery/comparison_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "common/base/printable.h"
#include "common/base/text.h"

namespace spfquery {

namespace {

using lint::Family;

constexpr std::size_t kMostNetworks = 10;  // shown per set of clients

std::string counts(const lint::PerFamily<int>& before, const lint::PerFamily<int>& after, int limit) {
  return fmt::format("{} -> {} for IPv4 clients, {} -> {} for IPv6 clients, of {}\n", before[Family::ipv4], after[Family::ipv4],
                     before[Family::ipv6], after[Family::ipv6], limit);
}

std::string shift_text(const lint::Shift& shift) {
  std::vector<std::string> networks;
  const std::vector<lint::Interval>& intervals = shift.clients.intervals();
  for (std::size_t i = 0; i < std::min(intervals.size(), kMostNetworks); ++i)
    networks.push_back(text_of(intervals[i], shift.family));
  std::string out = fmt::format("\n{} -> {}: {}", result_name(shift.before), result_name(shift.after), fmt::join(networks, ", "));
  if (intervals.size() > kMostNetworks) out += fmt::format(" and {} more", intervals.size() - kMostNetworks);
  if (shift.family == Family::ipv4) out += fmt::format(" ({})", lint::counted(shift.clients.size(), "address"));
  return out + fmt::format("\n   for example {}\n", shift.witness.text());
}

std::set<std::string_view> ids(const lint::Report& report) {
  std::set<std::string_view> out;
  for (const lint::Finding& finding : report.findings) out.insert(finding.kind->id);
  return out;
}

std::string only_in(const std::set<std::string_view>& some, const std::set<std::string_view>& others, std::string_view title) {
  std::vector<std::string_view> out;
  std::ranges::set_difference(some, others, std::back_inserter(out));
  return out.empty() ? std::string() : fmt::format("{}: {}\n", title, fmt::join(out, " "));
}

}  // namespace

std::string comparison_text(const lint::Comparison& comparison) {
  const lint::Report& before = comparison.before;
  const lint::Report& after = comparison.after;
  std::string out =
      fmt::format("{}\n  now: {}\n  new: {}\n\n", before.domain.text(),
                  before.tree.root().text().empty() ? "no SPF record" : base::clip(before.tree.root().text(), lint::kMaxRecord),
                  base::clip(after.tree.root().text(), lint::kMaxRecord));
  out += "DNS terms: " + counts(before.summary.lookups, after.summary.lookups, after.limits.dns_terms);
  out += "void lookups: " + counts(before.summary.voids, after.summary.voids, after.limits.void_lookups);
  out += fmt::format("record: {} -> {} octets; a check without a cache takes {} -> {} round trips\n", before.summary.octets,
                     after.summary.octets, before.summary.rounds, after.summary.rounds);
  out += fmt::format("passing: {} -> {} IPv4 addresses\n", before.summary.addresses4, after.summary.addresses4);
  out += only_in(ids(after), ids(before), "new findings");
  out += only_in(ids(before), ids(after), "findings that disappear");
  if (!comparison.is_exact) out += "Some terms depend on the mail or are not known: they are taken not to match.\n";
  for (const std::string& gap : before.tree.gaps) base::append(out, "not known: ", gap, "\n");
  for (const std::string& gap : after.tree.gaps) {
    if (std::ranges::find(before.tree.gaps, gap) == before.tree.gaps.end()) base::append(out, "not known: ", gap, "\n");
  }
  for (const lint::Shift& shift : comparison.shifts) out += shift_text(shift);
  if (!comparison.is_complete()) {
    out += "\nThe comparison is incomplete, since DNS did not answer everything: other clients may get another result, too.\n";
  } else if (comparison.shifts.empty()) {
    out += comparison.is_exact ? "\nNo client gets another result.\n" : "\nNo client gets another result from the other terms.\n";
  }
  return out;
}

}  // namespace spfquery
