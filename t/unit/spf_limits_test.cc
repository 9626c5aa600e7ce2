// The limits of check_host() (RFC 7208 §4.6.4), and the order in which it asks questions.
#include "common/spf/evaluate.h"

#include <string>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "t/support/evaluate.h"
#include "t/support/single.h"
#include "t/unit/check_host.h"

namespace {

using check_host::from;
using check_host::result;
using check_host::result_for;
using spf::Result;
using support::run;
using support::World;

TEST_CASE("RFC 7208 §4.6.4: the 11th term that asks DNS is permerror before it is asked") {
  World world;
  std::string ten;
  for (int i = 0; i < 10; ++i) {
    ten += fmt::format(" a:h{}.example.com", i);
    world.a(fmt::format("h{}.example.com", i), "198.51.100.1");
  }
  World eleven = world;
  world.txt("example.com", "v=spf1" + ten + " -all");
  eleven.txt("example.com", "v=spf1" + ten + " a:h10.example.com -all").a("h10.example.com", "192.0.2.1");
  CHECK(result(world) == Result::fail);
  const auto over = run(from("192.0.2.1"), eleven);
  CHECK(over.verdict.result == Result::permerror);
  REQUIRE_FALSE(over.rounds.empty());
  for (const auto& round : over.rounds) {
    for (const auto& question : round) CHECK(question.name.text() != "h10.example.com");
  }
}

TEST_CASE("RFC 7208 §4.6.4: redirect counts only when it is followed") {
  World world;
  std::string ten;
  for (int i = 0; i < 10; ++i) {
    ten += fmt::format(" a:h{}.example.com", i);
    world.a(fmt::format("h{}.example.com", i), "198.51.100.1");
  }
  world.txt("example.com", "v=spf1" + ten + " ip4:192.0.2.1 redirect=other.example.com").txt("other.example.com", "v=spf1 +all");
  CHECK(result(world, "192.0.2.1") == Result::pass);
  CHECK(result(world, "192.0.2.2") == Result::permerror);
}

TEST_CASE("RFC 7208 §4.6.4: more than two void lookups are permerror; addresses of MX hosts do not count") {
  World world;
  world.txt("example.com", "v=spf1 a:a.example.com a:b.example.com -all");
  CHECK(result(world) == Result::fail);
  World three;
  three.txt("example.com", "v=spf1 a:a.example.com exists:b.example.com mx:c.example.com -all");
  CHECK(result(three) == Result::permerror);
  World hosts;
  hosts.txt("example.com", "v=spf1 mx -all")
      .mx("example.com", "a.example.com")
      .mx("example.com", "b.example.com")
      .mx("example.com", "c.example.com");
  CHECK(result(hosts) == Result::fail);
}

TEST_CASE("void lookups of IPv6 clients at IPv4-only hosts are not counted, by option") {
  World world;
  world.txt("example.com", "v=spf1 a:a.example.com a:b.example.com a:c.example.com ip6:2001:db8::/32 -all");
  for (const char* host : {"a.example.com", "b.example.com", "c.example.com"}) world.a(host, "198.51.100.1");
  CHECK(result(world, "2001:db8::1") == Result::permerror);
  spf::Settings settings;
  settings.limits.void_lookups_ipv6 = false;
  CHECK(run(from("2001:db8::1"), world, settings).verdict.result == Result::pass);
  World absent;  // a name that does not exist is still counted
  absent.txt("example.com", "v=spf1 a:a.example.com a:b.example.com a:c.example.com ip6:2001:db8::/32 -all");
  CHECK(run(from("2001:db8::1"), absent, settings).verdict.result == Result::permerror);
}

TEST_CASE("RFC 7208 §4.6.4: more than ten MX hosts are permerror, even if one matches; more than ten PTR names are ignored") {
  World world;
  world.txt("example.com", "v=spf1 mx -all");
  for (int i = 0; i < 11; ++i)
    world.mx("example.com", fmt::format("mx{}.example.com", i)).a(fmt::format("mx{}.example.com", i), "192.0.2.1");
  CHECK(result(world) == Result::permerror);
  World ptr;
  ptr.txt("example.com", "v=spf1 ptr -all");
  for (int i = 0; i < 11; ++i) ptr.ptr("192.0.2.1", fmt::format("h{}.{}", i, i == 10 ? "example.com" : "example.net"));
  ptr.a("h10.example.com", "192.0.2.1");
  CHECK(result(ptr) == Result::fail);
}

TEST_CASE("RFC 7208 §4.6.4: a ptr whose target is not a name still asks, and a void answer counts") {
  World world;
  world.txt("example.com", "v=spf1 ptr:%{l} -all");
  auto done = run(from("192.0.2.1", std::string(64, 'a') + "@example.com"), world);
  CHECK(done.verdict.result == Result::fail);
  CHECK(done.verdict.void_lookups == 1);
  CHECK(done.questions() == 2);
  done = run(from("192.0.2.1", "\xc3\xa4@example.com"), world);
  CHECK(done.verdict.void_lookups == 1);
  World many;
  many.txt("example.com", "v=spf1 ptr:%{l} ptr:%{l} ptr:%{l} -all");
  CHECK(result_for(many, std::string(64, 'a') + "@example.com") == Result::permerror);
}

TEST_CASE("six includes in a row and an mx of four hosts: three rounds, twelve questions") {
  World world;
  std::string record = "v=spf1";
  for (int i = 0; i < 6; ++i) {
    record += fmt::format(" include:i{}.example.com", i);
    world.txt(fmt::format("i{}.example.com", i), "v=spf1 ip4:198.51.100.1 -all");
  }
  world.txt("example.com", record + " mx -all");
  for (int i = 0; i < 4; ++i)
    world.mx("example.com", fmt::format("mx{}.example.com", i)).a(fmt::format("mx{}.example.com", i), "198.51.100.1");
  spf::Settings settings;
  const auto rounds = [&](spf::Prefetch prefetch) {
    settings.prefetch = prefetch;
    const auto done = run(from("192.0.2.1"), world, settings);
    CHECK(done.verdict.result == Result::fail);
    CHECK(done.questions() == 12);
    return done.rounds.size();
  };
  CHECK(rounds(spf::Prefetch::all) == 3);
  CHECK(rounds(spf::Prefetch::records) == 4);
  CHECK(rounds(spf::Prefetch::off) == 9);  // all hosts of an mx are asked at once
}

TEST_CASE("six nested includes: seven rounds") {
  World world;
  for (int i = 0; i < 6; ++i)
    world.txt(i == 0 ? "example.com" : fmt::format("i{}.example.com", i),
              fmt::format("v=spf1 include:i{}.example.com -all", i + 1));
  world.txt("i6.example.com", "v=spf1 ip4:192.0.2.1 -all");
  const auto done = run(from("192.0.2.1"), world);
  CHECK(done.verdict.result == Result::pass);
  CHECK(done.rounds.size() == 7);
}

TEST_CASE("no ptr and no question with personal data is asked before its turn") {
  World world;
  world.txt(
      "example.com",
      "v=spf1 a:first.example.com exists:%{l}.x.example.com ptr include:%{i}.y.example.com include:%{d2}.z.example.com -all");
  spf::Settings settings;
  class Nothing : public spf::AnswerSource {
   public:
    explicit Nothing(const World& from) : record_(from.answer({*dns::Name::parse("example.com"), dns::Type::txt})) {}
    const spf::KnownAnswer* find(const dns::Question& question) override {
      return question.name.text() == "example.com" && question.type == dns::Type::txt ? &record_ : nullptr;
    }

   private:
    spf::KnownAnswer record_;
  } answers(world);
  const auto evaluation = support::evaluate(from("192.0.2.1"), settings, answers);
  REQUIRE_FALSE(evaluation.verdict.has_value());
  REQUIRE(evaluation.needs.needed.size() == 1);
  CHECK(evaluation.needs.needed[0].name.text() == "first.example.com");
  REQUIRE(evaluation.needs.wanted.size() == 1);
  CHECK(evaluation.needs.wanted[0].name.text() == "example.com.z.example.com");
}

TEST_CASE("%{d} is personal too in the record of a domain that a personal macro led to") {
  World world;
  world.txt("example.com", "v=spf1 include:%{l}.example.com -all");
  world.txt("user.example.com", "v=spf1 a:first.example.com a mx:%{d}.x.example.com a:second.example.com");
  const auto done = support::run(from("192.0.2.1"), world);
  REQUIRE(done.rounds.size() == 5);
  REQUIRE(done.rounds[2].size() == 2);
  CHECK(done.rounds[2][0].name.text() == "first.example.com");
  CHECK(done.rounds[2][1].name.text() == "second.example.com");
  REQUIRE(done.rounds[3].size() == 1);  // and not the mx
  CHECK(done.rounds[3][0].name.text() == "user.example.com");
}

}  // namespace
