// L: the logic of the terms, within a record and across the records of the tree.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include <fmt/core.h>

#include "common/base/text.h"
#include "common/lint/findings.h"
#include "common/lint/term_text.h"
#include "common/spf/macro.h"

namespace lint {

namespace {

using spf::Mechanism;
using spf::Result;

constexpr std::size_t kMaxExplanation = 400;  // octets; more do not fit into an SMTP reply

// Returns whether no check evaluates the term (RFC 7208 §5.1, §6.1).
bool is_ignored(const Record& record, std::size_t term) {
  if (record.terms[term].is_directive()) return term > record.all;
  return record.terms[term].is_redirect() && term != record.redirect;
}

// Returns the record whose end decides: that of the domain, or the one to which its redirects lead.
std::size_t deciding_record(const Tree& tree) {
  std::size_t number = 0;
  for (std::size_t steps = 0; steps < tree.records.size(); ++steps) {
    const Record& record = tree.records[number];
    if (record.redirect == kNone || record.terms[record.redirect].leads_to == kNone) break;
    number = record.terms[record.redirect].leads_to;
  }
  return number;
}

void check_end(const Tree& tree, Findings& findings) {
  const std::size_t number = deciding_record(tree);
  const Record& record = tree.records[number];
  // A misspelled all is reported as such.
  const bool is_sound = std::ranges::all_of(record.terms, [](const Term& term) { return term.is_sound(); });
  if (record.is_found() && record.all == kNone && record.redirect == kNone && is_sound) findings.add("L01", {number});
}

void check_order(const Record& record, std::size_t number, Findings& findings) {
  if (record.all == kNone) return;
  std::vector<std::string> after;
  std::size_t first = kNone;
  for (std::size_t i = 0; i < record.terms.size(); ++i) {
    const Term& term = record.terms[i];
    if (term.is_redirect()) findings.add("L03", {number, i}, quoted(term));
    if (i <= record.all || !term.read.directive) continue;
    if (first == kNone) first = i;
    after.push_back(quoted(term));
  }
  if (first != kNone) findings.add("L02", {number, first}, listed(after));
}

// Returns a directive without its qualifier and in lower case, so that equal mechanisms compare equal.
std::string mechanism_text(const Term& term) {
  const std::string_view text = term.text();
  return base::lower(text.substr(sign_of(text).size()));
}

// The terms that decide clients, indexed by the clients' addresses. A search takes time in proportion to its result.
class Deciders {
 public:
  Deciders() = default;
  Deciders(const Tree& tree, const Reach& reach) {
    for (std::size_t term = 0; term < reach.order.size(); ++term) {
      const Visit& visit = reach.visit(reach.order[term]);
      if (!visit.result || tree.term(reach.order[term]).is(Mechanism::include)) continue;
      for (const Interval& interval : visit.taken.intervals()) entries_.push_back({interval, interval.last, term});
    }
    std::ranges::sort(entries_, {}, [](const Entry& entry) { return entry.taken.first; });
    // Terms of a record that several includes reach may take the same clients, so intervals may overlap.
    for (std::size_t i = 1; i < entries_.size(); ++i)
      entries_[i].furthest = std::max(entries_[i].furthest, entries_[i - 1].furthest);
  }

  // Returns the numbers in Reach::order of the terms that decide a client of the set, in ascending order; fewer if the work is
  // cut off.
  std::vector<std::size_t> of(const Networks& networks, Work& work) const {
    std::vector<std::size_t> terms;
    for (const Interval& interval : networks.intervals()) {
      auto entry = std::ranges::lower_bound(entries_, interval.first, {}, &Entry::furthest);
      for (; entry != entries_.end() && entry->taken.first <= interval.last && work.spend(1); ++entry) {
        if (entry->taken.last >= interval.first) terms.push_back(entry->term);
      }
    }
    std::ranges::sort(terms);
    terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
    return terms;
  }

 private:
  struct Entry {
    Interval taken;
    Number furthest;  // the last address of this entry and all before it
    std::size_t term;
  };
  std::vector<Entry> entries_;
};

class Logic {
 public:
  Logic(const Examined& examined, Findings& findings) : examined_(examined), tree_(examined.tree), findings_(findings) {
    for (const Record& record : tree_.records) is_twice_.emplace_back(record.terms.size(), false);
    for (const Family family : kFamilies) {
      const Reach& reach = examined.reach[family];
      deciders_[family] = Deciders(tree_, reach);
      for (const Place& place : reach.order) {
        const Term& term = tree_.term(place);
        const Visit& visit = reach.visit(place);
        steps_[family].push_back({scope_of(term, visit), &term.networks[family], &visit});
      }
    }
  }

