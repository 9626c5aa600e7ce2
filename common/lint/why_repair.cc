#include "common/lint/why_repair.h"
#include "common/lint/term_text.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "common/base/text.h"
#include "common/lint/glue.h"
#include "common/lint/hints.h"
#include "common/lint/strays.h"
#include "common/spf/terms.h"

namespace lint {

namespace {

constexpr std::string_view kVersion = "v=spf1";

void append(std::string& record, std::string_view term) {
  if (!term.empty()) record.append(" ").append(term);
}

// Returns a faulty term as it was probably meant, or nothing if the term does not show that; the repair then leaves it out.
struct Meant {
  std::string text;
  bool takes_next = false;  // the next term is a part of it
};
// Returns the terms that a fault advises to write; empty: it has other advice.
std::string advised(const Fault& fault) {
  constexpr std::string_view kWrite = "Write ";
  if (!fault.fix.starts_with(kWrite)) return {};
  std::string terms = fault.fix.substr(kWrite.size());
  return are_sound_terms(terms) ? terms : std::string();
}
Meant meant_by(const Term& term, std::string_view next) {
  if (std::string clean = without_strays(term.text()); clean != term.text() && are_sound_terms(clean)) return {std::move(clean)};
  const Fault fault = explain_fault(term.text(), term.read.problem, next);
  if (std::string terms = advised(fault); !terms.empty()) return {std::move(terms), fault.takes_next};
  const std::string_view sign = sign_of(term.text());
  if (base::starts_with_ignoring_case(term.text().substr(sign.size()), "all")) return {fmt::format("{}all", sign)};
  return {};
}

// Returns the terms that a valid term with a wrong domain was probably meant to be; empty: it does not show that.
std::string meant_by_valid(const Term& term) {
  auto fault = explain_odd_domain(term.text());
  if (!fault) fault = explain_glued_end(term.text());
  return fault ? advised(*fault) : std::string();
}

// Returns the record with its faults repaired, and without the terms of `dropped`; those of `misread` are written as they were
// probably meant.
std::string mended(const Record& record, const std::vector<std::size_t>& dropped, const std::vector<std::size_t>& misread = {}) {
  std::string out(kVersion);
  bool has_redirect = false;
  bool has_exp = false;
  for (std::size_t i = 0; i < record.terms.size(); ++i) {
    const Term& term = record.terms[i];
    if (std::ranges::find(dropped, i) != dropped.end()) continue;
    // RFC 7208 §6: each of them once.
    if (is_modifier_of_name(term.text(), "redirect") && std::exchange(has_redirect, true)) continue;
    if (is_modifier_of_name(term.text(), "exp") && std::exchange(has_exp, true)) continue;
    if (term.is_sound()) {
      const bool is_misread = std::ranges::find(misread, i) != misread.end();
      const std::string meant = is_misread ? meant_by_valid(term) : std::string();
      append(out, meant.empty() ? term.text() : meant);
      continue;
    }
    const Meant meant = meant_by(term, i + 1 < record.terms.size() ? record.terms[i + 1].text() : std::string_view());
    append(out, meant.text);
    if (meant.takes_next) ++i;
  }
  return out;
}

// Returns one record with the terms of all of them, and the end of the first (RFC 7208 §3.2).
std::string merged(const Record& record) {
  std::vector<std::string> seen;
  std::string out(kVersion);
  std::string end;
  for (const std::string& text : record.texts) {
    for (const spf::Term& term : spf::read_terms(text)) {
      if (!term.problem.empty()) return {};
      const bool is_end =
          term.kind == spf::Term::Kind::redirect || (term.directive && term.directive->mechanism == spf::Mechanism::all);
      if (is_end && end.empty()) end = term.text;
      if (is_end || std::ranges::find(seen, term.text) != seen.end()) continue;
      seen.push_back(term.text);
      append(out, term.text);
    }
  }
  append(out, end);
  return out;
}

// Returns the terms of a record that have findings with these ids.
std::vector<std::size_t> terms_with(const Report& report, std::size_t record, std::initializer_list<std::string_view> ids) {
  std::vector<std::size_t> terms;
  for (const Finding& finding : report.findings) {
    if (finding.line == 0 || std::ranges::find(ids, finding.kind->id) == ids.end()) continue;
    const Place place = report.tree.lines[finding.line - 1].place;
    if (place.record == record && place.term != kNone) terms.push_back(place.term);
  }
  return terms;
}

// Returns whether a repair has a term other than "all", or leaves out no term. Otherwise it would turn a record that names hosts
// into one of a domain that sends no mail.
bool keeps_clients(const Record& record, std::string_view text) {
  const auto terms = spf::read_terms(text);
  return terms.size() >= record.terms.size() ||
         std::ranges::any_of(terms, [](const spf::Term& term) { return !is_all(term.text); });
}

}  // namespace

std::vector<Repair> repairs_of(const Report& report) {
  std::vector<Repair> out;
  const auto add = [&](std::size_t number, std::string text) {
    text = closed(text);  // whatever advice it follows
    const bool is_new = !text.empty() && keeps_clients(report.tree.records[number], text) &&
                        text != report.tree.records[number].text() &&
                        std::ranges::none_of(out, [&](const Repair& one) { return one.record == number && one.text == text; });
    if (is_new) out.push_back({number, std::move(text)});
  };
  for (std::size_t number = 0; number < report.tree.records.size(); ++number) {
    const Record& record = report.tree.records[number];
    if (record.get<Record::Several>() != nullptr) add(number, merged(record));
    if (!record.is_found()) continue;
    const bool has_fault = !std::ranges::all_of(record.terms, &Term::is_sound) || !terms_with(report, number, {"S06"}).empty();
    const std::vector<std::size_t> leading = terms_with(report, number, {"B06", "B07", "S04"});
    if (has_fault) add(number, mended(record, {}));
    if (!leading.empty()) {
      add(number, mended(record, {}, leading));
      add(number, mended(record, leading));
    }
  }
  const Record& root = report.tree.root();
  if (!root.is_found()) return out;
  std::vector<std::size_t> idle = terms_with(report, 0, {"L04", "L05", "L06", "L11"});
  add(0, mended(root, idle));
  for (std::size_t i = 0; i < root.terms.size(); ++i) {
    if (root.terms[i].is_void[Family::ipv4] && root.terms[i].is_void[Family::ipv6]) idle.push_back(i);
  }
  add(0, mended(root, idle));
  return out;
}

std::string nearly_meant(const std::vector<std::string>& texts) {
  const std::string terms = nearly_terms(texts);
  return terms.empty() ? std::string() : fmt::format("{} {}", kVersion, terms);
}

}  // namespace lint
