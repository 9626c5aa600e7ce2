#include "common/lint/reach.h"

#include <algorithm>
#include <utility>

namespace lint {

namespace {

using spf::Mechanism;
using spf::Result;

// Clients with the same counters.
struct Group {
  int lookups = 0;
  int voids = 0;
  Networks clients;
};
using Groups = std::vector<Group>;

void add_to(Groups& groups, Group&& more) {
  if (more.clients.empty()) return;
  const auto same =
      std::ranges::find_if(groups, [&](const Group& g) { return g.lookups == more.lookups && g.voids == more.voids; });
  if (same == groups.end()) {
    groups.push_back(std::move(more));
  } else {
    same->clients.add(more.clients);
  }
}

void add_to(Groups& groups, Groups&& more) {
  for (Group& group : more) add_to(groups, std::move(group));
}

// The results of a record, each with its clients.
using ByResult = std::array<Groups, 7>;
Groups& of(ByResult& groups, Result result) { return groups[static_cast<std::size_t>(result)]; }

// How a match counts for the whole check: a term of an included record that passes makes the include match.
struct Role {
  bool is_included = false;
  std::optional<Result> result;  // is_included: the result of the whole check when the include matches
};

class Walker {
 public:
  Walker(const Tree& tree, Family family, const spf::Limits& limits, Work& work, Malformed malformed)
      : tree_(tree), family_(family), limits_(limits), work_(work), malformed_(malformed) {
    for (const Record& record : tree.records) reach_.visits.emplace_back(record.terms.size());
  }

  Reach run() {
    ByResult groups = walk(0, {{0, 0, Networks::whole(family_)}}, {});
    for (std::size_t i = 0; i < groups.size(); ++i) {
      for (const Group& group : groups[i]) reach_.results[i].add(group.clients);
    }
    return std::move(reach_);
  }

 private:
  ByResult walk(std::size_t number, Groups live, const Role& role) {
    ByResult out;
    const Record& record = tree_.records[number];
    if (!record.is_found()) {
      const bool is_none = record.get<Record::None>() != nullptr;
      if (record.get<Record::Several>() != nullptr) {
        fail(live);
      } else {
        reach_.is_uncertain |= !is_none;
        of(out, is_none ? Result::none : Result::neutral) = std::move(live);
      }
      return out;
    }
    if (malformed_ == Malformed::permerror && record.is_malformed()) {
      fail(live);
      return out;
    }
    for (std::size_t i = 0; i < record.terms.size() && !live.empty(); ++i) {
      if (record.terms[i].read.directive) step({number, i}, live, out, role);
    }
    if (record.redirect != kNone && !live.empty()) {
      redirect({number, record.redirect}, live, out, role);
    }
    add_to(of(out, Result::neutral), std::move(live));  // RFC 7208 §4.7
    return out;
  }

  // Takes the clients that match out of `live`.
  void step(Place place, Groups& live, ByResult& out, const Role& role) {
    const Term& term = tree_.term(place);
    const Result qualifier = term.read.directive->qualifier;
    Visit& visit = reach_.visits[place.record][place.term];
    if (visit.times++ == 0) {
      visit.position = reach_.order.size();
      reach_.order.push_back(place);
    }
    visit.result = role.is_included ? (qualifier == Result::pass ? role.result : std::nullopt) : qualifier;
    if (!spend(live)) return live.clear();
    if (term.is(Mechanism::all)) return take(Networks::whole(family_), visit, live, of(out, qualifier));
    if (!term.asks_dns()) return take(term.networks[family_], visit, live, of(out, qualifier));
    count_term(place, live);
    if (term.is(Mechanism::include)) return include(place, live, out, visit, role);
    if (term.is_void[family_]) count_void(place, live);
    if (term.is_personal || term.is(Mechanism::ptr) || term.has_failed) reach_.is_uncertain = true;
    if (term.is(Mechanism::mx) && term.hosts.size() > static_cast<std::size_t>(limits_.mx_hosts)) return fail(live);
    if (term.matches_all) return take(Networks::whole(family_), visit, live, of(out, qualifier));
    take(term.networks[family_], visit, live, of(out, qualifier));
  }

  static void take(const Networks& networks, Visit& visit, Groups& live, Groups& out) {
    if (networks.empty()) return;
    for (Group& group : live) {
      Networks taken = group.clients.common_with(networks);
      if (taken.empty()) continue;
      visit.taken.add(taken);
      if (visit.result == Result::pass) visit.passed.add(taken);
      group.clients.remove(taken);
      add_to(out, {group.lookups, group.voids, std::move(taken)});
    }
    std::erase_if(live, [](const Group& group) { return group.clients.empty(); });
  }

  // Takes the clients that pass in the included record (RFC 7208 §5.2).
  void include(Place place, Groups& live, ByResult& out, Visit& visit, const Role& role) {
    const Term& term = tree_.term(place);
    if (term.is_personal) {
      reach_.is_uncertain = true;
      return;
    }
    if (term.is_nowhere) return fail(live);
    if (term.leads_to == kNone) {  // beyond our own limits
      reach_.is_uncertain = true;
      return;
    }
    const Result qualifier = term.read.directive->qualifier;
    const Role inner{.is_included = true, .result = role.is_included && qualifier != Result::pass ? std::nullopt : visit.result};
    ByResult inside = walk(term.leads_to, std::move(live), inner);
    for (const Group& group : of(inside, Result::pass)) {
      visit.taken.add(group.clients);
      if (inner.result == Result::pass) visit.passed.add(group.clients);
    }
    add_to(of(out, qualifier), std::move(of(inside, Result::pass)));
    fail(of(inside, Result::none));
    live.clear();
    for (const Result result : {Result::fail, Result::softfail, Result::neutral}) add_to(live, std::move(of(inside, result)));
  }

