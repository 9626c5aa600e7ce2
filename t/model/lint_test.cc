// Examinations of random worlds, compared with a brute-force examiner: the sequential evaluator, asked about each address at
// which something could change.
//
// The variables LINT_ROUNDS and SEED set the number of worlds and the first seed. A failure prints its world.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "common/lint/comparison.h"
#include "common/lint/lint.h"
#include "common/lint/reach.h"
#include "common/lint/why.h"
#include "t/model/model.h"
#include "t/model/random_zone.h"
#include "t/support/known_answers.h"
#include "t/support/sanitized.h"
#include "t/support/single.h"

namespace {

using lint::Family;
using spf::Result;

constexpr std::uint64_t kRounds = support::kIsSanitized ? 200 : 1000;
// Fewer worlds say nothing about how often a finding occurs.
constexpr std::uint64_t kLeastCounted = 1000;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// ---- worlds --------------------------------------------------------------------------------------------------------------

std::string domain(std::size_t number) { return fmt::format("n{}.example", number); }

std::string random_network(model::Random& random, bool is_ip6) {
  if (is_ip6) {
    const std::vector<std::string> lengths = {"", "/128", "/127", "/126", "/64", "/48", "/0"};
    return fmt::format("ip6:2001:dba::{}{}", random.below(6), random.chance(97) ? lengths[random.below(6)] : lengths.back());
  }
  const std::vector<std::string> lengths = {"", "/32", "/31", "/30", "/29", "/24", "/23", "/1", "/0"};
  return fmt::format("ip4:198.18.{}.{}{}", random.below(2), random.below(10),
                     random.chance(96) ? lengths[random.below(7)] : lengths[7 + random.below(2)]);
}

// A record without syntax errors and without macros.
std::string random_record(model::Random& random, std::size_t terms, std::size_t number) {
  const std::vector<std::string> qualifiers = {"", "", "", "-", "~", "?"};
  const std::vector<std::string> lengths = {"", "", "/31", "/30//126", "//127", "/0"};
  // Usually to a later domain, so that loops do not hide the other faults.
  const auto target = [&] { return domain(random.chance(97) ? number + 1 + random.below(6 - number) : random.below(7)); };
  std::string record = "v=spf1";
  for (std::size_t i = 0; i < terms; ++i) {
    record += ' ' + random.pick(qualifiers);
    switch (random.below(10)) {
      case 0:
      case 1: record += "include:" + target(); break;
      case 2:
        record += fmt::format("a:h{}.example{}", random.below(7), random.chance(95) ? lengths[random.below(5)] : lengths.back());
        break;
      case 3: record += fmt::format("mx:m{}.example{}", random.below(4), lengths[random.below(5)]); break;
      case 4: record += random.chance(80) ? "a" : random.chance(30) ? "exists:h0.example" : "exists:h6.example"; break;
      default: record += random_network(random, random.chance(30)); break;
    }
  }
  if (random.chance(10)) return record;
  if (random.chance(15)) return record + " redirect=" + target();
  return record + ' ' + random.pick(std::vector<std::string>{"-all", "-all", "~all", "?all", "all"});
}

model::Zone random_world(model::Random& random) {
  model::Zone zone;
  const auto add = [&](const std::string& name, dns::Type type) -> dns::Answer& {
    dns::Answer& answer = zone.at(name)[type];
    answer.ttl = 300;
    return answer;
  };
  const std::size_t most = random.pick(std::vector<std::size_t>{3, 6, 12});
  for (std::size_t i = 0; i < 6; ++i) {  // n6 has no record
    if (random.chance(8)) continue;
    add(domain(i), dns::Type::txt).texts.push_back(random_record(random, random.below(most), i));
    if (random.chance(3)) add(domain(i), dns::Type::txt).texts.push_back("v=spf1 -all");
    if (random.chance(60))
      add(domain(i), dns::Type::a).addresses.push_back(base::IpAddress::v4({198, 18, 0, static_cast<std::uint8_t>(i)}));
  }
  for (std::size_t i = 0; i < 6; ++i) {  // h6 does not exist
    const std::string name = fmt::format("h{}.example", i);
    const auto last = static_cast<std::uint8_t>(random.below(10));
    if (i == 0 || random.chance(80)) add(name, dns::Type::a).addresses.push_back(base::IpAddress::v4({198, 18, 0, last}));
    if (random.chance(60))
      add(name, dns::Type::aaaa).addresses.push_back(*base::IpAddress::parse(fmt::format("2001:dba::{}", last % 6)));
  }
  for (std::size_t i = 0; i < 3; ++i) {  // m3 does not exist
    const std::size_t hosts = random.chance(5) ? 11 : random.below(4);
    for (std::size_t host = 0; host < hosts; ++host)
      add(fmt::format("m{}.example", i), dns::Type::mx).names.push_back(fmt::format("h{}.example", random.below(7)));
  }
  return zone;
}

// ---- the brute-force examiner --------------------------------------------------------------------------------------------

// The addresses of all networks that the world names: first, last, their neighbours, and one in the middle.
std::vector<base::IpAddress> witnesses(const lint::Tree& tree) {
  std::vector<base::IpAddress> out;
  for (const Family family : lint::kFamilies) {
    std::set<std::pair<std::uint64_t, std::uint64_t>> numbers;
    const auto add = [&](lint::Number number) { numbers.emplace(number.high, number.low); };
    const lint::Interval whole = lint::Networks::whole(family).intervals().front();
    const auto add_interval = [&](const lint::Interval& interval) {
      add(interval.first);
      add(interval.last);
      add({interval.first.high, interval.first.low + (interval.last.low - interval.first.low) / 2});
      if (interval.first != whole.first) add(interval.first.previous());
      if (interval.last != whole.last) add(interval.last.next());
    };
    add_interval(whole);
    for (const lint::Record& record : tree.records) {
      for (const lint::Term& term : record.terms) {
        for (const lint::Interval& interval : term.networks[family].intervals()) add_interval(interval);
      }
    }
    for (const auto& [high, low] : numbers) {
      const base::IpAddress address = lint::address_of({high, low}, family);
      if (address.is_v4() == (family == Family::ipv4)) out.push_back(address);
    }
  }
  return out;
}

model::Verdict check(const model::Zone& zone, const base::IpAddress& client) {
  return model::check_host(support::mailfrom_query(client, "u@" + domain(0), "helo.example"), {}, {},
                           [&zone](const dns::Question& question) { return zone.answer(question); });
}

struct Examination {
  lint::Report report;

