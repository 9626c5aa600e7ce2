// P: how the record is published.
#include <algorithm>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/lint/findings.h"

namespace lint {

namespace {

constexpr std::uint32_t kLongTtl = 86'400;  // seconds

// Octets of a DNS answer with all TXT records of a name; names after the first are compressed (RFC 1035 §4.1.4).
std::size_t answer_octets(const Record& record) {
  constexpr std::size_t kHeader = 12;
  constexpr std::size_t kRecordHeader = 12;
  constexpr std::size_t kString = 255;
  std::size_t octets = kHeader + record.domain.text().size() + 2 + 4;
  for (const std::string& text : record.texts) {
    octets += kRecordHeader + text.size() + std::max<std::size_t>(1, (text.size() + kString - 1) / kString);
  }
  return octets;
}

void check_size(const Record& record, Place place, Findings& findings) {
  const std::size_t octets = answer_octets(record);
  if (octets <= 450) return;
  const Severity severity = octets > 1232 ? Severity::error : octets > 512 ? Severity::warning : Severity::info;
  findings.add("P08", place, fmt::format("{} octets in {} TXT records", octets, record.texts.size()),
               {.severity = severity, .fix = {}});
}

void check_texts(const Record& record, Findings& findings) {
  const auto is_left_over = [](const std::string& text) { return base::starts_with_ignoring_case(text, "spf2.0/"); };
  const auto old = std::ranges::find_if(record.texts, is_left_over);
  if (old != record.texts.end()) findings.add("P05", {}, base::in_quotes(*old));
  if (record.texts.size() > 10) findings.add("P09", {}, fmt::format("{} records", record.texts.size()));
}

void check_failures(const Tree& tree, Findings& findings) {
  for (const Failure& failure : tree.failures) {
    if (failure.cause == dns::Cause::local) continue;  // says nothing about the name
    const bool is_reported = failure.cause == dns::Cause::reported;
    findings.add("P12", failure.place,
                 fmt::format("{} {}: {}", dns::type_name(failure.question.type), failure.question.name.text(), failure.problem),
                 {.severity = is_reported ? Severity::error : Severity::warning, .fix = {}});
  }
}

}  // namespace

void examine_publication(const Examined& examined, Findings& findings) {
  const Tree& tree = examined.tree;
  const Record& root = tree.root();
  const bool has_mail = std::ranges::any_of(tree.mx, [](const std::string& host) { return !host.empty(); });
  if (root.state == Record::State::none) {
    if (!root.near_miss.empty()) {
      findings.add("P03", {}, root.near_miss);
    } else if (has_mail) {
      findings.add("P01", {});
    }
  }
  if (root.state == Record::State::found && root.ttl > kLongTtl) findings.add("P10", {}, fmt::format("{} seconds", root.ttl));
  if (tree.site.has_wildcard) findings.add("P15", {}, fmt::format("every name below {} has one", root.domain.text()));
  if (!tree.site.misplaced.empty()) findings.add("P16", {}, listed(tree.site.misplaced));
  check_texts(root, findings);
  check_failures(tree, findings);
  for (std::size_t i = 0; i < tree.records.size(); ++i) {
    const Record& record = tree.records[i];
    if (record.state == Record::State::several)
      findings.add("P02", {i}, fmt::format("{} has {}", record.domain.text(), record.count));
  }
  if (root.state == Record::State::found || root.state == Record::State::several) check_size(root, {}, findings);
}

}  // namespace lint
