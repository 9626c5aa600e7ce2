// Explanations of verdicts in random worlds: the change that one shows is tried, and the sequential evaluator is asked about each
// address at which something could change.
//
// The variables LINT_ROUNDS and SEED set the number of worlds and the first seed. A failure prints its world.
#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "common/lint/why.h"
#include "t/model/lint_world.h"
#include "t/model/model.h"
#include "t/model/random_zone.h"
#include "t/model/rounds.h"
#include "t/support/known_answers.h"
#include "t/support/single.h"

namespace {

using lint_world::check;
using lint_world::domain;
using lint_world::Examination;
using lint_world::random_world;
using lint_world::witnesses;
using model::from_environment;
using model::kLeastCounted;
using model::kLintRounds;
using spf::Result;

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

TEST_CASE(
    "a change in an explanation lets the client pass and affects no other sender; no network is nearer than the one shown") {
  const std::uint64_t rounds = from_environment("LINT_ROUNDS", kLintRounds);
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
