#include "common/receiver/judge.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/base/reuse.h"

namespace receiver {

namespace {

using spf::Needs;
using spf::Result;

constexpr std::size_t kMaxShown = 200;  // bytes of a term in a note

void add_note(std::string& note, std::string_view more) {
  if (!note.empty()) note += "; ";
  base::append_printable(note, more);
}

std::string change(std::string_view rule, std::string_view what, Result now, Result before) {
  return fmt::format("{}: {}, {} instead of {}", rule, base::clip(what, kMaxShown), spf::result_name(now),
                     spf::result_name(before));
}

void append(std::vector<spf::TraceStep>& trace, std::vector<spf::TraceStep>&& more) {
  trace.insert(trace.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// Returns how long a verdict is valid that `by` changed. A TTL of 0 in `by` means that no answers were needed.
std::uint32_t joint_ttl(const spf::Verdict& verdict, const spf::Verdict& by) {
  return by.ttl == 0 ? verdict.ttl : std::min(verdict.ttl, by.ttl);
}

// Sets another result: what is said of the one before is not true of it.
void set_result(spf::Verdict& verdict, Result result) {
  if (result == verdict.result) return;
  verdict.result = result;
  verdict.authority_explanation.clear();
  verdict.default_explanation.clear();
  verdict.why_url.clear();
  verdict.is_wide = false;
}

// Replaces the verdict on the domain's record by that of a rule's term, which becomes `result`. Only what says something about
// the record and the work that it took stays.
void replace(spf::Verdict& verdict, spf::Verdict&& by, Result result) {
  by.ttl = joint_ttl(verdict, by);
  by.record = std::move(verdict.record);
  by.lookups = verdict.lookups;
  by.void_lookups = verdict.void_lookups;
  by.names_only_null_mx = verdict.names_only_null_mx;
  by.trace = std::move(verdict.trace);
  if (!verdict.own_failure.empty()) by.own_failure = std::move(verdict.own_failure);
  set_result(by, result);
  by.at_last_word = false;  // later rules find a decision
  verdict = std::move(by);
}

}  // namespace

// Each rule acts on the verdict that the rules before it left, so the second row for local terms is evaluated only if no term of
// the request matched.
const std::array<Judge::Rule, 6> Judge::kRules = {{
    {.name = "fallback",
     .part = Part::fallback,
     .applies = [](const spf::Verdict& verdict) { return verdict.result == Result::none; },
     .act = &Judge::fall_back},
    {.name = "guess",
     .part = Part::guess,
     .applies = [](const spf::Verdict& verdict) { return verdict.result == Result::none; },
     .act = &Judge::match_list,
     .terms = &Rules::guess,
     .result = &Rules::guess_result,
     .may_spare = false},
    {.name = "local-terms",
     .part = Part::own_terms,
     .applies = [](const spf::Verdict& verdict) { return verdict.at_last_word; },
     .act = &Judge::match_list},
    {.name = "local-terms",
     .part = Part::local,
     .applies = [](const spf::Verdict& verdict) { return verdict.at_last_word; },
     .act = &Judge::match_list,
     .terms = &Rules::local},
    {.name = "trusted-forwarders",
     .part = Part::forwarders,
     .applies = [](const spf::Verdict& verdict) { return verdict.result == Result::fail || verdict.result == Result::softfail; },
     .act = &Judge::match_list,
     .terms = &Rules::forwarders,
     .result = &Rules::forwarder_result},
    {.name = "secondary-mx",
     .part = Part::secondary,
     .applies = [](const spf::Verdict& verdict) { return verdict.result != Result::pass && verdict.result != Result::none; },
     .act = &Judge::match_list,
     .terms = &Rules::secondary_mx,
     .sets_aside = true},
}};

std::vector<std::string_view> Judge::rule_names() {
  std::vector<std::string_view> names;
  for (const Rule& rule : kRules) {
    if (names.empty() || names.back() != rule.name) names.push_back(rule.name);
  }
  return names;
}

Needs Judge::evaluate(const spf::Query& query, Judgement& out) {
  base::renew(out.local);  // evaluate() sets the verdict
  const spf::Verdict& verdict = out.verdict;
  begin(Part::record);
  Needs needs = spf::evaluate(query, settings_, answers_, out.verdict);
  if (!needs.empty() || !query.domain || verdict.result == Result::pass) return needs;  // nothing changes a pass
  for (const Rule& rule : kRules) {
    if (!rule.applies(verdict)) continue;
    begin(rule.part);
    needs = (this->*rule.act)(rule, query, out);
    if (!needs.empty()) return needs;
  }

  // Mail is not rejected permanently when one of our own rules could not be looked up, or when a limit of our own ended a lookup
  // of the client's names.
  if (unknown_.empty()) unknown_ = verdict.own_failure;
  if (!unknown_.empty() && out.local.set_aside.empty() && rules_.action(query.identity, verdict.result) == Action::reject) {
    add_note(out.local.note, fmt::format("{}, temperror instead of {}", unknown_, spf::result_name(verdict.result)));
    spf::Verdict& changed = out.verdict;
    set_result(changed, Result::temperror);
    changed.problem = unknown_;
    changed.problem_kind = unknown_kind_;
    changed.mechanism.clear();
    changed.ttl = 0;
  }
  return {};
}

Judge::Match Judge::match(const spf::Query& query, const Terms& terms, std::string_view name,
                          std::vector<spf::TraceStep>& trace) {
  Match out;
  std::optional<spf::Query> of_recipient;
  for (const Term& term : terms) {
    const spf::Query* asked = &query;
    if (term.is_recipient) {
      const auto domain = mailbox_domain(bare_sender(request_.recipient));
      if (!domain || domain->labels() < 2) continue;
      of_recipient = query;
      of_recipient->domain = domain;
      asked = &*of_recipient;
    }
    const spf::Directive& directive = term.record.directives.front();
    spf::Verdict verdict;
    out.needs = spf::evaluate_record(*asked, term.record, name, settings_, answers_, verdict);
    if (!out.needs.empty()) return out;
    append(trace, std::move(verdict.trace));
    if (verdict.result == Result::permerror) continue;  // a term that cannot be evaluated does not match
    if (verdict.result == Result::temperror) {
      if (out.problem.empty()) {
        out.problem = std::move(verdict.problem);
        out.problem_kind = verdict.problem_kind;
      }
      continue;
    }
    if (verdict.mechanism == spf::kDefaultMechanism) {
      if (out.problem.empty()) out.problem = std::move(verdict.own_failure);
      continue;
    }
    out.what = term.is_recipient ? fmt::format("mx of {}", asked->domain->text()) : std::string(term.record.text_of(directive));
    out.verdict = std::move(verdict);
    if (out.verdict->result == Result::pass) out.problem.clear();  // an earlier term would not have spared the client more
    return out;
  }
  return out;
}

Needs Judge::fall_back(const Rule& rule, const spf::Query& query, Judgement& out) {
  const auto* const entry = policy_.fallback.empty() ? nullptr : policy_.fallback.find(*query.domain);
  if (entry == nullptr) return {};
  spf::Verdict verdict;
  Needs needs = spf::evaluate_record(query, entry->value, rule.name, settings_, answers_, verdict);
  if (!needs.empty()) return needs;
  append(out.verdict.trace, std::move(verdict.trace));
  verdict.trace = std::move(out.verdict.trace);
  verdict.ttl = joint_ttl(verdict, out.verdict);
  out.verdict = std::move(verdict);
  add_note(out.local.note, fmt::format("{}: {}", rule.name, entry->pattern));
  return {};
}

Needs Judge::match_list(const Rule& rule, const spf::Query& query, Judgement& out) {
  const Terms* const terms = rule.terms == nullptr ? own_terms_ : rules_.find(rule.terms);
  return terms == nullptr || terms->empty() ? Needs{} : act_on_match(rule, *terms, query, out);
}

Needs Judge::act_on_match(const Rule& rule, const Terms& terms, const spf::Query& query, Judgement& out) {
  Match found = match(query, terms, rule.name, out.verdict.trace);
  if (!found.needs.empty()) return std::move(found.needs);
  if (!found.problem.empty() && rule.may_spare) {
    unknown_ = fmt::format("{}: {}", rule.name, found.problem);
    unknown_kind_ = found.problem_kind;
  }
  if (!found.verdict) return {};
  const bool takes_any_result = rule.result == nullptr && !rule.sets_aside;
  if (!takes_any_result && found.verdict->result != Result::pass) return {};
  const Result result = rule.sets_aside          ? Result::none
                        : rule.result == nullptr ? found.verdict->result
                                                 : rules_.get(rule.result, Result::neutral);
  add_note(out.local.note, change(rule.name, found.what, result, out.verdict.result));
  if (rule.sets_aside) {
    out.local.set_aside = fmt::format("the client is a secondary MX, {}", base::clip(found.what, kMaxShown));
  } else {
    replace(out.verdict, std::move(*found.verdict), result);
  }
  return {};
}

Needs Judge::guess(const spf::Query& query, const Terms& terms, spf::Verdict& out) {
  if (!query.domain) return {};
  begin(Part::told_guess);
  Match found = match(query, terms, "guess", out.trace);
  if (!found.needs.empty()) return std::move(found.needs);
  const bool is_pass = found.verdict && found.verdict->result == Result::pass;
  out.result = is_pass ? Result::pass : Result::neutral;
  return {};
}

const Terms& best_guess() {
  static const Terms terms = [] {
    auto parsed = parse_terms({"a/24", "mx/24", "ptr"});
    return parsed ? std::move(*parsed) : Terms{};
  }();
  return terms;
}

}  // namespace receiver
