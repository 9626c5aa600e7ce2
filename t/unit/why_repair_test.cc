// Explanations of errors, and of domains without a record: the repair, or the first record to publish.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include <fmt/core.h>

#include "t/unit/why_world.h"

namespace {

using support::World;
using why_test::bare;
using why_test::explain;
using why_test::Explained;
using why_test::with;

std::string repaired(const World& world, std::string_view client = "198.18.0.1") {
  const Explained got = explain(world, client);
  return got.why.change ? fmt::format("{}: {}", got.why.change->name, got.why.change->record) : std::string();
}

TEST_CASE("why: permerror names the term and its repair") {
  const Explained typo = explain(with("v=spf1 ipv4:198.18.0.1 -all"), "198.18.0.1");
  CHECK(
      typo.says("The record of example.com cannot be used: 'ipv4:198.18.0.1 in the record of example.com: unknown mechanism'."));
  CHECK(typo.says("To repair it: 'Write ip4:198.18.0.1'."));
  REQUIRE(typo.why.change);
  CHECK(*typo.why.change == lint::Change{"example.com", "v=spf1 ip4:198.18.0.1 -all", 0});
  CHECK(typo.says("the result for 198.18.0.1 is pass, and a check takes at most 0 of 10 DNS terms."));
  std::string many = "v=spf1";
  for (int i = 0; i < 11; ++i) many += fmt::format(" a:h{}.example", i);
  World world = with(many + " -all");
  for (int i = 0; i < 11; ++i)
    world.a(fmt::format("h{}.example", i), "198.51.100.1").a(fmt::format("h{}.example", i), "2001:dba::1");
  const Explained over = explain(world, "198.18.0.1");
  CHECK(over.why.term == "a:h10.example");
  CHECK(over.says("is number 11 of 11"));
  CHECK(explain(with("v=spf1 -all").txt("example.com", "v=spf1 ?all"), "198.18.0.1").says("example.com has 2"));
}

TEST_CASE("why: permerror has the smallest repair, examined") {
  const auto of = [](const std::string& record) {
    return repaired(with(record).txt("b.example", "v=spf1 ip4:198.51.100.0/24 -all"));
  };
  CHECK(of("v=spf1 include: b.example ipv4:198.18.0.1 -al") == "example.com: v=spf1 include:b.example ip4:198.18.0.1 -all");
  CHECK(of("v=spf1 include:b.example ~allv=spf1") == "example.com: v=spf1 include:b.example ~all");
  CHECK(of("v=spf1 ip4:198.18.0.1\xc2\xa0-all") == "example.com: v=spf1 ip4:198.18.0.1 -all");
  CHECK(of("v=spf1 a:198.18.0.7 -all") == "example.com: v=spf1 ip4:198.18.0.7 -all");
  CHECK(of("v=spf1 nobody-knows ip4:198.18.0.7 -all") == "example.com: v=spf1 ip4:198.18.0.7 -all");
  CHECK(of("v=spf1 include:example.com ip4:198.18.0.7 -all") == "example.com: v=spf1 ip4:198.18.0.7 -all");
  CHECK(of("v=spf1 include:nothing.example ip4:198.18.0.7 -all") == "example.com: v=spf1 ip4:198.18.0.7 -all");
  CHECK(of("v=spf1 include:b.example.comall ip4:198.18.0.7 -all") == "example.com: v=spf1 ip4:198.18.0.7 -all");
  CHECK(repaired(with("v=spf1 include:b.example.net-all").txt("b.example.net", "v=spf1 ip4:198.51.100.0/24 -all")) ==
        "example.com: v=spf1 include:b.example.net -all");
  CHECK(of("v=spf1 ip4:198.18.0.7a:mail.exampleinclude:b.example -all") ==
        "example.com: v=spf1 ip4:198.18.0.7 a:mail.example include:b.example -all");
  CHECK(of("v=spf1 +exp=b.example exp=b.example include:b.example -all") ==
        "example.com: v=spf1 exp=b.example include:b.example -all");
  // Without their only term, these records would let no host, or every one, send mail.
  CHECK(of("v=spf1 redirect=nothing.example").empty());
  CHECK(of("v=spf1 include:nothing.example -all").empty());
  CHECK(of("v=spf1 redirect=b.example redirect=b.example") == "example.com: v=spf1 redirect=b.example");
  // The fault is in the record of another domain.
  CHECK(repaired(with("v=spf1 include:c.example -all").txt("c.example", "v=spf1 ip:198.51.100.1 -all")) ==
        "c.example: v=spf1 ip4:198.51.100.1 -all");
  // Several records are one.
  CHECK(repaired(with("v=spf1 ip4:198.18.0.7 -all").txt("example.com", "v=spf1 ip4:198.18.0.7 ip4:198.18.0.8 ~all")) ==
        "example.com: v=spf1 ip4:198.18.0.7 ip4:198.18.0.8 -all");
  // Too many terms, some of which change nothing.
  std::string many = "v=spf1";
  for (int i = 0; i < 11; ++i) many += " include:b.example";
  CHECK(of(many + " -all") == "example.com: v=spf1 include:b.example -all");
  CHECK(of("v=spf1 a:x.example a:y.example a:z.example ip4:198.18.0.7 -all") == "example.com: v=spf1 ip4:198.18.0.7 -all");
}

TEST_CASE("why: no repair and no proposal lets every client pass") {
  const std::string closed = "example.com: v=spf1 ip4:198.18.0.7 ~all";
  for (const std::string_view all : {"all-", "_all", "all.", "allow", "+al", "all:x", "+ all", "all\t"}) {
    CAPTURE(all);
    CHECK(repaired(with(fmt::format("v=spf1 ip4:198.18.0.7 {}", all))) == closed);
  }
  CHECK(repaired(with("v=spf1 ip4:198.18.0.7+all~all")) == closed);
  CHECK(repaired(with("v=spf1 ip4:198.18.0.7 +all+all")) == closed);
  CHECK(repaired(with("v=spf1 ipv4:198.18.0.7 all")).empty());
  CHECK(repaired(with(" v=spf1 ip4:198.18.0.7 all")) == closed);
  CHECK(repaired(with(" v=spf1 ip4:198.18.0.7 +all")) == closed);
  CHECK(repaired(with("v=spf1 ip4:198.18.0.7 +all").txt("example.com", "v=spf1 -all")) == closed);
}

TEST_CASE("why: no repair is shown that does not end the error, or that is only a guess") {
  World world =
      with("v=spf1 ipv4:198.18.0.1 include:c.example -all").txt("c.example", "v=spf1 -all").txt("c.example", "v=spf1 ?all");
  CHECK(repaired(world, "198.18.0.9").empty());
  std::string distinct = "v=spf1";
  for (int i = 0; i < 11; ++i) distinct += fmt::format(" a:h{}.example", i);
  World hosts = with(distinct + " -all");
  for (int i = 0; i < 11; ++i)
    hosts.a(fmt::format("h{}.example", i), fmt::format("198.51.100.{}", i)).a(fmt::format("h{}.example", i), "2001:dba::1");
  CHECK(repaired(hosts).empty());
}

TEST_CASE("why: temperror names the question, and the term that needs it") {
  const World failing = with("v=spf1 include:silent.example -all").failure("silent.example", dns::Type::txt);
  const Explained got = explain(failing, "198.18.0.1");
  CHECK(got.says("DNS did not answer a question of the check: 'TXT silent.example: SERVFAIL'."));
  CHECK(got.says("'include:silent.example' in the record of example.com needs it."));
  CHECK_FALSE(got.why.change);
  // Not the last question that was asked.
  const World host = with("v=spf1 mx -all")
                         .mx("example.com", "a.example")
                         .mx("example.com", "b.example")
                         .a("b.example", "198.51.100.1")
                         .failure("a.example", dns::Type::a);
  CHECK(explain(host, "198.18.0.1").says("'A a.example: SERVFAIL'"));
}

TEST_CASE("why: no change drops the terms of a text that resembles a record") {
  const auto of = [](const std::string& text) {
    return repaired(with(text).txt("b.example", "v=spf1 ip4:198.51.100.0/24 -all"));
  };
  for (const std::string_view begin : {"v=spf1;", " v=spf1 ", "v=spf1", "v=spf2 ", "spf1 ", "v:spf1 ", "v=spf1.", "\"v=spf1 "}) {
    CAPTURE(begin);
    CHECK(of(std::string(begin) + "include:b.example mx x=y -all") == "example.com: v=spf1 include:b.example mx x=y -all");
  }
  // The terms have faults of their own.
  CHECK(of("v=spf1;include:b.example ipv4:198.51.100.1 -al") == "example.com: v=spf1 include:b.example ip4:198.51.100.1 -all");
  CHECK(of("v=spf1;include:nothing.example include:b.example -all") == "example.com: v=spf1 include:b.example -all");
  // No repair is known.
  for (const std::string_view text :
       {"v=spf1;include:nothing.example -all", "v=spf1;nobody-knows -all", "v=spf1;mx:it's.example -all"}) {
    CAPTURE(text);
    const Explained got = explain(with(std::string(text)), "198.18.0.1");
    CHECK_FALSE(got.why.change);
    CHECK(got.says("The terms of that text have faults, too"));
  }
  CHECK(of("v=spf1;") == "example.com: v=spf1 ip4:198.18.0.1 -all");
}

TEST_CASE("why: nothing is published at a name that does not exist") {
  const Explained got = explain(World(), "198.18.0.1", "u@typo.example");
  CHECK(got.text() == "typo.example does not exist: the name is mistyped or forged.\n");
  CHECK_FALSE(got.why.change);
  CHECK(got.questions == 1);
}

TEST_CASE("why: for none, the first record to publish, or the text that resembles a record") {
  CHECK(explain(bare(), "198.18.0.1").says("example.com has no SPF record."));
  // A first record lets the client pass, and the hosts that receive the mail.
  const World receives = bare().mx("example.com", "mail.example.com").a("mail.example.com", "198.51.100.1");
  CHECK(repaired(receives) == "example.com: v=spf1 mx ip4:198.18.0.1 -all");
  CHECK(explain(receives, "198.18.0.1").why.change->lookups == 1);
  CHECK(repaired(bare()) == "example.com: v=spf1 ip4:198.18.0.1 -all");
  CHECK(explain(bare(), "198.18.0.1").says("If example.com sends no mail at all, publish 'v=spf1 -all'."));
  World own = receives;
  own.ptr("198.18.0.1", "out.example.com").a("out.example.com", "198.18.0.1");
  CHECK(repaired(own) == "example.com: v=spf1 mx a:out.example.com -all");
  // A forwarder, and a private address, are not added.
  World forwards = receives;
  forwards.ptr("198.18.0.1", "mx.other.example").a("mx.other.example", "198.18.0.1").mx("other.example", "mx.other.example");
  CHECK(repaired(forwards) == "example.com: v=spf1 mx -all");
  CHECK(repaired(bare(), "10.0.0.1") == "example.com: v=spf1 -all");
  // The record that a text resembles.
  CHECK(repaired(with(" v=spf1 ip4:198.51.100.1 -all")) == "example.com: v=spf1 ip4:198.51.100.1 -all");
  CHECK(repaired(with("v=spf1;ip4:198.51.100.1 -all")) == "example.com: v=spf1 ip4:198.51.100.1 -all");
  CHECK(explain(with(" v=spf1 -all"), "198.18.0.1").says("example.com has no SPF record; a TXT record looks like one, but"));
  CHECK(
      explain(with(" v=spf1 -all"), "198.18.0.1").says("Its owner should correct that text; until then, nothing is known about"));
  CHECK(explain(World(), "198.18.0.1", "u@localhost").text() == "'localhost' is not a domain that can have an SPF record.\n");
  CHECK(explain(bare().txt("it is fine. we say so", "x"), "198.18.0.1", "u@it is fine. We say so.")
            .says("'it is fine. we say so' has no SPF record."));
  CHECK(explain(World(), "198.18.0.1", "u@it is fine. We say so.").says("'it is fine. we say so' does not exist"));
}

}  // namespace
