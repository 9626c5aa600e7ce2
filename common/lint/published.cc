// P: how the record is published.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/lint/findings.h"
#include "common/lint/glue.h"
#include "common/lint/hints.h"
#include "common/spf/terms.h"

namespace lint {

namespace {

// In seconds.
constexpr std::uint32_t kLongTtl = 86'400;
constexpr std::uint32_t kShortTtl = 300;
constexpr std::uint32_t kLongNegativeTtl = 3'600;
constexpr int kChain = 2;                 // CNAMEs
constexpr std::size_t kFullString = 255;  // octets of a character-string

// Returns the octets of a DNS answer with all TXT records of a name. Names after the first are compressed (RFC 1035 §4.1.4).
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
  findings.add("P08", place, fmt::format("{} octets in {}", octets, counted(record.texts.size(), "TXT record")),
               {.severity = severity, .fix = {}});
}

void check_texts(const Record& record, Findings& findings) {
  const auto is_left_over = [](const std::string& text) { return base::starts_with_ignoring_case(text, "spf2.0/"); };
  const auto old = std::ranges::find_if(record.texts, is_left_over);
  if (old != record.texts.end()) findings.add("P05", {}, base::in_quotes(*old));
  if (record.texts.size() > 10) findings.add("P09", {}, fmt::format("{} records", record.texts.size()));
}

// Reports terms that two strings form together: the strings of a record are joined without a blank (RFC 7208 §3.3).
void check_borders(const Tree& tree, std::size_t number, Findings& findings) {
  const Record& record = tree.records[number];
  const auto* const found = record.get<Record::Found>();
  if (found == nullptr) return;
  std::size_t from = 0;
  auto border = found->borders.begin();
  std::size_t string = 0;  // where the present string begins
  struct Border {
    Severity severity;
    std::string detail;
  };
  for (std::size_t i = 0; i < record.terms.size(); ++i) {
    const Term& term = record.terms[i];
    from = found->text.find(term.text(), from);
    if (from == std::string::npos) return;
    std::optional<Border> worst;  // of those within the term: the first one of the highest severity
    for (; border != found->borders.end() && *border < from + term.text().size(); string = *border++) {
      if (*border <= from) continue;
      const std::string_view before = term.text().substr(0, *border - from);
      const std::string_view after = term.text().substr(*border - from);
      // A name that two strings form by accident hardly exists.
      const bool is_glued =
          are_sound_terms(before) && are_sound_terms(after) && (!term.is_sound() || !leads_somewhere(tree, term));
      const std::string detail = fmt::format("'{}' and '{}'", base::clip(before, 80), base::clip(after, 80));
      // Programs that publish long records fill each string.
      const bool is_full = *border - string == kFullString;
      const Severity severity = is_glued ? Severity::error : is_full ? Severity::info : Severity::warning;
      if (!worst || severity > worst->severity) worst = {severity, is_glued ? detail : detail + " are one term"};
    }
    if (worst) {
      findings.add("P07", {number, i}, worst->detail,
                   {.severity = worst->severity,
                    .fix = worst->severity == Severity::error
                               ? "Put a blank at the end of the first string, or at the beginning of the second"
                               : ""});
    }
    from += term.text().size();
  }
}

// Reports records of the type SPF, which RFC 4408 defined and RFC 7208 §3.1 no longer uses.
void check_old_type(const Tree& tree, Findings& findings) {
  if (tree.site.old_type.empty()) return;
  const bool differs = tree.root().is_found() && tree.site.old_type.front() != tree.root().text();
  findings.add("P04", {}, differs ? "it differs from the TXT record" : "");
}

void check_times(const Examined& examined, Findings& findings) {
  const Record& root = examined.tree.root();
  if (!root.is_found()) return;
  if (root.ttl > kLongTtl) findings.add("P10", {}, fmt::format("{} seconds, so a correction takes long to arrive", root.ttl));
  if (examined.tree.site.negative_ttl > kLongNegativeTtl)
    findings.add("P10", {},
                 fmt::format("{} seconds for names that do not exist, so it takes that long until a new record is seen",
                             examined.tree.site.negative_ttl),
                 {.severity = {}, .fix = "Set the MINIMUM of the zone's SOA record to an hour at most"});
}

void check_failures(const Tree& tree, Findings& findings) {
  for (const Failure& failure : tree.failures) {
    if (dns::is_own(failure.cause)) continue;  // says nothing about the name
    const std::string detail =
        fmt::format("{} {}: {}", dns::type_name(failure.question.type), failure.question.name.text(), failure.problem);
    const bool is_reported = failure.cause == dns::Cause::reported;
    findings.add("P12", failure.place, detail, {.severity = is_reported ? Severity::error : Severity::warning, .fix = {}});
  }
}

// Returns the SPF records of an answer, in an order that does not depend on the server.
std::vector<std::string> records_of(const dns::Answer& answer) {
  std::vector<std::string> records;
  for (const std::string& text : answer.texts) {
    // RFC 7208 §4.5
    constexpr std::string_view kVersion = "v=spf1";
    const bool has_version = base::starts_with_ignoring_case(text, kVersion);
    if (has_version && (text.size() == kVersion.size() || text[kVersion.size()] == ' ')) records.push_back(text);
  }
  std::ranges::sort(records);
  return records;
}

// Compares the answer of the resolver with that of the servers, which agree.
void check_resolver(const Examined& examined, const std::vector<std::string>& records, Findings& findings) {
  const Record& root = examined.tree.root();
  if (root.get<Record::Unknown>() != nullptr) return;
  dns::Answer known;
  known.texts = root.texts;
  if (records_of(known) == records) return;
  findings.add("P11", {},
               fmt::format("the answer of the resolver differs from that of the servers, which agree; it may be an older one "
                           "from its cache, for up to {}",
                           counted(root.ttl, "second")),
               {.severity = Severity::warning,
                .fix = "Examine the record again after that time; if the answers still differ, the resolver asks other servers"});
}

// Compares the answers of the servers of the domain's own zone.
void check_servers(const Examined& examined, Findings& findings) {
  std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> groups;  // records, and the servers that have them
  std::optional<std::uint32_t> ttl;
  for (const auto& [server, answer] : examined.subject.servers) {
    if (answer.status == dns::Status::failure) {
      if (dns::is_own(answer.cause)) continue;
      const std::string detail = fmt::format("{}: {}", server, base::printable(answer.problem));
      findings.add(answer.cause == dns::Cause::no_tcp ? "P13" : "P12", {}, detail,
                   {.severity = Severity::warning, .fix = "Repair this name server"});
      continue;
    }
    std::vector<std::string> records = records_of(answer);
    if (!records.empty()) ttl = std::min(ttl.value_or(answer.ttl), answer.ttl);
    const auto same = std::ranges::find(groups, records, [](const auto& group) { return group.first; });
    if (same != groups.end()) {
      same->second.push_back(server);
    } else {
      groups.emplace_back(std::move(records), std::vector{server});
    }
  }
  if (ttl && *ttl < kShortTtl) findings.add("P10", {}, fmt::format("{} seconds, so receivers ask for it often", *ttl));
  if (groups.size() == 1 && examined.subject.is_published) check_resolver(examined, groups.front().first, findings);
  if (groups.size() < 2) return;
  constexpr std::size_t kMostShown = 120;  // bytes of a record
  std::vector<std::string> shown;
  for (const auto& [records, servers] : groups) {
    shown.push_back(fmt::format("{} {} {}", listed(servers, 2), servers.size() == 1 ? "has" : "have",
                                records.empty()       ? "no record"
                                : records.size() == 1 ? fmt::format("'{}'", base::clip(records.front(), kMostShown))
                                                      : fmt::format("{} records", records.size())));
  }
  findings.add("P11", {}, listed(shown, 4));
}

// Returns the faults of a text that resembles a record, whose terms have no lines in the tree.
std::vector<Fault> faults_of(std::string_view terms) {
  std::vector<Fault> faults;
  if (terms.empty()) return faults;
  const std::vector<spf::Term> read = spf::read_terms(fmt::format("v=spf1 {}", terms));
  for (std::size_t i = 0; i < read.size(); ++i) {
    const spf::Term& term = read[i];
    if (!term.problem.empty()) {
      faults.push_back(explain_fault(term.text, term.problem, i + 1 < read.size() ? read[i + 1].text : std::string_view()));
      if (faults.back().takes_next) ++i;
    } else if (term.domain_spec) {
      auto odd = explain_odd_domain(term.text);
      if (!odd) odd = explain_glued_end(term.text);
      if (!odd) continue;
      odd->id = "S04";
      faults.push_back(std::move(*odd));
    }
  }
  return faults;
}

void check_absence(const Tree& tree, const Record::None& none, Findings& findings) {
  const auto is_about_mx = [&](const Failure& failure) {
    return failure.question.type == dns::Type::mx && failure.question.name == tree.root().domain;
  };
  if (none.has_no_name)
    return findings.add("P01", {}, "the domain does not exist", {.severity = Severity::warning, .fix = "Correct its name"});
  if (std::ranges::any_of(tree.mx, [](const std::string& host) { return !host.empty(); }))
    return findings.add("P01", {}, "it has MX hosts");
  const bool has_null_mx = !tree.mx.empty();  // RFC 7505
  const bool is_known = std::ranges::none_of(tree.failures, is_about_mx);
  if (is_known && !has_null_mx && tree.site.misplaced.empty())
    findings.add("P01", {}, "it has no MX hosts either",
                 {.severity = Severity::warning, .fix = "Publish \"v=spf1 -all\" if the domain sends no mail"});
}

}  // namespace

