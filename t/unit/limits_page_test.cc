// The entries of spfd-limits(7) about the limits of RFC 7208 §4.6.4, sentence by sentence, each with a check that the evaluator
// does what it says. A change of such a rule changes the sentence, its row here and the evaluator.
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "t/support/evaluate.h"
#include "t/support/single.h"

namespace {

using spf::Result;
using support::World;

struct Sentence {
  std::string_view words;
  std::function<bool()> holds;
};

// Returns the verdict for 192.0.2.1. `voids`: the limit of void lookups.
spf::Verdict check(const World& world, int voids = 2) {
  spf::Settings settings;
  settings.limits.void_lookups = voids;
  const spf::Query query = support::mailfrom_query(*base::IpAddress::parse("192.0.2.1"), "user@example.com", "mail.example.com");
  return support::run(query, world, settings).verdict;
}
World with(std::string record) { return World().txt("example.com", std::move(record)); }

// Returns a record with the terms "a:h0.example", "a:h1.example" and so on.
std::string record_of(int terms) {
  std::string out = "v=spf1";
  for (int i = 0; i < terms; ++i) out += fmt::format(" a:h{}.example", i);
  return out + " -all";
}
// h0.example and so on, as MX hosts of the domain or as names of the client; only the last one has its address.
World with_hosts(int hosts) {
  World world = with("v=spf1 mx -all");
  for (int i = 0; i < hosts; ++i) world.mx("example.com", fmt::format("h{}.example", i));
  for (int i = 0; i < hosts; ++i) world.a(fmt::format("h{}.example", i), i == hosts - 1 ? "192.0.2.1" : "198.51.100.1");
  return world;
}
World with_names(int names) {
  World world = with("v=spf1 ptr:below.example -all");
  for (int i = 0; i < names; ++i) world.ptr("192.0.2.1", fmt::format("h{}.below.example", i));
  return world.a(fmt::format("h{}.below.example", names - 1), "192.0.2.1");
}

const std::vector<Sentence> kDnsTerms = {
    {"include, a, mx, ptr, exists and redirect: 10 per check.",
     [] {
       const World all =
           with("v=spf1 include:i.example a mx ptr exists:x.example redirect=i.example").txt("i.example", "v=spf1 ?all");
       return check(all, 100).lookups == 6 && check(with(record_of(10)), 100).result == Result::fail;
     }},
    {"The 11th is permerror, before DNS is asked.",
     [] {
       const spf::Verdict verdict = check(with(record_of(11)).failure("h10.example", dns::Type::a), 100);
       return verdict.result == Result::permerror && verdict.lookups == 11;
     }},
    {"A term counts each time that it is evaluated; redirect counts only if it is followed; exp and %{p} never count.",
     [] {
       const World twice = with("v=spf1 include:i.example include:i.example -all").txt("i.example", "v=spf1 a:h.example");
       return check(twice).lookups == 4 && check(with("v=spf1 ip4:192.0.2.1 redirect=i.example")).lookups == 0 &&
              check(with("v=spf1 -all exp=%{p}.example")).lookups == 0;
     }},
};
const std::vector<Sentence> kVoidLookups = {
    {"More than 2 are permerror",
     [] { return check(with(record_of(2))).result == Result::fail && check(with(record_of(3))).result == Result::permerror; }},
    {"Each term counts at most once, for its own DNS question (A or AAAA, MX, PTR, the A of exists); lookups of the addresses of "
     "MX "
     "and PTR hosts do not count.",
     [] {
       const World missing = with("v=spf1 mx -all").mx("example.com", "h0.example").mx("example.com", "h1.example");
       return check(with("v=spf1 a mx ptr exists:x.example -all"), 100).void_lookups == 4 &&
              check(missing, 100).void_lookups == 0 && check(with_names(10), 100).void_lookups == 0;
     }},
};
const std::vector<Sentence> kMx = {
    {"More than 10 hosts are permerror, even if one of them would match.",
     [] { return check(with_hosts(11)).result == Result::permerror; }},
    {"Otherwise the mx matches if any host matches.",
     [] {
       return check(with_hosts(10)).result == Result::pass &&
              check(with_hosts(10).failure("h0.example", dns::Type::a)).result == Result::pass;
     }},
    {"If no host matches, an error in the lookup of a host gives temperror; without an error, the mx does not match.",
     [] {
       const World other = with("v=spf1 mx -all").mx("example.com", "h0.example").a("h0.example", "198.51.100.1");
       World failing = other;
       failing.mx("example.com", "h1.example").failure("h1.example", dns::Type::a);
       return check(failing).result == Result::temperror && check(other).result == Result::fail;
     }},
};
const std::vector<Sentence> kPtr = {
    {"The first 10 names are used; further names are ignored.",
     [] { return check(with_names(10)).result == Result::pass && check(with_names(11)).result == Result::fail; }},
    {"A DNS error means no match.",
     [] {
       return check(with("v=spf1 ptr -all").failure("1.2.0.192.in-addr.arpa", dns::Type::ptr)).result == Result::fail &&
              check(with_names(1).failure("h0.below.example", dns::Type::a)).result == Result::fail;
     }},
    {"A validated name matches if it is the target name or lies below it.",
     [] {
       World named = with("v=spf1 ptr:a.example -all").ptr("192.0.2.1", "a.example").a("a.example", "192.0.2.1");
       World above = with("v=spf1 ptr:b.a.example -all").ptr("192.0.2.1", "a.example").a("a.example", "192.0.2.1");
       return check(named).result == Result::pass && check(with_names(1)).result == Result::pass &&
              check(above).result == Result::fail;
     }},
};

// Returns the text of an entry of the page, without the lines of macros.
std::string entry(const std::string& tag) {
  std::ifstream page("man/spfd-limits.7");
  std::string out;
  std::string line;
  while (std::getline(page, line) && line != ".It " + tag) {}
  while (std::getline(page, line) && !line.starts_with(".It ") && !line.starts_with(".El")) {
    if (!line.starts_with('.')) out += (out.empty() ? "" : " ") + line;
  }
  return out;
}

void compare(const std::string& tag, const std::vector<Sentence>& sentences) {
  std::string words;
  for (const Sentence& sentence : sentences) {
    CAPTURE(sentence.words);
    CHECK(sentence.holds());
    words += (words.empty() ? "" : " ") + std::string(sentence.words);
  }
  CHECK(entry(tag) == words);
}

TEST_CASE(
    "RFC 7208 §4.6.4: each sentence of spfd-limits(7) about DNS terms, void lookups, mx and ptr is what the evaluator does") {
  compare("DNS terms", kDnsTerms);
  compare("void lookups", kVoidLookups);
  compare("mx", kMx);
  compare("ptr", kPtr);
}

}  // namespace
