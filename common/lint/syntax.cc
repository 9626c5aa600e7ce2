// S: syntax. Every term is read by itself, so that a record with several faults is explained at once.
#include <algorithm>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "common/base/text.h"
#include "common/lint/findings.h"
#include "common/lint/glue.h"
#include "common/lint/hints.h"
#include "common/lint/term_text.h"

namespace lint {

namespace {

// Reports the fault of a term. Returns whether the next term is a part of this one.
bool check_fault(const Record& record, Place place, Findings& findings) {
  const Term& term = record.terms[place.term];
  if (term.is_sound()) return false;
  const bool has_next = place.term + 1 < record.terms.size();
  Fault fault =
      explain_fault(term.text(), term.read.problem, has_next ? record.terms[place.term + 1].text() : std::string_view());
  findings.add(fault.id, place, fault.detail, {.severity = {}, .fix = std::move(fault.fix)});
  return fault.takes_next;
}

void check_term(const Tree& tree, Place place, Findings& findings) {
  const Term& term = tree.term(place);
  if (!term.is_sound()) return;
  if (term.read.domain_spec && term.read.domain_spec->uses('p')) {
    findings.add("S05", place, fmt::format("{} uses %{{p}}, which is slow and unreliable", quoted(term)),
                 {.severity = Severity::warning, .fix = "Use %{i} or %{d}"});
  }
  const bool leads = term.is(spf::Mechanism::include) || term.is_redirect();
  auto odd = term.read.domain_spec ? explain_odd_domain(term.text()) : std::nullopt;
  if (!odd && term.read.domain_spec && !leads_somewhere(tree, term)) odd = explain_glued_end(term.text());
  if (odd)
    return findings.add("S04", place, odd->detail,
                        {.severity = leads ? Severity::error : Severity::warning, .fix = std::move(odd->fix)});
  if (term.is_nowhere && leads) findings.add("S04", place, fmt::format("{} does not name a domain", quoted(term)));
}

// Reports unknown modifiers, which every check ignores (RFC 7208 §6).
void check_modifier(const Record& record, Place place, Findings& findings) {
  const Term& term = record.terms[place.term];
  if (term.read.kind != spf::Term::Kind::modifier || !term.is_sound()) return;
  const std::string_view text = term.text();
  const std::string_view name = text.substr(0, text.find('='));
  if (base::equals_ignoring_case(text, "v=spf1"))
    return findings.add("S07", place, "a second 'v=spf1'",
                        {.severity = Severity::warning, .fix = "Remove it; a record has one v=spf1, at its beginning"});
  if (is_verification(text))
    return findings.add("S07", place, fmt::format("{} is text of another TXT record", quoted(term)),
                        {.severity = {}, .fix = "Publish it as a TXT record of its own, and remove it here"});
  if (!resembles_mechanism(text)) return findings.add("S07", place, quoted(term));
  findings.add("S07", place, fmt::format("{} looks like a mechanism", quoted(term)),
               {.severity = Severity::warning, .fix = is_all(name) ? std::string() : explain_equals_sign(text, {}).fix});
}

// Finds matters of style, in the domain's own record only.
void check_tidiness(const Record& record, Place place, bool has_later_directive, Findings& findings) {
  const Term& term = record.terms[place.term];
  if (!term.is_sound()) return;
  const std::string_view text = term.text();
  if (!term.is_directive()) {
    if (has_later_directive && term.read.kind != spf::Term::Kind::modifier)
      findings.add("S09", place, fmt::format("{} before mechanisms", quoted(term)));
    return;
  }
  if (text.starts_with('+') && !term.is(spf::Mechanism::all))
    findings.add("S09", place, fmt::format("the sign of {}", quoted(term)));
  const bool is_ip4 = term.is(spf::Mechanism::ip4);
  if (!is_ip4 && !term.is(spf::Mechanism::ip6)) return;
  const spf::Directive& directive = *term.read.directive;
  if (text.ends_with(is_ip4 ? "/32" : "/128")) findings.add("S09", place, fmt::format("the length of {}", quoted(term)));
  const Family family = is_ip4 ? Family::ipv4 : Family::ipv6;
  const Interval network = network_of(directive.network, is_ip4 ? directive.prefix4 : directive.prefix6);
  if (network.first != number_of(directive.network)) {
    const std::string better = fmt::format("{}:{}", is_ip4 ? "ip4" : "ip6", text_of(network, family));
    findings.add("S03", place, quoted(term), {.severity = {}, .fix = "Write " + better + " if you mean the whole network"});
  }
}

// Reports a second modifier of the kind (RFC 7208 §6).
void check_twice(const Record& record, std::size_t number, std::string_view name, Findings& findings) {
  bool is_seen = false;
  for (std::size_t i = 0; i < record.terms.size(); ++i) {
    if (!is_modifier_of_name(record.terms[i].text(), name)) continue;
    if (is_seen) findings.add("S06", {number, i}, quoted(record.terms[i]));
    is_seen = true;
  }
}

}  // namespace

void examine_syntax(const Examined& examined, Findings& findings) {
  for (std::size_t number = 0; number < examined.tree.records.size(); ++number) {
    const Record& record = examined.tree.records[number];
    const auto last_directive = std::ranges::find_if(record.terms.rbegin(), record.terms.rend(), &Term::is_directive).base();
    bool is_part = false;  // of the faulty term before
    for (std::size_t i = 0; i < record.terms.size(); ++i) {
      if (std::exchange(is_part, false)) continue;
      is_part = check_fault(record, {number, i}, findings);
      check_term(examined.tree, {number, i}, findings);
      check_modifier(record, {number, i}, findings);
      const bool is_before_directive = record.terms.begin() + static_cast<std::ptrdiff_t>(i) + 1 < last_directive;
      if (number == 0) check_tidiness(record, {number, i}, is_before_directive, findings);
    }
    check_twice(record, number, "redirect", findings);
    check_twice(record, number, "exp", findings);
  }
}

}  // namespace lint
