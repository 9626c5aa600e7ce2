// Examinations of random worlds, compared with a brute-force examiner: the sequential evaluator, asked about each address at
// which something could change.
//
// The variables LINT_ROUNDS and SEED set the number of worlds and the first seed. A failure prints its world.
#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "common/lint/comparison.h"
#include "common/lint/lint.h"
#include "common/lint/reach.h"
#include "t/model/lint_world.h"
#include "t/model/model.h"
#include "t/model/random_zone.h"
#include "t/model/rounds.h"
#include "t/support/known_answers.h"

namespace {

using lint::Family;
using lint_world::check;
using lint_world::domain;
using lint_world::Examination;
using lint_world::random_record;
using lint_world::random_world;
using lint_world::witnesses;
using model::from_environment;
using model::kLeastCounted;
using model::kLintRounds;
using spf::Result;

// The result that the sets have for an address.
Result result_at(const lint::Reach& reach, lint::Number number) {
  if (reach.over_terms.contains(number) || reach.over_voids.contains(number)) return Result::permerror;
  for (std::size_t i = 0; i < reach.results.size(); ++i) {
    if (reach.results[i].contains(number)) return static_cast<Result>(i);
  }
  return Result::temperror;
}

// Returns the record with another text instead of a term; empty: without the term.
std::string with_term(const std::string& record, const lint::Place& place, const std::string& text) {
  std::string out = "v=spf1";
  const auto terms = spf::read_terms(record);
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (i != place.term) out += ' ' + terms[i].text;
    if (i == place.term && !text.empty()) out += ' ' + text;
  }
  return out;
}

// Returns the term that L09 proposes instead of the first one, with its sign.
std::string merged_term(const lint::Finding& finding) {
  const std::string sign =
      finding.term.substr(0, std::string_view("+-~?").find(finding.term.front()) != std::string::npos ? 1 : 0);
  return sign + finding.fix.substr(std::string_view("Write ").size());
}

// Returns the ids that were found.
std::set<std::string> check_world(const model::Zone& zone) {
  const Examination got(zone);
  const lint::Report& report = got.report;
  REQUIRE(report.is_complete());
  const std::vector<base::IpAddress> clients = witnesses(report.tree);
  std::vector<model::Verdict> verdicts;
  for (const base::IpAddress& client : clients) verdicts.push_back(check(zone, client));

  // Results, address by address.
  lint::PerFamily<int> lookups;
  lint::PerFamily<int> voids;
  bool has_result = false;
  lint::PerFamily<lint::Reach> reach;
  const std::function<bool()> never_over;
  for (const Family family : lint::kFamilies) {
    lint::Work work(lint::Limits{}.work, never_over);
    reach[family] = lint::reach_of(report.tree, family, report.limits, work, lint::Malformed::permerror);
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const Family family = clients[i].is_v4() ? Family::ipv4 : Family::ipv6;
    CAPTURE(clients[i].text());
    REQUIRE(spf::result_name(result_at(reach[family], lint::number_of(clients[i]))) == spf::result_name(verdicts[i].result));
    lookups[family] = std::max(lookups[family], verdicts[i].lookups);
    voids[family] = std::max(voids[family], verdicts[i].void_lookups);
    const Result result = verdicts[i].result;
    has_result = has_result || (result != Result::permerror && result != Result::none);
  }
  CHECK(reach[Family::ipv4].lookups == lookups[Family::ipv4]);
  CHECK(reach[Family::ipv6].lookups == lookups[Family::ipv6]);
  CHECK(reach[Family::ipv4].voids == voids[Family::ipv4]);
  CHECK(reach[Family::ipv6].voids == voids[Family::ipv6]);

  // B.
  const int most = std::max(lookups[Family::ipv4], lookups[Family::ipv6]);
  const int most_voids = std::max(voids[Family::ipv4], voids[Family::ipv6]);
  const bool has_loop = got.find("B06") != nullptr;
  CHECK((got.find("B01") != nullptr) == (most > 10 && !has_loop));
  CHECK((got.find("B08") != nullptr) == (most > 10 && !has_loop && has_result));
  CHECK((got.find("B02") != nullptr) == (most >= 8 && most <= 10 && !has_loop));
  const lint::Finding* const void_terms = got.find("B03");
  const bool is_dead_term = void_terms != nullptr && void_terms->severity == lint::Severity::info;
  CHECK((void_terms != nullptr && !is_dead_term) == (most_voids >= 2));
  if (is_dead_term) CHECK(most_voids == 1);

  // A term without effect can be removed, and a larger network written for several: no address that had a result gets another.
  for (const lint::Finding& finding : report.findings) {
    // A repair of the order is a whole record, and that of a merge is a term.
    constexpr std::string_view kPublish = "Publish '";
    const bool is_order = finding.kind->id == "L09" && finding.fix.starts_with(kPublish);
    const bool is_merge = finding.kind->id == "L09" && finding.fix.starts_with("Write ");
    if (finding.kind->id == "L09" && !is_order && !is_merge) continue;
    const bool is_dead = finding.kind->id == "B03" && finding.severity == lint::Severity::info;
    if (!is_merge && !is_order && !is_dead && finding.kind->id != "L05" && finding.kind->id != "L06" && finding.kind->id != "L11")
      continue;
    const lint::Place place = report.tree.lines[finding.line - 1].place;
    const lint::Record& record = report.tree.records[place.record];
    model::Zone changed = zone;
    changed.at(std::string(record.domain.text()))[dns::Type::txt].texts.front() =
        is_order ? finding.fix.substr(kPublish.size(), finding.fix.size() - kPublish.size() - 1)
                 : with_term(std::string(record.text()), place, is_merge ? merged_term(finding) : std::string());
    CAPTURE(finding.message);
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (verdicts[i].result == Result::permerror) continue;
      CAPTURE(clients[i].text());
      const model::Verdict after = check(changed, clients[i]);
      REQUIRE(spf::result_name(after.result) == spf::result_name(verdicts[i].result));
      if (is_order) CHECK(after.lookups <= verdicts[i].lookups);
    }
  }
  std::set<std::string> ids;
  for (const lint::Finding& finding : report.findings) ids.emplace(finding.kind->id);
  return ids;
}

