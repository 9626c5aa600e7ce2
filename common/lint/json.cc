#include "common/lint/json.h"

#include <fmt/core.h>

#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "common/base/printable.h"

namespace lint {

namespace {

std::string text_or_null(std::string_view text, std::size_t limit) {
  return text.empty() ? "null" : base::quoted_string(base::clip(text, limit));
}

std::string_view state_name(const Record& record) {
  constexpr std::string_view kNames[] = {"unknown", "none", "several", "found"};
  static_assert(std::size(kNames) == std::variant_size_v<decltype(record.state)>);
  return kNames[record.state.index()];
}

std::string object_of(const Finding& finding) {
  base::JsonMembers members;
  members.text("id", finding.kind->id);
  members.text("severity", severity_name(finding.severity));
  members.raw("term", text_or_null(finding.term, kMaxTerm));
  members.text("record_of", finding.record_of);
  members.number("line", finding.line);
  members.text("section", finding.section());
  members.text("message", finding.message);
  members.text("fix", finding.fix);
  return members.object();
}

std::string summary_of(const Report& report) {
  const Summary& summary = report.summary;
  base::JsonMembers members;
  members.number("errors", report.count(Severity::error));
  members.number("warnings", report.count(Severity::warning));
  members.number("infos", report.count(Severity::info));
  members.number("left_out", report.left_out);
  members.number("lookups_ipv4", summary.lookups[Family::ipv4]);
  members.number("lookups_ipv6", summary.lookups[Family::ipv6]);
  members.number("lookup_limit", report.limits.dns_terms);
  members.number("void_lookups_ipv4", summary.voids[Family::ipv4]);
  members.number("void_lookups_ipv6", summary.voids[Family::ipv6]);
  members.number("void_lookup_limit", report.limits.void_lookups);
  members.number("octets", summary.octets);
  members.number("addresses_ipv4", summary.addresses4);
  members.number("networks_ipv6", summary.networks6);
  members.number("round_trips", summary.rounds);
  members.raw("worst_seconds", fmt::format("{:.1f}", worst_seconds(summary.rounds)));
  members.flag("lower_bound", summary.is_lower_bound);
  members.flag("complete", report.is_complete());
  members.list("incomplete", report.tree.gaps);
  return members.object();
}

// `number`: of the line, from 1.
std::string object_of(const Line& line, std::size_t number, const Tree& tree) {
  const Record& record = tree.records[line.place.record];
  base::JsonMembers members;
  members.number("line", number);
  members.number("depth", line.depth);
  members.text("record_of", record.domain.text());
  if (line.place.term != kNone) {
    members.raw("term", text_or_null(record.terms[line.place.term].text(), kMaxTerm));
  } else if (line.see != kNone) {
    members.number("see", line.see);
  } else {
    members.text("state", state_name(record));
    members.raw("record", text_or_null(record.text(), kMaxRecord));
  }
  return members.object();
}

std::string object_of(const Shift& shift) {
  constexpr std::size_t kMostNetworks = 1000;
  const std::vector<Interval>& intervals = shift.clients.intervals();
  std::vector<std::string> networks;
  for (const Interval& interval : intervals) {
    if (networks.size() == kMostNetworks) break;
    networks.push_back(text_of(interval, shift.family));
  }
  base::JsonMembers members;
  members.number("family", shift.family == Family::ipv4 ? 4 : 6);
  members.text("before", spf::result_name(shift.before));
  members.text("after", spf::result_name(shift.after));
  members.text("witness", shift.witness.text());
  members.list("networks", networks);
  members.number("more_networks", intervals.size() - networks.size());
  return members.object();
}

std::string object_of(const Report& report) {
  std::vector<std::string> findings;
  for (const Finding& finding : report.findings) findings.push_back(object_of(finding));
  std::vector<std::string> lines;
  for (const Line& line : report.tree.lines) lines.push_back(object_of(line, lines.size() + 1, report.tree));
  base::JsonMembers members;
  members.text("domain", report.domain.text());
  members.raw("record", text_or_null(report.tree.root().text(), kMaxRecord));
  members.array("findings", findings);
  members.raw("summary", summary_of(report));
  members.array("tree", lines);
  return members.object();
}

}  // namespace

std::string json(const Report& report) { return object_of(report) + '\n'; }

std::string json(const Comparison& change) {
  std::vector<std::string> shifts;
  for (const Shift& shift : change.shifts) shifts.push_back(object_of(shift));
  base::JsonMembers members;
  members.text("domain", change.before.domain.text());
  members.flag("exact", change.is_exact);
  members.array("changes", shifts);
  members.raw("before", object_of(change.before));
  members.raw("after", object_of(change.after));
  return members.object() + '\n';
}

}  // namespace lint
