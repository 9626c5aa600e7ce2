#include "common/lint/lint.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "common/lint/findings.h"

namespace lint {

namespace {

// The longest chain of questions that wait for each other, in a check without a cache that asks all other questions in parallel.
class Rounds {
 public:
  explicit Rounds(const Tree& tree) : tree_(tree), known_(tree.records.size(), 0) {}

  int of(std::size_t number) {
    if (known_[number] != 0) return std::max(known_[number], 1);  // -1: a loop
    known_[number] = -1;
    int below = 0;
    for (const Term& term : tree_.records[number].terms) {
      if (!term.asks_dns()) continue;
      const bool asks_twice = term.is(spf::Mechanism::mx) || term.is(spf::Mechanism::ptr);
      below = std::max(below, term.leads_to != kNone ? of(term.leads_to) : asks_twice ? 2 : 1);
    }
    return known_[number] = 1 + below;
  }

 private:
  const Tree& tree_;
  std::vector<int> known_;
};

// Returns the clients that pass today. The other parts of the examination leave faulty terms out.
PerFamily<Networks> passing_clients(const Examined& examined, const Report& report) {
  PerFamily<Networks> passing;
  const bool is_malformed = std::ranges::any_of(report.tree.records, &Record::is_malformed);
  for (const Family family : kFamilies) {
    if (!is_malformed) {
      passing[family] = examined.reach[family].of(spf::Result::pass);
      continue;
    }
    Work work(examined.subject.limits.work, examined.subject.is_over);
    passing[family] = reach_of(report.tree, family, report.limits, work, Malformed::permerror).of(spf::Result::pass);
  }
  return passing;
}

void sum_up(const Examined& examined, Report& report) {
  Summary& summary = report.summary;
  for (const Family family : kFamilies) {
    const Reach& reach = examined.reach[family];
    summary.lookups[family] = reach.over_terms.empty() ? reach.lookups : std::max(reach.lookups, examined.longest_path);
    summary.voids[family] = reach.voids;
    summary.is_lower_bound = summary.is_lower_bound || reach.is_uncertain || reach.is_cut_off;
  }
  summary.octets = report.tree.root().text().size();
  const PerFamily<Networks> passing = passing_clients(examined, report);
  summary.addresses4 = passing[Family::ipv4].size();
  summary.networks6 = passing[Family::ipv6].size_in_64s();
  summary.rounds = Rounds(report.tree).of(0);
}

// Evaluates the domain's record for its own addresses, with a sample sender, and the record of its HELO name. Adds the questions
// that are open.
std::vector<OwnVerdict> check_own_addresses(const Subject& subject, spf::AnswerSource& answers, spf::Needs& needs, Tree& tree) {
  spf::Settings settings;
  settings.explains = false;
  const std::string helo(subject.helo ? subject.helo->text() : std::string_view());
  spf::Query query;
  const auto verdict = [&] {
    spf::Verdict out;
    for (dns::Question& question : spf::evaluate(query, settings, answers, out).needed) {
      if (std::ranges::find(needs.needed, question) == needs.needed.end()) needs.needed.push_back(std::move(question));
    }
    if (out.result == spf::Result::temperror)
      tree.gaps.push_back(fmt::format("the result of {}: {}", query.client.text(), out.problem));
    return out;
  };
  std::vector<OwnVerdict> out;
  for (const base::IpAddress& address : subject.own) {
    spf::set_mailfrom_query(query, address, fmt::format("postmaster@{}", subject.domain.text()), helo);
    OwnVerdict& one = out.emplace_back(OwnVerdict{.address = address, .mailfrom = verdict(), .helo = {}});
    if (!subject.helo) continue;
    spf::set_helo_query(query, address, helo);
    one.helo = verdict();
  }
  return out;
}

}  // namespace

spf::Needs examine(const Subject& subject, spf::AnswerSource& answers, Report& report) {
  report = Report();
  report.domain = subject.domain;
  spf::Needs needs = read_tree(subject, answers, report.tree);
  std::vector<OwnVerdict> own = check_own_addresses(subject, answers, needs, report.tree);
  if (!needs.empty()) return needs;

  Work comparisons(subject.limits.work, subject.is_over);
  Examined examined{
      .subject = subject, .tree = report.tree, .limits = report.limits, .work = comparisons, .reach = {}, .own = std::move(own)};
  for (const Family family : kFamilies) {
    Work walk(subject.limits.work, subject.is_over);
    examined.reach[family] = reach_of(report.tree, family, report.limits, walk, Malformed::repaired);
  }
  const bool is_cut_off = examined.reach[Family::ipv4].is_cut_off || examined.reach[Family::ipv6].is_cut_off;
  if (is_cut_off) report.tree.gaps.emplace_back("too many networks and paths: not every client was followed to the end");
  examined.longest_path = terms_of_longest_path(report.tree);
  examined.loops = loops_of(report.tree);
  sum_up(examined, report);
  examined.rounds = report.summary.rounds;
  Findings findings(report);
  examine_publication(examined, findings);
  examine_syntax(examined, findings);
  examine_budget(examined, findings);
  examine_logic(examined, findings);
  examine_coverage(examined, findings);
  examine_site(examined, findings);
  if (comparisons.is_cut_off() && !is_cut_off)
    report.tree.gaps.emplace_back("too many terms: not all of them were compared with each other");
  std::ranges::stable_sort(report.findings, std::ranges::greater{}, &Finding::severity);
  return {};
}

}  // namespace lint