// A comparison with another record of the world lists exactly the addresses whose result changes. Returns whether any does.
bool check_change(const model::Zone& zone, const std::string& text) {
  support::KnownAnswers known;
  lint::Comparison change;
  for (spf::Needs needs = lint::compare({.domain = *dns::Name::parse(domain(0))}, text, known, change); !needs.empty();
       needs = lint::compare({.domain = *dns::Name::parse(domain(0))}, text, known, change)) {
    for (const dns::Question& question : needs.needed) known.add(question, zone.answer(question));
  }
  model::Zone changed = zone;
  changed.at(domain(0))[dns::Type::txt].texts = {text};
  for (const lint::Shift& shift : change.shifts) {
    CAPTURE(shift.witness.text());
    REQUIRE(spf::result_name(check(zone, shift.witness).result) == spf::result_name(shift.before));
    REQUIRE(spf::result_name(check(changed, shift.witness).result) == spf::result_name(shift.after));
  }
  std::vector<base::IpAddress> clients = witnesses(change.before.tree);
  for (const base::IpAddress& client : witnesses(change.after.tree)) clients.push_back(client);
  for (const base::IpAddress& client : clients) {
    const Family family = client.is_v4() ? Family::ipv4 : Family::ipv6;
    const bool is_listed = std::ranges::any_of(change.shifts, [&](const lint::Shift& shift) {
      return shift.family == family && shift.clients.contains(lint::number_of(client));
    });
    CAPTURE(client.text());
    REQUIRE(is_listed == (check(zone, client).result != check(changed, client).result));
  }
  return !change.shifts.empty();
}

TEST_CASE("comparisons of random records agree with the sequential evaluator at every address where something could change") {
  const std::uint64_t rounds = from_environment("LINT_ROUNDS", kLintRounds) / 4;
  const std::uint64_t first = from_environment("SEED", 1);
  std::uint64_t changes = 0;
  for (std::uint64_t seed = first; seed < first + rounds; ++seed) {
    model::Random random(seed);
    const model::Zone zone = random_world(random);
    const std::string text = random_record(random, random.below(8), 0);
    CAPTURE(seed);
    CAPTURE(text);
    if (check_change(zone, text)) ++changes;
  }
  CHECK(changes >= rounds / 4);
}

TEST_CASE("examinations of random worlds agree with the sequential evaluator at every address where something could change") {
  const std::uint64_t rounds = from_environment("LINT_ROUNDS", kLintRounds);
  const std::uint64_t first = from_environment("SEED", 1);
  std::map<std::string, std::uint64_t> counts;
  for (std::uint64_t seed = first; seed < first + rounds; ++seed) {
    model::Random random(seed);
    const model::Zone zone = random_world(random);
    CAPTURE(seed);
    const std::string text = zone.text();
    CAPTURE(text);
    for (const std::string& id : check_world(zone)) ++counts[id];
  }
  if (rounds < kLeastCounted) return;
  // The worlds are varied enough if each of these is found in one of five hundred.
  for (const auto& id :
       std::vector<std::string>{"B01", "B02", "B03", "B04", "B06", "B07", "B08", "L04", "L05", "L06", "L09", "K01"}) {
    CAPTURE(id);
    CHECK(counts[id] * 500 >= rounds);
    MESSAGE(id << ": " << counts[id]);
  }
}

}  // namespace