  explicit Examination(const model::Zone& zone) {
    support::KnownAnswers known;
    for (;;) {
      const spf::Needs needs = lint::examine({.domain = *dns::Name::parse(domain(0))}, known, report);
      if (needs.empty()) return;
      for (const dns::Question& question : needs.needed) known.add(question, zone.answer(question));
    }
  }
  [[nodiscard]] const lint::Finding* find(std::string_view id) const {
    const auto found = std::ranges::find(report.findings, id, [](const lint::Finding& finding) { return finding.kind->id; });
    return found == report.findings.end() ? nullptr : &*found;
  }
};

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
  const std::uint64_t rounds = from_environment("LINT_ROUNDS", kRounds) / 4;
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
  const std::uint64_t rounds = from_environment("LINT_ROUNDS", kRounds);
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

// ---- explanations ----------------------------------------------------------------------------------------------------------

// Gives the client a name: of the domain, of a provider, of a forwarder, or none.
void name_client(model::Random& random, const base::IpAddress& client, model::Zone& zone) {
  const std::string name =
      random.pick(std::vector<std::string>{"mail.n0.example", "out.provider.example", "mx.other.example", "nobody.example"});
  const dns::Type type = client.is_v4() ? dns::Type::a : dns::Type::aaaa;
  zone.at(client.reverse_name())[dns::Type::ptr].names = {name};
  if (name != "nobody.example") zone.at(name)[type].addresses = {client};
  zone.at("other.example")[dns::Type::mx].names = {"mx.other.example"};
  zone.at("_spf.provider.example")[dns::Type::txt].texts = {
      fmt::format("v=spf1 {}:{}/{} -all", client.is_v4() ? "ip4" : "ip6", client.text(), client.bits() - 2)};
}

lint::Why explain(const model::Zone& zone, const base::IpAddress& client) {
  support::KnownAnswers known;
  lint::Why why;
  for (;;) {
    const spf::Query query = support::mailfrom_query(client, "u@" + domain(0), "helo.example");
    const spf::Needs needs = lint::explain(query, {}, lint::kWhyLimits, known, why);
    if (needs.empty()) return why;
    for (const dns::Question& question : needs.needed) known.add(question, zone.answer(question));
  }
}

// Returns the term that the change adds.
std::string added_term(const std::string& before, const std::string& after) {
  const auto old_terms = spf::read_terms(before);
  const auto new_terms = spf::read_terms(after);
  REQUIRE(new_terms.size() == old_terms.size() + 1);
  std::size_t at = 0;
  while (at < old_terms.size() && old_terms[at].text == new_terms[at].text) ++at;
  for (std::size_t i = at; i < old_terms.size(); ++i) REQUIRE(old_terms[i].text == new_terms[i + 1].text);
  return new_terms[at].text;
}

std::uint64_t distance(const base::IpAddress& a, const base::IpAddress& b) {
  const lint::Number from = std::min(lint::number_of(a), lint::number_of(b));
  const lint::Number to = std::max(lint::number_of(a), lint::number_of(b));
  const std::uint64_t high = to.high - from.high - (to.low < from.low ? 1U : 0U);
  return high != 0 ? UINT64_MAX : to.low - from.low;
}

// Returns the record without the terms that lead to no address, if others than "all" remain; else an empty text.
std::string without_dead_terms(const model::Zone& zone, const std::string& record) {
  const auto has = [&](const std::string& name, dns::Type type) {
    return !zone.answer({*dns::Name::parse(name), type}).addresses.empty();
  };
  std::string out = "v=spf1";
  bool names_client = false;
  for (const spf::Term& term : spf::read_terms(record)) {
    const std::string text = term.text.substr(term.text.find_first_not_of("+-~?"));
    const std::size_t colon = text.find(':');
    const std::string mechanism = text.substr(0, std::min(colon, text.find('/')));
    const std::string target = colon == std::string::npos ? domain(0) : text.substr(colon + 1, text.find('/', colon) - colon - 1);
    std::vector<std::string> names = {target};
    if (mechanism == "mx") names = zone.answer({*dns::Name::parse(target), dns::Type::mx}).names;
    const bool leads_to_address = mechanism == "a" || mechanism == "mx" || mechanism == "exists";
    const auto has_address = [&](const std::string& name) {
      return has(name, dns::Type::a) || (mechanism != "exists" && has(name, dns::Type::aaaa));
    };
    if (leads_to_address && std::ranges::none_of(names, has_address)) continue;
    names_client = names_client || text != "all";
    out += ' ' + std::string(term.text);
  }
  return names_client ? out : std::string();
}

// Checks that a record whose void lookups are an error cannot be repaired by leaving out the terms that lead to no address.
void check_no_repair_of_voids(const model::Zone& zone, const std::vector<base::IpAddress>& clients,
                              const base::IpAddress& client) {
  const std::vector<std::string> texts = zone.answer({*dns::Name::parse(domain(0)), dns::Type::txt}).texts;
  if (texts.size() != 1 || check(zone, client).void_lookups <= 2) return;
  const std::string record = without_dead_terms(zone, texts.front());
  if (record.empty()) return;
  model::Zone changed = zone;
  changed.at(domain(0))[dns::Type::txt].texts = {record};
  // A change that lets another client exceed the limit of DNS terms is not proposed.
  if (std::ranges::any_of(clients, [&](const base::IpAddress& other) { return check(changed, other).lookups > 10; })) return;
  CAPTURE(record);
  CHECK(spf::result_name(check(changed, client).result) == "permerror");
}

// Checks that a repair gives the client a result, and that no client loses its pass. Returns the kind of the repair.
std::string check_repair(const model::Zone& zone, const std::vector<base::IpAddress>& clients, const base::IpAddress& client,
                         Result now, const lint::Why& why) {
  if (!why.change) {
    check_no_repair_of_voids(zone, clients, client);
    return "no repair";
  }
  model::Zone changed = zone;
  dns::Answer& answer = changed.at(why.change->name)[dns::Type::txt];
  answer = {};
  answer.ttl = 300;
  answer.texts = {why.change->record};
  const std::string text = why.change->name + ": " + why.change->record;
  CAPTURE(text);
  const model::Verdict verdict = check(changed, client);
  CHECK(spf::result_name(verdict.result) != "permerror");
  CHECK(spf::result_name(verdict.result) != "none");
  CHECK(verdict.lookups <= why.change->lookups);
  CHECK(why.change->lookups <= 10);
  for (const base::IpAddress& other : clients) {
    CAPTURE(other.text());
    if (check(zone, other).result == Result::pass) CHECK(spf::result_name(check(changed, other).result) == "pass");
  }
  return now == Result::none ? "first record" : "repair";
}

// Compares an explanation with the results of the sequential evaluator for each witness before and after the change. Returns the
// kind of the change.
std::string check_explanation(const model::Zone& zone, const std::vector<base::IpAddress>& clients,
                              const base::IpAddress& client) {
  const lint::Why why = explain(zone, client);
  const Result now = check(zone, client).result;
  const bool is_refused = now == Result::fail || now == Result::softfail || now == Result::neutral;
  if (!is_refused) {
    CHECK_FALSE(why.nearest);
    if (!zone.names().contains(domain(0))) {
      CHECK_FALSE(why.change);
      return "no such name";
    }
    return now == Result::permerror || now == Result::none ? check_repair(zone, clients, client, now, why) : "";
  }
  std::optional<std::uint64_t> nearest;
  for (const base::IpAddress& other : clients) {
    if (other.is_v4() == client.is_v4() && check(zone, other).result == Result::pass)
      nearest = std::min(nearest.value_or(UINT64_MAX), distance(client, other));
  }
  REQUIRE(why.nearest.has_value() == nearest.has_value());
  if (nearest) CHECK(why.nearest->distance.value_or(UINT64_MAX) == (*nearest < (1ULL << 53) ? *nearest : UINT64_MAX));
  if (!why.change) return why.forwarder_of.empty() ? "none" : "forwarder";

  model::Zone changed = zone;
  std::string& record = changed.at(domain(0))[dns::Type::txt].texts.front();
  const std::string term = added_term(record, why.change->record);
  record = why.change->record;
  CAPTURE(term);
  CHECK(spf::result_name(check(changed, client).result) == "pass");
  CHECK(why.change->lookups <= 10);
  for (const base::IpAddress& other : clients) {
    CAPTURE(other.text());
    const model::Verdict before = check(zone, other);
    const model::Verdict after = check(changed, other);
    CHECK(after.lookups <= std::max(why.change->lookups, before.lookups));
    if (before.result == Result::pass) CHECK(spf::result_name(after.result) == "pass");
    if (before.result != Result::permerror) CHECK(spf::result_name(after.result) != "permerror");
    if (before.result == Result::pass || after.result != Result::pass) continue;
    const int wide = client.bits() - (term.starts_with("include:") ? 2 : 0);
    CHECK(other.in_prefix(client, wide));
  }
  return term.substr(0, term.find(':'));
}

TEST_CASE("a change that an explanation shows lets the client pass and harms nobody; the nearest network is the nearest") {
  const std::uint64_t rounds = from_environment("LINT_ROUNDS", kRounds);
  const std::uint64_t first = from_environment("SEED", 1);
  std::map<std::string, std::uint64_t> counts;
  for (std::uint64_t seed = first; seed < first + rounds; ++seed) {
    model::Random random(seed + 1'000'000);
    model::Zone zone = random_world(random);
    std::vector<base::IpAddress> clients = witnesses(Examination(zone).report.tree);
    const base::IpAddress client = random.pick(clients);
    name_client(random, client, zone);
    // Most domains without a record exist.
    if (!zone.names().contains(domain(0)) && random.chance(80))
      zone.at(domain(0))[dns::Type::a].addresses = {*base::IpAddress::parse("198.18.0.1")};
    CAPTURE(seed);
    CAPTURE(client.text());
    const std::string text = zone.text();
    CAPTURE(text);
    for (const char* neighbour : {"198.18.0.1", "2001:dba::1"}) clients.push_back(*base::IpAddress::parse(neighbour));
    ++counts[check_explanation(zone, clients, client)];
  }
  if (rounds < kLeastCounted) return;
  for (const auto& kind :
       std::vector<std::string>{"a", "ip4", "ip6", "include", "forwarder", "none", "repair", "first record", "no such name"}) {
    CAPTURE(kind);
    CHECK(counts[kind] * 200 >= rounds);
    MESSAGE(kind << ": " << counts[kind]);
  }
}

}  // namespace
