// Findings about what a record names and how it is published (P04, P07, B05, K05 to K11), compared with a plain examiner: it
// follows the sequential evaluator from record to record, and reads the records with the model's own parser.
//
// Not modelled, since they depend on nothing but one value: sizes, counts and times of an answer (P08, P09, P10, P14), texts that
// are nearly records (P01 to P03, P05, P06, P15, P16) and what servers answer (P11, P12, P13).
//
// The variables LINT_ROUNDS and SEED set the number of worlds and the first seed. A failure prints its world.
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "common/lint/known_networks.h"
#include "common/lint/lint.h"
#include "t/model/model.h"
#include "t/model/random_zone.h"
#include "t/model/record.h"
#include "t/model/rounds.h"
#include "t/support/known_answers.h"
#include "t/support/single.h"

namespace {

using model::from_environment;
using model::kLeastCounted;
using model::kLintRounds;

constexpr std::string_view kRoot = "n0.example";
constexpr std::string_view kOwn = "198.18.0.2";

const std::vector<std::string> kCloud = {"198.18.40.0/24", "198.18.44.0/22", "2001:dba:4::/48"};
const std::vector<std::string> kSpecial = {"10.0.0.0/8", "192.168.0.0/16", "fe80::/10"};

struct World {
  model::Zone zone;
  std::size_t ptr_names = 0;
};

dns::Answer& add(World& world, const std::string& name, dns::Type type) {
  dns::Answer& answer = world.zone.at(name)[type];
  answer.ttl = 300;
  return answer;
}

std::string random_term(model::Random& random, bool is_root) {
  const std::vector<std::string> networks = {
      "ip4:198.18.40.7",    "ip4:198.18.40.0/23", "ip4:198.18.0.0/16",  "ip4:198.18.44.0/24",   "ip4:198.18.1.0/24",
      "ip4:10.1.2.3",       "ip4:10.0.0.0/7",     "ip4:192.168.0.0/16", "ip6:2001:dba:4::1",    "ip6:2001:dba::/32",
      "ip6:fe80::1",        "ip6:2001:dbb::/48",  "ip4:198.18.41.0/24", "ip4:198.18.40.128/25", "a:h0.one.example",
      "a:h1.two.example",   "a:h2.three.example", "mx:m.four.example",  "a:h0.one.example",     "a:h1.two.example",
      "a:h2.three.example", "a:h0.one.example",   "a:h1.two.example",   "a:h2.three.example"};
  const std::vector<std::string> others = {"include:plat.example",
                                           "include:_spf.plat.example",
                                           "include:n1.example",
                                           "include:n2.example",
                                           "exists:h0.one.example",
                                           "exists:none.example",
                                           "exists:%{i}.wild.example",
                                           "exists:%{i}.tame.example",
                                           "exists:%{s}.x.third.example",
                                           "exists:%{h}.x.n0.example",
                                           "ptr",
                                           "a:%{l}.third.example"};
  const std::string sign = random.pick(std::vector<std::string>{"", "", "", "+", "-", "~", "?"});
  return sign + (is_root && random.chance(40) ? random.pick(others) : random.pick(networks));
}

std::string random_record(model::Random& random, bool is_root) {
  std::string record = "v=spf1";
  // K11 if they share an address.
  if (is_root && random.chance(10)) record += " a:h0.one.example a:h1.two.example a:h2.three.example";
  for (std::size_t i = 0; i < 1 + random.below(5); ++i) record += ' ' + random_term(random, is_root);
  if (is_root && random.chance(10)) return record + " redirect=" + (random.chance(50) ? "n1.example" : "_spf.plat.example");
  return record + (random.chance(80) ? " -all" : " ~all");
}

World random_world(model::Random& random) {
  World world;
  dns::Answer& root = add(world, std::string(kRoot), dns::Type::txt);
  root.texts.push_back(random_record(random, true));
  if (random.chance(50)) {
    const std::size_t at = 1 + random.below(root.texts.front().size() - 1);
    root.borders.make().push_back({0, static_cast<std::uint16_t>(at)});
  }
  if (random.chance(30))
    add(world, std::string(kRoot), dns::Type::spf).texts.push_back(random.chance(70) ? "V=spf1 -all" : "v spf1 -all");
  for (const char* name : {"n1.example", "n2.example", "plat.example", "_spf.plat.example"})
    add(world, name, dns::Type::txt).texts.push_back(random_record(random, false));
  // Some of the hosts share an address.
  const auto host = [&] { return *base::IpAddress::parse(fmt::format("198.18.{}.9", random.chance(80) ? 3 : random.below(60))); };
  for (const char* name : {"h0.one.example", "h1.two.example", "h2.three.example", "m.four.example"})
    add(world, name, dns::Type::a).addresses.push_back(host());
  add(world, "m.four.example", dns::Type::mx).names.push_back("m.four.example");
  for (const std::string& label : lint::probe_labels(0))
    add(world, label + ".wild.example", dns::Type::a).addresses.push_back(*base::IpAddress::parse("127.0.0.2"));
  world.ptr_names = 8 + random.below(5);
  const std::string reverse = base::IpAddress::parse(kOwn)->reverse_name();
  for (std::size_t i = 0; i < world.ptr_names; ++i)
    add(world, reverse, dns::Type::ptr).names.push_back(fmt::format("p{}.example", i));
  return world;
}

// ---- the plain examiner ----------------------------------------------------------------------------------------------------

model::Record parse(const World& world, const std::string& domain) {
  const dns::Answer answer = world.zone.answer({*dns::Name::parse(domain), dns::Type::txt});
  REQUIRE(answer.texts.size() == 1);
  const auto record = model::parse_record(answer.texts.front());
  REQUIRE(record);
  return *record;
}

std::string target_of(const model::Directive& directive, const std::string& domain) {
  if (!directive.target) return domain;
  return model::expand(*directive.target, [&](char letter) { return letter == 'd' ? domain : std::string("x"); });
}

bool is_personal(const model::Directive& directive) { return directive.target && model::uses(*directive.target, "slohip"); }

// The records that a check can reach.
std::set<std::string> reached(const World& world) {
  std::set<std::string> out;
  std::vector<std::string> open = {std::string(kRoot)};
  while (!open.empty()) {
    const std::string domain = open.back();
    open.pop_back();
    if (!out.insert(domain).second) continue;
    const model::Record record = parse(world, domain);
    for (const model::Directive& directive : record.directives) {
      if (directive.mechanism == "include") open.push_back(target_of(directive, domain));
    }
    if (record.redirect && !record.has_all) open.push_back(model::expand(*record.redirect, [](char) { return std::string(); }));
  }
  return out;
}

// The terms that let a client pass, from the domain's own record to the one that has the network: text and domain.
using Chain = std::vector<std::pair<std::string, std::string>>;
Chain chain_of(const World& world, const base::IpAddress& client) {
  // An examination does not know whether names with macros exist.
  spf::Limits limits;
  limits.void_lookups = 1000;
  Chain chain;
  for (std::string domain(kRoot);;) {
    const model::Verdict verdict =
        model::check_host(support::mailfrom_query(client, "u@" + domain, "helo.example"), limits, {},
                          [&world](const dns::Question& question) { return world.zone.answer(question); });
    if (verdict.result != spf::Result::pass && chain.empty()) return {};
    // Within an include, the sign of a term does not matter, but a client that comes here passes.
    REQUIRE(verdict.result == spf::Result::pass);
    chain.emplace_back(verdict.mechanism, verdict.domain);
    const auto colon = verdict.mechanism.find("include:");
    if (colon == std::string::npos) return chain;
    domain = verdict.mechanism.substr(colon + 8);
  }
}

bool is_in(const base::IpAddress& client, const std::vector<std::string>& networks) {
  return std::ranges::any_of(networks, [&](const std::string& network) {
    const auto slash = network.find('/');
    const auto address = base::IpAddress::parse(network.substr(0, slash));
    return address->is_v4() == client.is_v4() && client.in_prefix(*address, std::stoi(network.substr(slash + 1)));
  });
}

// First, last and neighbours of everything that is named anywhere.
std::vector<base::IpAddress> witnesses(const lint::Tree& tree) {
  std::set<std::string> texts;
  const auto add_interval = [&](const lint::Interval& interval, lint::Family family) {
    const lint::Interval whole = lint::Networks::whole(family).intervals().front();
    texts.insert(lint::address_of(interval.first, family).text());
    texts.insert(lint::address_of(interval.last, family).text());
    if (interval.first != whole.first) texts.insert(lint::address_of(interval.first.previous(), family).text());
    if (interval.last != whole.last) texts.insert(lint::address_of(interval.last.next(), family).text());
  };
  for (const lint::Record& record : tree.records) {
    for (const lint::Term& term : record.terms) {
      for (const lint::Family family : lint::kFamilies) {
        for (const lint::Interval& interval : term.networks[family].intervals()) add_interval(interval, family);
      }
    }
  }
  for (const auto* networks : {&kCloud, &kSpecial}) {
    for (const std::string& network : *networks) {
      const auto slash = network.find('/');
      const auto address = base::IpAddress::parse(network.substr(0, slash));
      add_interval(lint::network_of(*address, std::stoi(network.substr(slash + 1))),
                   address->is_v4() ? lint::Family::ipv4 : lint::Family::ipv6);
    }
  }
  std::vector<base::IpAddress> out;
  for (const std::string& text : texts) out.push_back(*base::IpAddress::parse(text));
  return out;
}

using Found = std::set<std::string>;  // "K06 ip4:198.18.40.7 n1.example"

std::string found(std::string_view id, std::string_view term, std::string_view domain) {
  return fmt::format("{} {} {}", id, term, domain);
}

void expect_clients(const World& world, const std::vector<base::IpAddress>& clients, Found& out) {
  for (const base::IpAddress& client : clients) {
    const Chain chain = chain_of(world, client);
    for (const auto& [term, domain] : chain) {
      const bool leads_to_platform = term.ends_with("plat.example");
      if (leads_to_platform) out.insert(found("K05", term, domain));
    }
    if (chain.empty()) continue;
    const auto& [term, domain] = chain.back();
    if (term.find("ip4:") == std::string::npos && term.find("ip6:") == std::string::npos &&
        term.find("a:") == std::string::npos && term.find("mx:") == std::string::npos)
      continue;
    if (is_in(client, kCloud)) out.insert(found("K06", term, domain));
    // The private part of a wider network is not a finding of its own.
    if (is_in(client, kSpecial) && term.find("10.0.0.0/7") == std::string::npos) out.insert(found("K08", term, domain));
  }
}

void expect_terms(const World& world, Found& out) {
  std::map<std::string, std::set<std::string>> zones_of;  // by address
  for (const std::string& domain : reached(world)) {
    const model::Record record = parse(world, domain);
    if (record.redirect && !record.has_all) {
      const std::string leads_to = model::expand(*record.redirect, [](char) { return std::string(); });
      if (leads_to.ends_with("plat.example")) out.insert(found("K05", "redirect=" + leads_to, domain));
    }
    for (const model::Directive& directive : record.directives) {
      const std::string target = target_of(directive, domain);
      const bool passes = directive.qualifier == '+';
      if (directive.mechanism == "ptr") out.insert(found("K07", directive.text, domain));
      if (directive.mechanism == "ptr" && world.ptr_names > 10) out.insert(found("B05", "", kRoot));
      const bool reveals = directive.target && model::uses(*directive.target, "slh");
      if (reveals && target.ends_with(".third.example")) out.insert(found("K09", directive.text, domain));
      const dns::Answer a = world.zone.answer({*dns::Name::parse(target), dns::Type::a});
      if (directive.mechanism == "exists" && passes && !is_personal(directive) && !a.addresses.empty())
        out.insert(found("K10", directive.text, domain));
      if (directive.mechanism == "exists" && passes && target.ends_with(".wild.example"))
        out.insert(found("K10", directive.text, domain));
      const bool names_host = directive.mechanism == "a" || directive.mechanism == "mx";
      if (!names_host || !passes || is_personal(directive)) continue;
      for (const base::IpAddress& address : a.addresses) zones_of[address.text()].insert(target.substr(target.find('.') + 1));
    }
  }
  for (const auto& [address, zones] : zones_of) {
    if (zones.size() >= 3) out.insert(found("K11", "", ""));
  }
}

void expect_published(const World& world, Found& out) {
  const auto& root = world.zone.names().at(std::string(kRoot));
  const auto old = root.find(dns::Type::spf);
  if (old != root.end() && old->second.texts.front().starts_with("V=spf1")) out.insert(found("P04", "", kRoot));
  const dns::Answer& txt = root.at(dns::Type::txt);
  if (txt.borders.get() == nullptr) return;
  const std::size_t at = txt.borders.get()->front().at;
  const std::string& text = txt.texts.front();
  const bool is_within_term = text[at - 1] != ' ' && text[at] != ' ' && at > std::string_view("v=spf1").size();
  if (is_within_term) out.insert(found("P07", "", ""));
}

TEST_CASE("findings about clients, terms and publication in random worlds are those of a plain examiner") {
  std::string file = "date 2026-11-26\nplatform plat.example customers\n";
  for (const std::string& network : kCloud) file += "network " + network + " cloud\n";
  const auto known = std::make_shared<const lint::KnownNetworks>(lint::parse_known_networks(file).value());
  const std::set<std::string> ids = {"P04", "P07", "B05", "K05", "K06", "K07", "K08", "K09", "K10", "K11"};
  const std::uint64_t rounds = from_environment("LINT_ROUNDS", kLintRounds);
  const std::uint64_t first = from_environment("SEED", 1);
  std::map<std::string, std::uint64_t> counts;
  for (std::uint64_t seed = first; seed < first + rounds; ++seed) {
    model::Random random(seed + 2'000'000);
    const World world = random_world(random);
    CAPTURE(seed);
    const std::string text = world.zone.text();
    CAPTURE(text);
    lint::Subject subject = {.domain = *dns::Name::parse(kRoot), .own = {*base::IpAddress::parse(kOwn)}};
    subject.known = known;
    support::KnownAnswers answers;
    lint::Report report;
    for (spf::Needs needs; !(needs = lint::examine(subject, answers, report)).empty();) {
      for (const dns::Question& question : needs.needed) answers.add(question, world.zone.answer(question));
    }
    if (report.count(lint::Severity::error) > 0 && std::ranges::any_of(report.findings, [](const lint::Finding& finding) {
          return finding.kind->id == "B01" || finding.kind->id == "B03";
        }))
      continue;  // the limits end checks; t/model/lint_test.cc has them
    const std::string& root = world.zone.names().at(std::string(kRoot)).at(dns::Type::txt).texts.front();
    if (std::ranges::count(root, '%') > 2) continue;  // few such worlds
    Found got;
    for (const lint::Finding& finding : report.findings) {
      if (!ids.contains(std::string(finding.kind->id))) continue;
      const bool has_place = finding.kind->id != "K11" && finding.kind->id != "P07";
      got.insert(found(finding.kind->id, has_place ? finding.term : "", has_place ? finding.record_of : ""));
      ++counts[std::string(finding.kind->id)];
    }
    Found expected;
    expect_clients(world, witnesses(report.tree), expected);
    expect_terms(world, expected);
    expect_published(world, expected);
    // After a term that matches every client, no host is looked at.
    if (root.find("exists:h0") != std::string::npos) {
      got.erase(found("K11", "", ""));
      expected.erase(found("K11", "", ""));
    }
    std::vector<std::string> differ;
    std::ranges::set_symmetric_difference(got, expected, std::back_inserter(differ));
    const std::string difference = fmt::format("{}", differ.empty() ? std::string() : differ.front());
    CAPTURE(difference);
    REQUIRE(got == expected);
  }
  if (rounds < kLeastCounted) return;
  for (const std::string& id : ids) {
    CAPTURE(id);
    // K11 needs three hosts at one address.
    CHECK(counts[id] * (id == "K11" ? 1000 : 100) >= rounds);
    MESSAGE(id << ": " << counts[id]);
  }
}

}  // namespace
