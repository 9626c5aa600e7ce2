#include "common/lint/json.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/core.h>

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

void add_findings(const Report& report, std::string& out) {
  out += "\"findings\": [";
  bool is_first = true;
  for (const Finding& finding : report.findings) {
    if (!is_first) out += ", ";
    is_first = false;
    out += fmt::format(
        "{{\"id\": \"{}\", \"severity\": \"{}\", \"term\": {}, \"record_of\": {}, \"line\": {}, \"section\": {}, \"message\": "
        "{}, "
        "\"fix\": {}}}",
        finding.kind->id, severity_name(finding.severity), text_or_null(finding.term, kMaxTerm),
        base::json_string(finding.record_of), finding.line, base::json_string(finding.section()),
        base::json_string(finding.message), base::json_string(finding.fix));
  }
  out += ']';
}

void add_summary(const Report& report, std::string& out) {
  const Summary& summary = report.summary;
  out += fmt::format(
      "\"summary\": {{\"errors\": {}, \"warnings\": {}, \"infos\": {}, \"left_out\": {}, \"lookups_ipv4\": {}, \"lookups_ipv6\": "
      "{}, "
      "\"lookup_limit\": {}, \"void_lookups_ipv4\": {}, \"void_lookups_ipv6\": {}, \"void_lookup_limit\": {}, \"octets\": {}, "
      "\"addresses_ipv4\": {}, \"networks_ipv6\": {}, \"round_trips\": {}, \"worst_seconds\": {:.1f}, \"lower_bound\": {}, "
      "\"complete\": {}, "
      "\"incomplete\": [",
      report.count(Severity::error), report.count(Severity::warning), report.count(Severity::info), report.left_out,
      summary.lookups[Family::ipv4], summary.lookups[Family::ipv6], report.limits.dns_terms, summary.voids[Family::ipv4],
      summary.voids[Family::ipv6], report.limits.void_lookups, summary.octets, summary.addresses4, summary.networks6,
      summary.rounds, worst_seconds(summary.rounds), summary.is_lower_bound, report.is_complete());
  for (std::size_t i = 0; i < report.tree.gaps.size(); ++i) {
    if (i > 0) out += ", ";
    out += base::json_string(report.tree.gaps[i]);
  }
  out += "]}";
}

void add_tree(const Report& report, std::string& out) {
  out += "\"tree\": [";
  std::size_t number = 0;
  for (const Line& line : report.tree.lines) {
    if (++number > 1) out += ", ";
    const Record& record = report.tree.records[line.place.record];
    out += fmt::format("{{\"line\": {}, \"depth\": {}, \"record_of\": {}", number, line.depth,
                       base::json_string(record.domain.text()));
    if (line.place.term != kNone) {
      out += fmt::format(", \"term\": {}", text_or_null(record.terms[line.place.term].text(), kMaxTerm));
    } else if (line.see != kNone) {
      out += fmt::format(", \"see\": {}", line.see);
    } else {
      out += fmt::format(", \"state\": \"{}\", \"record\": {}", state_name(record), text_or_null(record.text(), kMaxRecord));
    }
    out += '}';
  }
  out += ']';
}

void add_shift(const Shift& shift, std::string& out) {
  constexpr std::size_t kMostNetworks = 1000;
  out += fmt::format("{{\"family\": {}, \"before\": \"{}\", \"after\": \"{}\", \"witness\": {}, \"networks\": [",
                     shift.family == Family::ipv4 ? 4 : 6, spf::result_name(shift.before), spf::result_name(shift.after),
                     base::json_string(shift.witness.text()));
  const std::vector<Interval>& intervals = shift.clients.intervals();
  for (std::size_t i = 0; i < std::min(intervals.size(), kMostNetworks); ++i)
    out += fmt::format("{}{}", i > 0 ? ", " : "", base::json_string(text_of(intervals[i], shift.family)));
  out += fmt::format("], \"more_networks\": {}}}", intervals.size() - std::min(intervals.size(), kMostNetworks));
}

// Returns the object without its line end.
std::string object(const Report& report) {
  std::string out = fmt::format("{{\"domain\": {}, \"record\": {}, ", base::json_string(report.domain.text()),
                                text_or_null(report.tree.root().text(), kMaxRecord));
  add_findings(report, out);
  out += ", ";
  add_summary(report, out);
  out += ", ";
  add_tree(report, out);
  return out + "}";
}

}  // namespace

std::string json(const Report& report) { return object(report) + '\n'; }

std::string json(const Comparison& change) {
  std::string out = fmt::format("{{\"domain\": {}, \"exact\": {}, \"changes\": [", base::json_string(change.before.domain.text()),
                                change.is_exact);
  for (std::size_t i = 0; i < change.shifts.size(); ++i) {
    if (i > 0) out += ", ";
    add_shift(change.shifts[i], out);
  }
  return out + fmt::format("], \"before\": {}, \"after\": {}}}\n", object(change.before), object(change.after));
}

}  // namespace lint
