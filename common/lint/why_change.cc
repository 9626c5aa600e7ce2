#include "common/lint/why_change.h"
#include "common/lint/term_text.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "common/base/text.h"
#include "common/lint/instead.h"
#include "common/spf/evaluate.h"

namespace lint {

namespace {

bool is_redirect(std::string_view term) { return base::starts_with_ignoring_case(term, "redirect="); }

// Returns where the first term of that kind begins; npos: nowhere.
std::size_t find_term(std::string_view record, bool (*is_kind)(std::string_view)) {
  for (std::size_t from = record.find_first_not_of(' '); from != std::string_view::npos;) {
    const std::size_t end = record.find(' ', from);
    if (is_kind(record.substr(from, end - from))) return from;
    from = record.find_first_not_of(' ', end);
  }
  return std::string_view::npos;
}

// Returns the clients whose check exceeds a limit or ends in another error.
Networks broken(const Reach& reach) {
  Networks out = reach.of(spf::Result::permerror);
  out.add(reach.over_terms);
  out.add(reach.over_voids);
  return out;
}

}  // namespace

std::string with_term(std::string_view record, std::string_view term) {
  std::size_t at = find_term(record, is_all);  // RFC 7208 §5.1
  if (at == std::string_view::npos) at = find_term(record, is_redirect);
  std::string out(at == std::string_view::npos ? record.substr(0, record.find_last_not_of(' ') + 1) : record.substr(0, at));
  if (at == std::string_view::npos) return out.append(" ").append(term);
  return out.append(term).append(" ").append(record.substr(at));
}

Reaches reaches_of(const Tree& tree, const spf::Limits& rules, const Limits& bounds) {
  Reaches out;
  const std::function<bool()> goes_on;
  for (const Family family : kFamilies) {
    Work work(bounds.work, goes_on);
    out[family] = reach_of(tree, family, rules, work, Malformed::repaired);
  }
  return out;
}

Changes::Trial Changes::try_term(std::string_view term) { return try_record(*query_.domain, with_term(record_, term), true); }

Changes::Trial Changes::try_record(const dns::Name& name, std::string record, bool must_pass) {
  Trial trial{.effect = Effect::waits, .change = {std::string(name.text()), std::move(record), 0}};
  Instead answers(questions_.answers(), name, trial.change.record);
  spf::Settings settings;
  settings.limits = rules_;
  settings.explains = false;
  spf::Verdict verdict;
  questions_.add(spf::evaluate(query_, settings, answers, verdict));
  if (questions_.has_open()) return trial;
  if (verdict.result == spf::Result::permerror) return {.effect = Effect::harmful, .change = {}};
  if (must_pass ? verdict.result != spf::Result::pass : verdict.result == spf::Result::temperror)
    return {.effect = Effect::useless, .change = {}};
  trial.result = verdict.result;
  trial.change.lookups = verdict.lookups;

  Tree tree;
  questions_.add(read_tree({.domain = *query_.domain, .limits = bounds_, .reads_site = false}, answers, tree));
  if (questions_.has_open()) return trial;
  const Reaches after = reaches_of(tree, rules_, bounds_);
  const auto is_known = [](const Tree& of, const Reaches& reaches) {
    return of.gaps.empty() && !reaches[Family::ipv4].is_cut_off && !reaches[Family::ipv6].is_cut_off;
  };
  if (!is_known(tree, after) || !is_known(tree_, before_)) {
    trial.effect = Effect::unknown;
    return trial;
  }
  for (const Family family : kFamilies) trial.change.lookups = std::max(trial.change.lookups, after[family].lookups);
  trial.effect = is_harmless(after) && trial.change.lookups <= rules_.dns_terms ? Effect::fits : Effect::harmful;
  return trial;
}

bool Changes::is_harmless(const Reaches& after) const {
  return std::ranges::all_of(kFamilies, [&](Family family) {
    return after[family].of(spf::Result::pass).covers(before_[family].of(spf::Result::pass)) &&
           broken(before_[family]).covers(broken(after[family]));
  });
}

}  // namespace lint
