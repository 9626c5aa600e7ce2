#include "common/lint/findings.h"

#include <algorithm>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/lint/finding_kinds.h"

namespace lint {

namespace {

// Upper bounds in bytes.
constexpr std::size_t kMaxTermShown = 100;
constexpr std::size_t kMaxMessage = 600;

}  // namespace

void Findings::add(std::string_view id, Place place, std::string_view detail, const Special& special) {
  const FindingKind& kind = finding_kind(id);
  const Severity severity = special.severity.value_or(kind.severity);
  if (report_.findings.size() >= kMaxFindings) {
    ++report_.left_out;
    // A lesser finding makes room, so that no number of them can hide an error.
    const auto least = std::ranges::min_element(report_.findings, {}, &Finding::severity);
    if (least->severity >= severity) return;
    report_.findings.erase(least);
  }
  Finding& finding = report_.findings.emplace_back();
  finding.kind = &kind;
  finding.severity = severity;
  if (place.term != kNone) finding.term = base::clip(report_.tree.term(place).text(), kMaxTerm);
  finding.record_of = report_.tree.records[place.record].domain.text();
  finding.line = report_.tree.line_of(place);
  finding.message = base::clip(detail.empty() ? std::string(kind.what) : fmt::format("{}: {}", kind.what, detail), kMaxMessage);
  finding.fix = base::clip(special.fix.empty() ? kind.fix : std::string_view(special.fix), kMaxMessage);
}

std::string quoted(const Term& term) { return fmt::format("'{}'", base::clip(term.text(), kMaxTermShown)); }

std::string described(const Tree& tree, Place place) {
  return fmt::format("{} of {}", quoted(tree.term(place)), tree.records[place.record].domain.text());
}

std::string listed(const std::vector<std::string>& names, std::size_t most) {
  std::string out;
  const std::size_t shown = std::min(names.size(), most);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) out += i + 1 == names.size() ? " and " : ", ";
    out += names[i];
  }
  if (shown < names.size()) out += fmt::format(" and {} more", names.size() - shown);
  return out;
}

}  // namespace lint