  void check_twice() {
    for (std::size_t number = 0; number < tree_.records.size(); ++number) check_twice(number);
    // Finds domains to which several terms lead, each of which costs lookups.
    std::unordered_map<std::size_t, Place> led;
    for (std::size_t number = 0; number < tree_.records.size(); ++number) {
      for (std::size_t i = 0; i < tree_.records[number].terms.size(); ++i) {
        const Place place{number, i};
        const std::size_t next = tree_.term(place).leads_to;
        if (next == kNone || is_twice_[number][i]) continue;
        const auto [before, is_new] = led.try_emplace(next, place);
        if (is_new || !examined_.loops.empty()) continue;
        findings_.add(
            "L04", place,
            fmt::format("{} is also reached by {}", tree_.records[next].domain.text(), described(tree_, before->second)));
      }
    }
  }

  void check_dead() {
    for (std::size_t number = 0; number < tree_.records.size(); ++number) {
      for (std::size_t i = 0; i < tree_.records[number].terms.size(); ++i) {
        const Place place{number, i};
        if (!has_networks(place) || is_ignored(tree_.records[number], i) || is_twice_[number][i]) continue;
        if (!check_decided_before(place)) check_decided_after(place);
      }
    }
  }

 private:
  void check_twice(std::size_t number) {
    const Record& record = tree_.records[number];
    std::unordered_map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < record.terms.size(); ++i) {
      const Term& term = record.terms[i];
      if (!term.read.directive || is_ignored(record, i)) continue;
      const auto [before, is_new] = seen.try_emplace(mechanism_text(term), i);
      if (is_new) continue;
      // With another qualifier it is a contradiction (L06), unless it has no networks to compare.
      const bool differs = !record.terms[before->second].has(term.read.directive->qualifier);
      if (differs && has_networks({number, i})) continue;
      is_twice_[number][i] = true;
      findings_.add("L04", {number, i}, quoted(term));
    }
  }

  [[nodiscard]] bool has_networks(Place place) const {
    const Term& term = tree_.term(place);
    return term.read.directive && std::ranges::any_of(kFamilies, [&](Family family) { return !term.networks[family].empty(); });
  }

  // Terms of a list that a finding names; the others are counted.
  static constexpr std::size_t kNamed = 3;

  // Returns the terms that decide the clients of a set, in the order of a check. Only the first kNamed have their names.
  [[nodiscard]] std::vector<std::string> deciders(const Networks& networks, Family family) const {
    std::vector<std::string> names;
    for (const std::size_t term : deciders_[family].of(networks, examined_.work))
      names.push_back(names.size() < kNamed ? described(tree_, examined_.reach[family].order[term]) : std::string());
    return names;
  }

  // Reports a term that no matching client reaches, since other terms decide all of them. Returns whether it is such a term.
  bool check_decided_before(Place place) {
    const Term& term = tree_.term(place);
    bool is_contradiction = true;
    std::vector<std::string> names;
    for (const Family family : kFamilies) {
      const Networks& networks = term.networks[family];
      if (networks.empty()) continue;
      const Reach& reach = examined_.reach[family];
      const Visit& visit = reach.visit(place);
      if (!visit.taken.empty() || reach.is_cut_off) return false;
      for (const Networks* broken : {&reach.over_terms, &reach.over_voids, &reach.of(Result::permerror)}) {
        if (broken->overlaps(networks)) return false;
      }
      if (names.empty()) names = deciders(networks, family);
      const std::optional<Result> result = visit.result        ? visit.result
                                           : place.record == 0 ? std::optional(term.read.directive->qualifier)
                                                               : std::nullopt;
      if (!result || visit.times > 1 || reach.of(*result).overlaps(networks)) is_contradiction = false;
    }
    if (names.empty()) return false;
    const std::string detail = fmt::format("{} after {}", quoted(term), listed(names, kNamed));
    if (!is_contradiction) {
      report_superfluous(place, detail);
    } else {
      findings_.add("L06", place, detail, {.severity = place.record == 0 ? Severity::error : Severity::warning, .fix = {}});
    }
    return true;
  }