void examine_publication(const Examined& examined, Findings& findings) {
  const Tree& tree = examined.tree;
  const Record& root = tree.root();
  const auto* const none = root.get<Record::None>();
  if (none != nullptr && none->is_glued) {
    findings.add("P07", {}, "'v=spf1' and the first term",
                 {.severity = {}, .fix = "Put a blank at the end of the first string, or at the beginning of the second"});
  } else if (none != nullptr && !none->near_miss.empty()) {
    const std::string terms = nearly_terms(root.texts);
    std::vector<Fault> faults = faults_of(terms);
    const bool is_publishable = faults.empty() && are_sound_terms(terms);
    findings.add("P03", {}, none->near_miss,
                 {.severity = {}, .fix = is_publishable ? fmt::format("Publish 'v=spf1 {}'", terms) : std::string()});
    for (Fault& fault : faults) findings.add(fault.id, {}, fault.detail, {.severity = {}, .fix = std::move(fault.fix)});
  } else if (none != nullptr) {
    check_absence(tree, *none, findings);
  }
  check_old_type(tree, findings);
  check_times(examined, findings);
  check_servers(examined, findings);
  if (tree.site.has_wildcard) findings.add("P15", {}, fmt::format("every name below {} has one", root.domain.text()));
  if (!tree.site.misplaced.empty()) findings.add("P16", {}, listed(tree.site.misplaced));
  check_texts(root, findings);
  check_failures(tree, findings);
  for (std::size_t i = 0; i < tree.records.size(); ++i) {
    const Record& record = tree.records[i];
    if (const auto* const several = record.get<Record::Several>())
      findings.add("P02", {i}, fmt::format("{} has {}", record.domain.text(), several->count));
    if (record.cnames >= kChain)
      findings.add("P14", {i}, fmt::format("{} CNAMEs lead from {} to it", record.cnames, record.domain.text()));
    check_borders(tree, i, findings);
  }
  if (root.is_found() || root.get<Record::Several>() != nullptr) check_size(root, {}, findings);
}

}  // namespace lint