  // Gives the clients the results of the record to which the redirect leads (RFC 7208 §6.1).
  void redirect(Place place, Groups& live, ByResult& out, const Role& role) {
    const Term& term = tree_.term(place);
    count_term(place, live);
    if (term.is_personal || (term.leads_to == kNone && !term.is_nowhere)) {
      reach_.is_uncertain = true;
      return;
    }
    if (term.is_nowhere) return fail(live);
    ByResult inside = walk(term.leads_to, std::move(live), role);
    fail(of(inside, Result::none));
    live.clear();
    for (const Result result : {Result::pass, Result::fail, Result::softfail, Result::neutral})
      add_to(of(out, result), std::move(of(inside, result)));
  }

  void fail(Groups& groups) {
    for (const Group& group : groups) reach_.results[static_cast<std::size_t>(Result::permerror)].add(group.clients);
    groups.clear();
  }

  // Counts a DNS term for the clients, and takes out those that are beyond the limit (RFC 7208 §4.6.4).
  void count_term(Place place, Groups& live) {
    count(&Group::lookups, limits_.dns_terms, live, {place, reach_.lookups, reach_.over_terms, reach_.term_over});
  }
  void count_void(Place place, Groups& live) {
    count(&Group::voids, limits_.void_lookups, live, {place, reach_.voids, reach_.over_voids, reach_.void_over});
  }

  struct Count {
    Place place;                  // of the term that counts
    int& most;                    // of a client
    Networks& over;               // the clients beyond the limit
    std::optional<Place>& first;  // the term that was the first beyond it
  };
  static void count(int Group::*counter, int limit, Groups& live, const Count& count) {
    for (Group& group : live) {
      count.most = std::max(count.most, ++(group.*counter));
      if (group.*counter <= limit) continue;
      count.over.add(group.clients);
      if (!count.first) count.first = count.place;
    }
    std::erase_if(live, [&](const Group& group) { return group.*counter > limit; });
  }

  bool spend(const Groups& live) {
    std::size_t steps = 0;
    for (const Group& group : live) steps += 1 + group.clients.intervals().size();
    if (work_.spend(steps)) return true;
    reach_.is_cut_off = true;
    return false;
  }

  const Tree& tree_;
  Family family_;
  const spf::Limits& limits_;
  Work& work_;
  Malformed malformed_;
  Reach reach_;
};

class LoopSearch {
 public:
  explicit LoopSearch(const Tree& tree) : tree_(tree), states_(tree.records.size()) {}

  std::vector<Loop> run() {
    search(0);
    return std::move(loops_);
  }

 private:
  enum class State : std::uint8_t { unseen, open, done };

  void search(std::size_t number) {
    states_[number] = State::open;
    const Record& record = tree_.records[number];
    for (std::size_t i = 0; i < record.terms.size(); ++i) {
      const std::size_t next = record.terms[i].leads_to;
      if (next == kNone) continue;
      if (states_[next] == State::open) loops_.push_back({{number, i}, next});
      if (states_[next] == State::unseen) search(next);
    }
    states_[number] = State::done;
  }

  const Tree& tree_;
  std::vector<State> states_;
  std::vector<Loop> loops_;
};

class LongestPath {
 public:
  explicit LongestPath(const Tree& tree) : tree_(tree), known_(tree.records.size(), kUnknown) {}

  int of(std::size_t number) {
    if (known_[number] == kOpen) return 0;  // a loop
    if (known_[number] != kUnknown) return known_[number];
    known_[number] = kOpen;
    const Record& record = tree_.records[number];
    int sum = 0;
    for (std::size_t i = 0; i < record.terms.size() && i <= record.all; ++i) {
      const Term& term = record.terms[i];
      if (!term.asks_dns() || (term.is_redirect() && i != record.redirect)) continue;
      sum += 1 + (term.leads_to == kNone ? 0 : of(term.leads_to));
      sum = std::min(sum, kMost);
    }
    // The redirect comes last, wherever it is (RFC 7208 §6.1).
    return known_[number] = sum;
  }

 private:
  static constexpr int kUnknown = -1;
  static constexpr int kOpen = -2;
  static constexpr int kMost = 100'000;

  const Tree& tree_;
  std::vector<int> known_;
};

}  // namespace

bool lets_nobody_pass(const Reach& reach) {
  const bool is_known = !reach.is_uncertain && !reach.is_cut_off && reach.over_terms.empty() && reach.over_voids.empty() &&
                        reach.of(spf::Result::permerror).empty();
  return is_known && reach.of(spf::Result::pass).empty();
}

Reach reach_of(const Tree& tree, Family family, const spf::Limits& limits, Work& work, Malformed malformed) {
  return Walker(tree, family, limits, work, malformed).run();
}

std::vector<Loop> loops_of(const Tree& tree) { return LoopSearch(tree).run(); }

int terms_of_longest_path(const Tree& tree, std::size_t record) { return LongestPath(tree).of(record); }

}  // namespace lint