  void report_superfluous(Place place, std::string_view detail) {
    if (place.record == 0) return findings_.add("L05", place, detail);
    findings_.add("L05", place, detail,
                  {.severity = Severity::info,
                   .fix = fmt::format("The owner of {} can remove it", tree_.records[place.record].domain.text())});
  }

  // Reports a term without which a later term would give the same clients the same result.
  void check_decided_after(Place place) {
    const Term& term = tree_.term(place);
    if (!term.is(Mechanism::ip4) && !term.is(Mechanism::ip6)) return;
    const Family family = term.is(Mechanism::ip4) ? Family::ipv4 : Family::ipv6;
    const Reach& reach = examined_.reach[family];
    const Visit& visit = reach.visit(place);
    const bool is_sure =
        reach.over_terms.empty() && reach.over_voids.empty() && reach.of(Result::permerror).empty() && !reach.is_cut_off;
    if (!is_sure || !visit.result || visit.times == 0 || visit.times > 1) return;
    const Networks& networks = term.networks[family];
    const std::vector<Step>& steps = steps_[family];
    for (std::size_t later = visit.position + 1; later < steps.size(); ++later) {
      const Step& step = steps[later];
      if (!examined_.work.spend(1 + step.networks->intervals().size())) return;
      if (step.scope == Scope::none) continue;
      if (step.scope == Scope::any) return;
      if (!step.networks->overlaps(networks)) continue;
      const bool has_same_result = step.visit->times == 1 && step.visit->result == visit.result;
      if (!has_same_result) return;
      if (!step.networks->covers(networks)) continue;
      const Place there = reach.order[later];
      const Term& other = tree_.term(there);
      const bool is_same =
          *step.networks == networks && there.record == place.record && mechanism_text(other) == mechanism_text(term);
      if (is_same) return;
      const std::string detail = fmt::format("{} is in {}", quoted(term), described(tree_, there));
      // That one may be superfluous, too, since this one and others take its clients.
      const bool is_one_of_two = place.record == 0 && step.visit->taken.empty();
      if (!is_one_of_two) return report_superfluous(place, detail);
      findings_.add("L05", place, detail, {.severity = {}, .fix = fmt::format("Remove the term or {}, not both", quoted(other))});
      return;
    }
  }

  // The clients that a term itself may decide.
  enum class Scope : std::uint8_t { none, networks, any };
  // A term in the order of a check.
  struct Step {
    Scope scope = Scope::none;
    const Networks* networks = nullptr;
    const Visit* visit = nullptr;
  };
  static Scope scope_of(const Term& term, const Visit& visit) {
    // The terms of the included record decide.
    if (term.is(Mechanism::include) && !term.is_personal) return Scope::none;
    // An all that does not pass, in an included record, ends only that record.
    if (term.is(Mechanism::all) && !visit.result) return Scope::none;
    const bool is_open = term.is_personal || term.is(Mechanism::ptr) || term.matches_all || term.is(Mechanism::all);
    return is_open || term.has_failed ? Scope::any : Scope::networks;
  }

