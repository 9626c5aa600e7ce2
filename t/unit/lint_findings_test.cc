// The findings of an examination, by their ids: for each, a record with the fault and the most similar one without it.
#include "common/lint/finding_kinds.h"
#include "common/lint/json.h"

#include <doctest/doctest.h>

#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "t/unit/lint_world.h"

namespace {

using lint::Severity;
using lint_test::check_pairs;
using lint_test::Examination;
using lint_test::examine;
using lint_test::Pair;
using lint_test::world;
using lint_test::World;
using lint_test::world_with;

constexpr Pair kPairs[] = {
    // B
    {"B09", "v=spf1 exists:%{i}.example.net -all", "v=spf1 exists:%{d}.example.net -all", Severity::info, "exists:%{i}"},
    {"B01", "v=spf1 mx mx mx mx mx mx mx mx mx mx include:_spf.example.net -all", "v=spf1 mx mx mx mx mx mx mx mx mx mx -all",
     Severity::error, "'include:_spf.example.net' of example.com is number 11 of 11"},
    {"B01", "v=spf1 a a a a a a a a a a redirect=_spf.example.net", "v=spf1 a a a a a a a a a redirect=_spf.example.net",
     Severity::error, "'redirect=_spf.example.net'"},
    // Not more than ten, since the first ten match every client; and terms after all do not count.
    {"B01", "v=spf1 ip4:0.0.0.0/0 a a a a a a a a a a a -all", "v=spf1 ip4:0.0.0.0/0 ip6:::/0 a a a a a a a a a a a -all",
     Severity::error, "for IPv6 clients"},
    {"B02", "v=spf1 a a a a a a a mx -all", "v=spf1 a a a a a a mx exp=example.com -all", Severity::warning, "8 of 10"},
    {"B03", "v=spf1 a:x1.example.com a:x2.example.com a:x3.example.com -all", "v=spf1 a -all", Severity::error,
     "'a:x2.example.com' of example.com (no A at x2.example.com)"},
    {"B03", "v=spf1 a:x1.example.com a:x2.example.com a:x3.example.com a:x4.example.com a a a a a a a -all", "v=spf1 a -all",
     Severity::error, "there are also 11 DNS terms, and a check may use 10"},
    {"B03", "v=spf1 a:x1.example.com mx:x2.example.com -all", "v=spf1 a:mail.example.com mx -all", Severity::warning,
     "(no MX at x2.example.com)"},
    {"B03", "v=spf1 mx a:x1.example.com -all", "v=spf1 mx a:nothing.example.net -all", Severity::info, "Correct the name"},
    {"B03", "v=spf1 ~mx:mail.example.com -all", "v=spf1 ~a:mail.example.com -all", Severity::info,
     "Write ~a:mail.example.com, since the name is that of a host"},
    {"B03", "v=spf1 a:x1.example.com mx:mail.example.com/24 -all", "v=spf1 a:mail.example.com/24 -all", Severity::warning,
     "Write a:mail.example.com/24, since"},
    {"B04", "v=spf1 mx:many.example.net -all", "v=spf1 mx:_spf.example.net -all", Severity::error, "has 11"},
    {"B06", "v=spf1 include:example.com -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "example.com includes itself"},
    {"B06", "v=spf1 redirect=example.com", "v=spf1 redirect=_spf.example.net", Severity::error, "redirects to itself"},
    {"B07", "v=spf1 include:nothing.example.net -all", "v=spf1 include:_spf.example.net -all", Severity::error,
     "nothing.example.net"},
    {"B07", "v=spf1 redirect=nothing.example.net", "v=spf1 redirect=_spf.example.net"},
    {"B08", "v=spf1 ip4:198.18.0.0/24 a:z.a.example a a a a a a a a a a -all",
     "v=spf1 ip4:198.18.0.0/24 a a a a a a a a a a -all", Severity::error, "256 IPv4 addresses pass before"},
    // L
    {"L01", "v=spf1 mx redirect=nobody-said.example.net", "v=spf1 mx redirect=_spf.example.net", Severity::warning},
    {"L02", "v=spf1 mx -all ip4:198.18.9.1 a", "v=spf1 mx ip4:198.18.9.1 a -all", Severity::warning, "'ip4:198.18.9.1' and 'a'"},
    {"L03", "v=spf1 redirect=_spf.example.net -all", "v=spf1 redirect=_spf.example.net", Severity::warning},
    {"L04", "v=spf1 MX a +mx -all", "v=spf1 MX a -all", Severity::warning, "'+mx'"},
    {"L04", "v=spf1 ip4:198.18.9.1 ip4:198.18.9.1 -all", "v=spf1 ip4:198.18.9.1 ip4:198.18.9.2 -all", Severity::warning},
    {"L05", "v=spf1 ip4:198.18.9.0/24 ip4:198.18.9.1 -all", "v=spf1 ip4:198.18.9.0/24 ip4:198.18.10.1 -all", Severity::warning,
     "'ip4:198.18.9.1' after 'ip4:198.18.9.0/24' of example.com"},
    {"L05", "v=spf1 ip4:198.18.9.1 ip4:198.18.9.0/24 -all", "v=spf1 -ip4:198.18.9.1 ip4:198.18.9.0/24 -all", Severity::warning,
     "'ip4:198.18.9.1' is in 'ip4:198.18.9.0/24' of example.com"},
    {"L05", "v=spf1 ip4:198.18.7.7 include:_spf.example.net -all", "v=spf1 ip4:198.18.6.7 include:_spf.example.net -all",
     Severity::warning, "of _spf.example.net"},
    {"L05", "v=spf1 ip4:198.18.9.0/25 ip4:198.18.9.128/25 ip4:198.18.9.0/24 -all",
     "v=spf1 ip4:198.18.9.0/25 ip4:198.18.9.128/25 ip4:198.18.8.0/24 -all", Severity::warning},
    {"L06", "v=spf1 ip4:198.18.9.0/24 ~ip4:198.18.9.1 -all", "v=spf1 ~ip4:198.18.9.1 ip4:198.18.9.0/24 -all", Severity::error,
     "'~ip4:198.18.9.1' after 'ip4:198.18.9.0/24' of example.com"},
    {"L06", "v=spf1 include:_spf.example.net -ip4:198.18.7.7 -all", "v=spf1 -ip4:198.18.7.7 include:_spf.example.net -all",
     Severity::error, "'ip4:198.18.7.0/24' of _spf.example.net"},
    {"L07", "v=spf1 include:everyone.example.net -all", "v=spf1 include:nobody-said.example.net -all", Severity::warning},
    {"L07", "v=spf1 include:_spf.example.net -all", "v=spf1 redirect=_spf.example.net", Severity::info,
     "'-all' of _spf.example.net"},
    {"L08", "v=spf1 mx exp=why.example.com ~all", "v=spf1 mx exp=why.example.com -all", Severity::info, "no term"},
    {"L09", "v=spf1 ip4:198.18.9.0/26 a ip4:198.18.9.128/25 ip4:198.18.9.64/26 -all",
     "v=spf1 ip4:198.18.9.0/26 ip4:198.18.9.128/25 a -all", Severity::info, "Write ip4:198.18.9.0/24"},
    {"L09", "v=spf1 ip6:2001:dba::/33 ip6:2001:dba:8000::/33 -all", "v=spf1 ip6:2001:dba::/33 ip6:2001:dbb:8000::/33 -all",
     Severity::info, "2001:dba::/32"},
    // A term with another result is between them and decides clients of the second.
    {"L09", "v=spf1 ip4:198.18.9.0/25 ip4:198.18.9.128/25 -all", "v=spf1 ip4:198.18.9.0/25 -a ip4:198.18.9.128/25 -all",
     Severity::info},
    // The order.
    {"L09", "v=spf1 a ip4:198.18.9.1 mx ip4:198.18.9.9 -all", "v=spf1 ip4:198.18.9.1 ip4:198.18.9.9 a mx -all", Severity::info,
     "Publish 'v=spf1 ip4:198.18.9.1 ip4:198.18.9.9 a mx -all'"},
    {"L09", "v=spf1 redirect=_spf.example.net mx ip4:198.18.9.9", "v=spf1 redirect=_spf.example.net ip4:198.18.9.9 mx",
     Severity::info, "Publish 'v=spf1 redirect=_spf.example.net ip4:198.18.9.9 mx'"},
    {"L09", "v=spf1 ip4:198.18.9.1 ~mx ip4:198.18.9.9 a ip6:2001:dba::9 -all",
     "v=spf1 ip4:198.18.9.1 ~mx ip4:198.18.9.9 ip6:2001:dba::9 a -all", Severity::info,
     "Publish 'v=spf1 ip4:198.18.9.1 ~mx ip4:198.18.9.9 ip6:2001:dba::9 a -all'"},
    {"L09", "v=spf1 mx ip4:198.18.9.1 -all", "v=spf1 mx -ip4:198.18.9.1 -all", Severity::info},
    {"L11", "v=spf1 ip4:198.18.7.0/24 include:_spf.example.net -all", "v=spf1 ip4:198.18.7.0/25 include:_spf.example.net -all",
     Severity::info},
    // K
    {"K01", "v=spf1 ip4:0.0.0.0/1 -all", "v=spf1 ip4:0.0.0.0/2 -all", Severity::error, "the most IPv4 clients"},
    {"K01", "v=spf1 include:everyone.example.net -all", "v=spf1 -include:everyone.example.net -all", Severity::error, "everyone"},
    {"K01", "v=spf1 ip6:::/0 -all", "v=spf1 ip6:::/2 -all", Severity::error, "every IPv6 client"},
    {"K01", "v=spf1 mx a/0 -all", "v=spf1 mx a/2 -all", Severity::error, "'a/0' lets every IPv4 client pass"},
    {"K01", "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all", "v=spf1 ip4:0.0.0.0/2 -all", Severity::error, "the most IPv4 clients"},
    {"K01", "v=spf1 -ip6:::/0 +all", "v=spf1 -ip6:::/0 ~all", Severity::error, "every IPv4 client"},
    {"K02", "v=spf1 mx ?all", "v=spf1 mx -all", Severity::warning},
    {"K02", "v=spf1 mx ~all", "v=spf1 mx -all", Severity::info},
    {"K03", "v=spf1 ip4:52.0.0.0/8 -all", "v=spf1 ip4:52.1.0.0/17 -all", Severity::error},
    {"K03", "v=spf1 a/16 -all", "v=spf1 a/17 -all", Severity::warning},
    {"K03", "v=spf1 ip6:2001:dba::/32 -all", "v=spf1 ip6:2001:dba::/33 -all", Severity::warning},
    {"K03", "v=spf1 ip4:52.0.0.0/8 -all", "v=spf1 -ip4:52.0.0.0/8 mx -all"},
    {"K03", "v=spf1 ip4:52.0.0.0/8 -all", "v=spf1 ip4:10.0.0.0/8 -all"},  // K08
    {"K10", "v=spf1 exists:%{i}.wild.example.net -all", "v=spf1 exists:%{i}.tame.example.net -all", Severity::error,
     "every name"},
    {"K07", "v=spf1 ptr:example.com -all", "v=spf1 a:example.com -all", Severity::warning},
    {"K08", "v=spf1 ip4:192.168.1.5 -all", "v=spf1 ip4:192.169.1.5 -all", Severity::error, "192.168.1.5 is private"},
    {"K08", "v=spf1 ip6:fe80::1 -all", "v=spf1 -ip6:fe80::1 -all", Severity::error, "link-local"},
    {"K08", "v=spf1 ip6:::ffff:198.18.0.1 -all", "v=spf1 ip4:198.18.0.1 -all", Severity::error, "Write the address with ip4"},
    {"K08", "v=spf1 ip6:3fff:1::/32 -all", "v=spf1 ip6:2fff:1::/48 -all", Severity::error, "for documentation"},
    {"K08", "v=spf1 ip6:fec0::1 -all", "v=spf1 ip6:2fff::1 -all", Severity::error, "private"},
    {"K08", "v=spf1 ip6:100::1 -all", "v=spf1 ip6:101::1 -all", Severity::error, "discard"},
    {"K09", "v=spf1 exists:%{s}.x.example.net -all", "v=spf1 exists:%{s}.x.example.com -all", Severity::warning, "example.net"},
    {"K09", "v=spf1 include:%{h}.example.net -all", "v=spf1 include:%{d}.example.net -all", Severity::warning},
};

constexpr Pair kSitePairs[] = {
    {"C03", "v=spf1 ip4:198.18.0.2 -all", "v=spf1 ip4:198.18.0.2 ip6:2001:dba::2 -all", Severity::warning,
     "mail.example.com passes with its IPv4 address, and not with 2001:dba::2"},
    {"C03", "v=spf1 a:mail.example.com//128 -ip6:2001:dba::/32 ip4:198.18.0.0/24 -all", "v=spf1 a:mail.example.com -all",
     Severity::warning},
    {"C06", "v=spf1 ?all", "v=spf1 -all", Severity::warning},
    {"C06", "v=spf1 a:x1.example.com -all", "v=spf1 a:mail.example.com -all", Severity::warning},
    {"C06", "v=spf1 include:none.example.net -all", "v=spf1 include:%{l}.example.net -all", Severity::warning},
};

TEST_CASE("each kind of finding is found where its fault is, and not in the most similar record without it") {
  std::vector<Pair> pairs(std::begin(kPairs), std::end(kPairs));
  pairs.insert(pairs.end(), std::begin(kSitePairs) + 2, std::end(kSitePairs));
  pairs.push_back(kSitePairs[0]);
  check_pairs(pairs);
}

TEST_CASE("P01: a domain without a record; not one that receives no mail (RFC 7505)") {
  CHECK(examine(world()).find("P01")->severity == Severity::error);
  World no_mx;
  no_mx.a("example.com", "198.18.0.1");
  CHECK(examine(no_mx).find("P01")->severity == Severity::warning);
  CHECK(lint_test::described(examine(no_mx), "P01").find("Publish \"v=spf1 -all\"") != std::string::npos);
  const World empty;
  CHECK(examine(empty).find("P01")->severity == Severity::warning);
  CHECK(lint_test::described(examine(empty), "P01").find("the domain does not exist") != std::string::npos);
  World silent;
  silent.a("example.com", "198.18.0.1").failure("example.com", dns::Type::mx);
  CHECK_FALSE(examine(silent).has("P01"));
  World null_mx;
  null_mx.mx("example.com", "");
  CHECK_FALSE(examine(null_mx).has("P01"));
}

TEST_CASE("P08: the size of the answer with all TXT records of the name") {
  const auto severity = [](std::size_t octets) {
    const World world = world_with("v=spf1 mx -all").txt("example.com", std::string(octets, 'x'));
    const Examination got = examine(world);
    return got.has("P08") ? std::string(lint::severity_name(got.find("P08")->severity)) : std::string("none");
  };
  CHECK(severity(300) == "none");
  CHECK(severity(400) == "info");
  CHECK(severity(450) == "warning");
  CHECK(severity(1200) == "error");
}

TEST_CASE("P05, P09: other TXT records of the name") {
  const auto with_texts = [](std::size_t count, std::string_view text) {
    World world = world_with("v=spf1 mx -all");
    for (std::size_t i = 1; i < count; ++i) world.txt("example.com", std::string(text));
    return examine(world);
  };
  CHECK(with_texts(2, "spf2.0/pra mx -all").has("P05"));
  CHECK_FALSE(with_texts(2, "spf2 mx -all").has("P05"));
  CHECK(with_texts(11, "x").has("P09"));
  CHECK_FALSE(with_texts(10, "x").has("P09"));
}

TEST_CASE("L08: explanations that cannot be used (RFC 7208 §6.2)") {
  const auto has_fault = [](const std::vector<std::string>& texts) {
    World world = world_with("v=spf1 mx exp=text.example.com -all");
    for (const std::string& text : texts) world.txt("text.example.com", text);
    return examine(world).has("L08");
  };
  CHECK_FALSE(has_fault({"use our mail servers"}));
  CHECK(has_fault({}));
  CHECK(has_fault({"one", "two"}));
  CHECK(has_fault({"\xc3\xbc"}));
  CHECK_FALSE(has_fault({std::string(400, 'x')}));
  CHECK(has_fault({std::string(401, 'x')}));
  CHECK_FALSE(has_fault({"%{i} may not send mail, 100%% sure; %{c} %{r} %{t}"}));
  CHECK(has_fault({"100% sure"}));
  CHECK(has_fault({"%{z} may not send mail"}));
}

TEST_CASE("C04: a null MX and a record that lets clients pass (RFC 7505)") {
  const auto has_fault = [](std::string_view host, std::string_view record) {
    World world;
    world.mx("example.com", std::string(host)).txt("example.com", std::string(record));
    return examine(world).has("C04");
  };
  CHECK(has_fault("", "v=spf1 ip4:198.18.0.1 -all"));
  CHECK_FALSE(has_fault("", "v=spf1 -all"));
  CHECK(has_fault("mail.example.com", "v=spf1 -all"));
  CHECK_FALSE(has_fault("mail.example.com", "v=spf1 ip4:198.18.0.1 -all"));
}

TEST_CASE("no number of lesser findings hides an error") {
  std::string record = "v=spf1";
  for (int i = 0; i < 600; ++i) record += fmt::format(" +ip4:198.18.{}.{}", 10 + i / 200, i % 200);
  const Examination got = examine(world_with(record + " +all"));
  CHECK(got.report.findings.size() == lint::kMaxFindings);
  CHECK(got.has("K01"));
  CHECK(got.report.left_out > 100);
}

TEST_CASE("K03: only the owner of a record can make its networks smaller") {
  World world = world_with("v=spf1 include:wide.example.net -all");
  world.txt("wide.example.net", "v=spf1 ip4:52.0.0.0/15 -all").txt("own.example.com", "v=spf1 ip4:52.0.0.0/15 -all");
  CHECK(examine(world).find("K03")->fix ==
        "Remove the term that leads to wide.example.net if this provider sends no mail for the domain");
  CHECK(examine(world, "own.example.com").find("K03")->fix == "List the networks that send mail");
}

TEST_CASE("K02: where the qualifier of an include replaces that of its all, another -all would not help") {
  const World world =
      World().txt("example.com", "v=spf1 ip4:198.18.0.1 ?include:all.example.net -all").txt("all.example.net", "v=spf1 +all");
  CHECK(examine(world).find("K02")->fix == "Remove the term that includes this record, so that later terms decide");
}

TEST_CASE("K08: a private network in the record of a provider is information") {
  World world = world_with("v=spf1 include:private.example.net -all");
  world.txt("private.example.net", "v=spf1 ip4:10.1.2.3 -all");
  const Examination got = examine(world);
  REQUIRE(got.has("K08"));
  CHECK(got.find("K08")->severity == Severity::info);
  CHECK(got.find("K08")->fix == "The owner of private.example.net can remove it");
  world.txt("own.example.com", "v=spf1 ip4:10.1.2.3 -all").txt("other.example.com", "v=spf1 include:own.example.com -all");
  CHECK(examine(world, "other.example.com").find("K08")->severity == Severity::error);
}

TEST_CASE("a loop of several records is named once, and the limit of DNS terms is not reported for it") {
  World loop = world_with("v=spf1 include:b.example.com -all").txt("b.example.com", "v=spf1 include:example.com -all");
  const Examination got = examine(loop);
  REQUIRE(got.has("B06"));
  CHECK(got.find("B06")->message.find("b.example.com includes example.com, which leads to b.example.com") != std::string::npos);
  CHECK_FALSE(got.has("B01"));
}

TEST_CASE("L05: a term of another domain is information, since the owner of the domain cannot remove it") {
  const Examination got = examine(world_with("v=spf1 ip4:198.18.0.0/16 include:_spf.example.net -all"));
  REQUIRE(got.has("L05"));
  CHECK(got.find("L05")->severity == Severity::info);
  CHECK(got.find("L05")->fix == "The owner of _spf.example.net can remove it");
}

TEST_CASE("L05: of two terms either of which may be removed, no advice removes both") {
  const Examination got = examine(world_with("v=spf1 ip4:198.18.9.0/25 ip4:198.18.9.128/25 ip4:198.18.9.0/24 -all"));
  std::vector<std::string> advice;
  for (const lint::Finding& finding : got.report.findings) {
    if (finding.kind->id == "L05") advice.push_back(finding.fix);
  }
  const std::string either = "Remove the term or 'ip4:198.18.9.0/24', not both";
  CHECK(advice == std::vector<std::string>{either, either, "Remove the term"});
}

TEST_CASE("L05: a record to which two terms lead with different results is compared with no later term") {
  World twice = world_with("v=spf1 include:b.example.com -include:b.example.com -ip4:198.18.9.0/29 +all");
  twice.txt("b.example.com", "v=spf1 ip4:198.18.9.1 ~all");
  CHECK_FALSE(examine(twice).has("L05"));
}

TEST_CASE("IPv4 and IPv6 clients are counted separately: an address that only one family has is void for the other") {
  World hosts = world_with("v=spf1 a:h1.example.com a:h2.example.com a:h3.example.com -all");
  for (const char* host : {"h1.example.com", "h2.example.com", "h3.example.com"}) hosts.a(host, "198.18.1.1");
  const Examination got = examine(hosts);
  CHECK(got.report.summary.voids[lint::Family::ipv4] == 0);
  CHECK(got.report.summary.voids[lint::Family::ipv6] == 3);
  // No IPv6 client passes, so that a permerror breaks no mail.
  REQUIRE(got.has("B03"));
  CHECK(got.find("B03")->severity == Severity::warning);
  hosts.txt("other.example.com", "v=spf1 a:h1.example.com a:h2.example.com a:h3.example.com ip6:2001:dba::/48 -all");
  CHECK(examine(hosts, "other.example.com").find("B03")->severity == Severity::error);
  hosts.txt("early.example.com", "v=spf1 ip6:2001:dba::/48 a:h1.example.com a:h2.example.com a:h3.example.com -all");
  CHECK(examine(hosts, "early.example.com").find("B03")->severity == Severity::warning);
}

TEST_CASE("all questions of a round are asked at once: an examination takes as many rounds as the tree is deep") {
  World deep = world_with("v=spf1 mx a include:a.example.com include:b.example.com -all");
  deep.txt("a.example.com", "v=spf1 include:_spf.example.net -all").txt("b.example.com", "v=spf1 ip4:198.18.0.9 -all");
  const Examination got = examine(deep);
  CHECK(got.rounds.size() == 3);
  CHECK(got.report.summary.rounds == 3);
  CHECK(got.report.summary.lookups[lint::Family::ipv4] == 5);
}

TEST_CASE("questions that DNS did not answer are named, and nothing is guessed about them") {
  World broken = world_with("v=spf1 include:a.example.com a:b.example.com -all");
  broken.failure("a.example.com", dns::Type::txt).failure("b.example.com", dns::Type::aaaa, "timed out");
  const Examination got = examine(broken);
  CHECK(got.report.tree.gaps == std::vector<std::string>{"AAAA b.example.com: timed out", "TXT a.example.com: SERVFAIL"});
  CHECK_FALSE(got.has("B07"));
  CHECK_FALSE(got.has("B03"));
  CHECK(got.ids().contains("P12"));
  CHECK(got.report.count(Severity::error) == 2);
}

TEST_CASE("K11: names of three domains that have the same address") {
  const auto with = [](const std::vector<std::string>& names) {
    World parked;
    std::string record = "v=spf1";
    for (const std::string& name : names) {
      parked.a(name, "198.18.3.3");
      record += " a:" + name;
    }
    return examine(parked.txt("example.com", record + " -all"));
  };
  const Examination got = with({"x.example.org", "example.net", "www.other.example"});
  REQUIRE(got.has("K11"));
  CHECK(got.find("K11")->message.find("198.18.3.3 is the address of 'a:x.example.org' of example.com,") != std::string::npos);
  CHECK_FALSE(with({"x.example.org", "example.net", "www.example.net"}).has("K11"));
  World other = world_with("v=spf1 a:x.example.org a:example.net ?a:www.other.example -all");
  for (const char* name : {"x.example.org", "example.net", "www.other.example"}) other.a(name, "198.18.3.3");
  CHECK_FALSE(examine(other).has("K11"));
}

TEST_CASE("P15: a wildcard record; P16: a record below the domain instead of at it") {
  const auto with = [](const std::string& name, std::string_view root) {
    World around = root.empty() ? world() : world_with(root);
    return examine(around.txt(name, "v=spf1 -all"));
  };
  const std::string any = lint::probe_labels(0)[0] + ".example.com";
  CHECK(with(any, "v=spf1 mx -all").has("P15"));
  CHECK_FALSE(with("x.example.com", "v=spf1 mx -all").has("P15"));
  CHECK(with("_spf.example.com", {}).find("P16")->message.find("_spf.example.com") != std::string::npos);
  CHECK(with("www.example.com", {}).has("P16"));
  CHECK_FALSE(with("x.example.com", {}).has("P16"));
  CHECK_FALSE(with("_spf.example.com", "v=spf1 mx -all").has("P16"));
}

TEST_CASE(
    "B10: a domain that somebody could register; not one below a domain that does not exist, nor a name of a domain that does") {
  const auto finds = [](std::string_view term, const std::vector<std::string>& existing) {
    World around = world_with(fmt::format("v=spf1 {}", term));
    for (const std::string& name : existing) around.a(name, "198.18.0.9");
    const Examination got = examine(around);
    return lint_test::described(got, "B10");
  };
  CHECK(finds("include:_spf.gone.test", {"test"}).find("gone.test does not exist") != std::string::npos);
  CHECK_FALSE(finds("a:mail.gone.test", {"test"}).empty());
  CHECK_FALSE(finds("mx:gone.test", {"test"}).empty());
  CHECK_FALSE(finds("redirect=gone.test", {"test"}).empty());
  CHECK(finds("include:_spf.gone.test", {}).empty());
  CHECK(finds("include:_spf.gone.test", {"test", "gone.test"}).empty());
  for (const std::string_view odd : {"spf@gone.test", "gone!.test", "_gone.test", "-gone.test", "gone-.test"}) {
    CAPTURE(odd);
    CHECK(finds(fmt::format("include:{}", odd), {"test"}).empty());  // no registry has such names
  }
  CHECK_FALSE(finds("include:_spf.g-1.test", {"test"}).empty());
  CHECK(finds("a:gone.example.com", {"com"}).empty());  // the owner's own domain
}

TEST_CASE("B11: a chain of records, each of which waits for the one before") {
  const auto chain = [](int length) {
    World around = world_with("v=spf1 include:c1.example.com -all");
    for (int i = 1; i < length; ++i)
      around.txt(fmt::format("c{}.example.com", i), fmt::format("v=spf1 include:c{}.example.com -all", i + 1));
    return examine(around.txt(fmt::format("c{}.example.com", length), "v=spf1 ip4:198.18.0.1 -all"));
  };
  const Examination six = chain(5);
  REQUIRE(six.has("B11"));
  CHECK(six.find("B11")->message.ends_with("6 round trips; 9.0 seconds if an answer gets lost in each"));
  CHECK_FALSE(chain(4).has("B11"));
  // The summary counts the rounds in which an examination asks, too.
  for (const int length : {1, 3, 5}) {
    const Examination got = chain(length);
    CAPTURE(length);
    CHECK(got.report.summary.rounds == length + 1);
    CHECK(got.rounds.size() == static_cast<std::size_t>(length) + 1);
    CHECK(lint::json(got.report).find(fmt::format("\"worst_seconds\": {:.1f}", 1.5 * (length + 1))) != std::string::npos);
  }
  CHECK(lint::worst_seconds(0) == 0);
}

TEST_CASE("numbers and their words agree") {
  CHECK(lint::counted(0, "round trip") == "0 round trips");
  CHECK(lint::counted(1, "round trip") == "1 round trip");
  CHECK(lint::counted(2, "IPv4 address") == "2 IPv4 addresses");
}

TEST_CASE("K10: names that show a wildcard are chosen by the caller, so that no zone can know them") {
  const lint::Subject known = {.domain = *dns::Name::parse("example.com"), .salt = 0};
  const lint::Subject unknown = {.domain = *dns::Name::parse("example.com"), .salt = 0x1234567890abcdef};
  const World world = world_with("v=spf1 exists:%{i}.wild.example.net -all");
  CHECK(examine(world, known).has("K10"));
  CHECK_FALSE(examine(world, unknown).has("K10"));
  CHECK(lint::probe_labels(1) != lint::probe_labels(2));
}

TEST_CASE("the caller can end long work: the report has the results so far, and states that it is incomplete") {
  lint::Subject subject = {.domain = *dns::Name::parse("example.com"), .is_over = [] { return true; }};
  const Examination got = examine(world_with("v=spf1 ipv4:198.18.0.1 ip4:198.18.0.0/24 ip4:198.18.0.1 -all"), subject);
  CHECK(got.has("S01"));
  CHECK_FALSE(got.report.is_complete());
}

TEST_CASE("the work of comparing terms is bounded: a long record of terms without effect") {
  std::string record = "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 ip6:::/0";
  for (int i = 0; i < 4000; ++i) record += " -ip4:198.18." + std::to_string(i / 250) + "." + std::to_string(i % 250);
  const World world = world_with(record + " -all");
  const Examination all = examine(world);
  CHECK(all.has("L06"));
  CHECK(all.report.is_complete());
  lint::Limits little_work;
  little_work.work = 2000;
  const Examination cut_off = examine(world, "example.com", little_work);
  REQUIRE(cut_off.report.tree.gaps.size() == 1);
  CHECK(cut_off.report.tree.gaps.front().starts_with("too many terms"));
}

TEST_CASE("the JSON object is bounded, whatever DNS publishes, and a cut is marked") {
  World large = world();
  std::string first = "v=spf1";
  for (int i = 0; i < 250; ++i) {
    const std::string name = "l" + std::to_string(i) + ".example.com";
    first += " include:" + name;
    large.txt(name, "v=spf1 " + std::string(60'000, '\\'));
  }
  large.txt("example.com", first + " -all");
  const Examination got = examine(large);
  CHECK(got.report.tree.records.size() > 200);
  const std::string json = lint::json(got.report);
  CHECK(json.size() < lint::kMaxJson);
  CHECK(json.find("...\"") != std::string::npos);
}

TEST_CASE("an id that is not in the table is an error of the program") {
  CHECK_THROWS_AS(lint::finding_kind("X99"), std::out_of_range);
}

TEST_CASE("an examination is bounded: records that explode, long records, many terms") {
  World world;
  // Ten includes each, five deep.
  const auto name = [](int level, int number) {
    return "n" + std::to_string(level) + "x" + std::to_string(number) + ".example.com";
  };
  for (int level = 0; level < 5; ++level) {
    for (int number = 0; number < (level == 0 ? 1 : 300); ++number) {
      std::string record = "v=spf1";
      for (int i = 0; i < 10; ++i) record += " include:" + name(level + 1, (number * 10 + i) % 300);
      world.txt(level == 0 ? "example.com" : name(level, number), record + " -all");
    }
  }
  const Examination exploding = examine(world);
  CHECK(exploding.has("B01"));
  CHECK_FALSE(exploding.report.is_complete());
  CHECK(exploding.report.tree.records.size() <= lint::Limits{}.records);

  std::string many = "v=spf1";
  for (int i = 0; i < 1000; ++i) many += " a:h" + std::to_string(i) + ".example.com";
  const Examination wide = examine(world_with(many + " -all"));
  CHECK(wide.has("B03"));
  CHECK_FALSE(wide.report.is_complete());

  std::string longest = "v=spf1";
  while (longest.size() < 60'000)
    longest += " ip4:198.18." + std::to_string(longest.size() % 250) + "." + std::to_string(longest.size() / 250);
  const Examination large = examine(world_with(longest + " -all"));
  CHECK(large.report.findings.size() <= lint::kMaxFindings);
  lint::Limits little_work;
  little_work.work = 1000;
  const Examination cut_off = examine(world_with(longest + " -all"), "example.com", little_work);
  REQUIRE(cut_off.report.tree.gaps.size() == 1);
  CHECK(cut_off.report.tree.gaps.front().starts_with("too many networks"));
  lint::Limits few_addresses;
  few_addresses.addresses = 1;
  World hosts = world_with("v=spf1 mx:m.example.com a:one.example.com -all");
  hosts.mx("m.example.com", "one.example.com").mx("m.example.com", "two.example.com");
  hosts.a("one.example.com", "198.18.0.1");
  hosts.a("two.example.com", "198.18.0.2");
  const Examination crowded = examine(hosts, "example.com", few_addresses);
  REQUIRE(crowded.report.tree.gaps.size() == 1);
  CHECK(crowded.report.tree.gaps.front() == "more than 1 addresses of hosts: the others were not examined");
  const Examination macros =
      examine(world_with("v=spf1 exists:%{i}.%{l}.x.example.com include:%{o}.x.example.com a:%{h} ptr -all"));
  CHECK(macros.report.summary.is_lower_bound);
  CHECK(macros.report.summary.lookups[lint::Family::ipv4] == 4);
}

}  // namespace
