// S: syntax. Every term is read by itself, so that a record with several faults is explained at once.
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "common/lint/findings.h"
#include "common/lint/hints.h"

namespace lint {

namespace {

void check_term(const Record& record, Place place, Findings& findings) {
  const Term& term = record.terms[place.term];
  if (!term.is_sound()) {
    const bool has_next = place.term + 1 < record.terms.size();
    Fault fault =
        explain_fault(term.text(), term.read.problem, has_next ? record.terms[place.term + 1].text() : std::string_view());
    return findings.add(fault.id, place, fault.detail, {.severity = {}, .fix = std::move(fault.fix)});
  }
  if (term.read.domain_spec && term.read.domain_spec->uses('p')) {
    findings.add("S05", place, fmt::format("{} uses %{{p}}, which is slow and unreliable", quoted(term)),
                 {.severity = Severity::warning, .fix = "Use %{i} or %{d}"});
  }
  const bool leads = term.is(spf::Mechanism::include) || term.is_redirect();
  if (term.is_nowhere && leads) findings.add("S04", place, fmt::format("{} does not name a domain", quoted(term)));
}

// RFC 7208 §6
void check_twice(const Record& record, std::size_t number, spf::Term::Kind kind, Findings& findings) {
  bool is_seen = false;
  for (std::size_t i = 0; i < record.terms.size(); ++i) {
    if (record.terms[i].read.kind != kind) continue;
    if (is_seen) findings.add("S06", {number, i}, quoted(record.terms[i]));
    is_seen = true;
  }
}

}  // namespace

void check_syntax(const Examined& examined, Findings& findings) {
  for (std::size_t number = 0; number < examined.tree.records.size(); ++number) {
    const Record& record = examined.tree.records[number];
    for (std::size_t i = 0; i < record.terms.size(); ++i) check_term(record, {number, i}, findings);
    check_twice(record, number, spf::Term::Kind::redirect, findings);
    check_twice(record, number, spf::Term::Kind::explanation, findings);
  }
}

}  // namespace lint