  const Examined& examined_;
  const Tree& tree_;
  Findings& findings_;
  std::vector<std::vector<bool>> is_twice_;  // by record and term: reported as L04
  PerFamily<Deciders> deciders_;
  PerFamily<std::vector<Step>> steps_;
};

// Reports an all of an included record that lets every client pass, and each all and exp that has no effect there (RFC 7208 §5.2,
// §6.2).
void check_included_ends(const Tree& tree, Findings& findings) {
  std::vector<bool> is_included(tree.records.size());
  for (const Record& record : tree.records) {
    for (const Term& term : record.terms) {
      if (term.leads_to != kNone && term.is(Mechanism::include)) is_included[term.leads_to] = true;
    }
  }
  std::optional<Place> first;
  std::vector<std::string> without_effect;
  for (std::size_t number = 1; number < tree.records.size(); ++number) {
    const Record& record = tree.records[number];
    if (!is_included[number]) continue;
    const auto exp =
        std::ranges::find(record.terms, spf::Term::Kind::explanation, [](const Term& term) { return term.read.kind; });
    const bool has_all = record.all != kNone;
    if (has_all && record.terms[record.all].has(Result::pass)) {
      findings.add("L07", {number, record.all},
                   fmt::format("{} of {} lets every client pass", quoted(record.terms[record.all]), record.domain.text()));
    } else if (has_all || exp != record.terms.end()) {
      if (!first) first = Place{number, has_all ? record.all : static_cast<std::size_t>(exp - record.terms.begin())};
      const Term& term = has_all ? record.terms[record.all] : *exp;
      without_effect.push_back(fmt::format("{} of {}", quoted(term), record.domain.text()));
    }
  }
  if (first) {
    findings.add("L07", *first, listed(without_effect),
                 {.severity = Severity::info, .fix = "Nothing, as long as the record that includes them has an all of its own"});
  }
}

// Reports an exp that is never used, or whose text cannot be (RFC 7208 §6.2).
void check_explanation(const Record& record, std::size_t number, Findings& findings) {
  const bool can_fail = std::ranges::any_of(record.terms, [](const Term& other) { return other.has(Result::fail); });
  for (std::size_t i = 0; i < record.terms.size(); ++i) {
    const Term& term = record.terms[i];
    if (term.read.kind != spf::Term::Kind::explanation || !term.is_sound()) continue;
    const auto add = [&](std::string_view what) { findings.add("L08", {number, i}, fmt::format("{}: {}", quoted(term), what)); };
    if (!can_fail) {
      findings.add("L08", {number, i}, fmt::format("{}: no term of the record fails", quoted(term)),
                   {.severity = Severity::info, .fix = "Remove exp"});
    } else if (term.explanations) {
      const std::vector<std::string>& texts = *term.explanations;
      if (texts.empty()) {
        add("there is no TXT record");
      } else if (texts.size() > 1) {
        add(fmt::format("there are {} TXT records", texts.size()));
      } else if (!base::is_ascii(texts.front())) {
        add("the text is not US-ASCII");
      } else if (texts.front().size() > kMaxExplanation) {
        add(fmt::format("the text has {} octets", texts.front().size()));
      } else if (const auto text = spf::MacroString::parse(texts.front(), spf::MacroContext::explanation); !text) {
        findings.add("L08", {number, i}, fmt::format("{}: {}", quoted(term), text.error()),
                     {.severity = {}, .fix = "Correct the text, in which a percent sign is %%, or remove exp"});
      }
    }
  }
}

// Finds out whether everything below a record is known and does not depend on the mail.
class Certainty {
 public:
  explicit Certainty(const Tree& tree) : tree_(tree), seen_(tree.records.size()) {}

  bool holds_below(std::size_t number) {
    if (seen_[number]) return true;
    seen_[number] = true;
    const Record& record = tree_.records[number];
    if (!record.is_found()) return false;
    return std::ranges::all_of(record.terms, [&](const Term& term) {
      if (!term.is_sound() || term.is_personal || term.has_failed || term.is(Mechanism::ptr)) return false;
      return term.leads_to == kNone || holds_below(term.leads_to);
    });
  }

 private:
  const Tree& tree_;
  std::vector<bool> seen_;
};

// Finds networks of one record that together form a network, and whose order does not matter since no term between them has
// another result.
class Merges {
 public:
  Merges(const Record& record, Findings& findings) : record_(record), findings_(findings) {}

  void run(Family family) {
    const Mechanism mechanism = family == Family::ipv4 ? Mechanism::ip4 : Mechanism::ip6;
    for (std::size_t i = 0; i < record_.terms.size() && i <= record_.all; ++i) {
      const Term& term = record_.terms[i];
      if (!term.is_directive()) continue;
      if (!term.has(qualifier_)) report(family);
      if (term.read.directive) qualifier_ = term.read.directive->qualifier;
      if (term.is(mechanism)) parts_.push_back({term.networks[family].intervals().front(), {i}});
    }
    report(family);
  }

 private:
  struct Part {
    Interval network;
    std::vector<std::size_t> terms;
  };

  // Reports the merges of the terms that were collected.
  void report(Family family) {
    std::ranges::sort(parts_, {}, [](const Part& part) { return std::pair(part.network.first, part.terms.front()); });
    std::vector<Part> merged;
    for (Part& part : parts_) {
      if (!merged.empty() && merged.back().network.last >= part.network.first) continue;  // L05
      merged.push_back(std::move(part));
      while (merged.size() > 1 && join(merged[merged.size() - 2], merged.back(), family)) merged.pop_back();
    }
    parts_.clear();
    for (const Part& part : merged) {
      if (part.terms.size() < 2) continue;
      std::vector<std::string> names;
      for (const std::size_t term : part.terms) names.push_back(quoted(record_.terms[term]));
      const std::string network = text_of(part.network, family);
      findings_.add("L09", {0, std::ranges::min(part.terms)}, fmt::format("{} are {}", listed(names, 4), network),
                    {.severity = {}, .fix = fmt::format("Write {}:{}", family == Family::ipv4 ? "ip4" : "ip6", network)});
    }
  }

  // Joins two parts if together they form a network.
  static bool join(Part& left, Part& right, Family family) {
    const Interval both{left.network.first, right.network.last};
    const auto length = length_of(left.network, family);
    if (left.network.last.next() != right.network.first || !length || length != length_of(right.network, family) ||
        !length_of(both, family))
      return false;
    left.network = both;
    left.terms.insert(left.terms.end(), right.terms.begin(), right.terms.end());
    return true;
  }

  const Record& record_;
  Findings& findings_;
  std::vector<Part> parts_;
  Result qualifier_ = Result::pass;
};

bool is_network(const Term& term) { return term.is(Mechanism::ip4) || term.is(Mechanism::ip6); }

// Reports an order that costs DNS questions. Terms of one result may change places: a client of a network that comes first needs
// no DNS questions of other terms.
void check_cost(const Record& record, Findings& findings) {
  std::vector<std::size_t> order;  // of the terms, networks first
  std::size_t first = kNone;       // that moves
  std::size_t begin = 0;           // of the terms that may change places
  std::size_t questions = 0;       // DNS terms in it
  for (std::size_t i = 0; i < record.terms.size(); ++i) {
    const Term& term = record.terms[i];
    if (!term.is_sound()) return;
    const bool is_last = i >= record.all || !term.is_directive();
    const bool joins = !is_last && begin < order.size() && record.terms[order[begin]].has(term.read.directive->qualifier);
    if (!joins) {
      begin = order.size();
      questions = 0;
    }
    if (!is_last && is_network(term) && questions > 0) {
      if (first == kNone) first = i;
      const auto dns_term = std::find_if(order.begin() + static_cast<std::ptrdiff_t>(begin), order.end(),
                                         [&](std::size_t before) { return record.terms[before].asks_dns(); });
      order.insert(dns_term, i);
    } else {
      order.push_back(i);
    }
    if (!is_last && term.asks_dns()) ++questions;
  }
  if (first == kNone) return;
  std::string better = "v=spf1";
  for (const std::size_t term : order) better.append(" ").append(record.terms[term].text());
  constexpr std::size_t kMostShown = 400;
  findings.add("L09", {0, first}, "clients of its networks need fewer DNS questions if they come before the terms that ask DNS",
               {.severity = {},
                .fix = better.size() > kMostShown ? "Put ip4 and ip6 before the other terms with the same sign"
                                                  : fmt::format("Publish '{}'", better)});
}

// Reports an include that no client matches and that causes no error.
void check_idle_includes(const Examined& examined, Findings& findings) {
  const auto is_sound = [](const Reach& reach) {
    return reach.over_terms.empty() && reach.over_voids.empty() && reach.of(Result::permerror).empty() && !reach.is_cut_off;
  };
  if (!is_sound(examined.reach[Family::ipv4]) || !is_sound(examined.reach[Family::ipv6])) return;
  for (const Place place : examined.reach[Family::ipv4].order) {
    const Term& term = examined.tree.term(place);
    if (!term.is(Mechanism::include) || term.leads_to == kNone) continue;
    const bool takes_any =
        std::ranges::any_of(kFamilies, [&](Family family) { return !examined.reach[family].visit(place).taken.empty(); });
    if (!takes_any && Certainty(examined.tree).holds_below(term.leads_to)) findings.add("L11", place, quoted(term));
  }
}

}  // namespace

void examine_logic(const Examined& examined, Findings& findings) {
  const Tree& tree = examined.tree;
  check_end(tree, findings);
  for (std::size_t number = 0; number < tree.records.size(); ++number) check_order(tree.records[number], number, findings);
  Logic logic(examined, findings);
  logic.check_twice();
  logic.check_dead();
  check_included_ends(tree, findings);
  for (std::size_t number = 0; number < tree.records.size(); ++number) {
    if (tree.records[number].is_deciding) check_explanation(tree.records[number], number, findings);
  }
  check_idle_includes(examined, findings);
  for (const Family family : kFamilies) Merges(tree.root(), findings).run(family);
  check_cost(tree.root(), findings);
}

}  // namespace lint
