// The checks of how a record is published: times, strings, aliases, and the servers of the zone.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>
#include <vector>

#include "t/unit/lint_world.h"

namespace {

using lint::Severity;
using lint_test::Examination;
using lint_test::examine;
using lint_test::world;
using lint_test::World;
using lint_test::world_with;

TEST_CASE("P10: a TTL of more than a day, a negative TTL of more than an hour, a TTL of less than 300 seconds at the servers") {
  const auto with_ttl = [](std::uint32_t ttl) {
    World all = world_with("v=spf1 mx -all");
    all.at("example.com", dns::Type::txt).ttl = ttl;
    return examine(all).has("P10");
  };
  CHECK(with_ttl(86'401));
  CHECK_FALSE(with_ttl(86'400));
  CHECK_FALSE(with_ttl(10));  // the rest of the TTL at a resolver

  const auto with_negative = [](std::uint32_t ttl) {
    World all = world_with("v=spf1 mx -all");
    dns::Answer& none = all.at(lint::probe_labels(0)[0] + ".example.com", dns::Type::txt);
    none.status = dns::Status::name_error;
    none.ttl = ttl;
    return examine(all).has("P10");
  };
  CHECK(with_negative(3601));
  CHECK_FALSE(with_negative(3600));

  const auto at_server = [](std::uint32_t ttl) {
    dns::Answer answer;
    answer.texts = {"v=spf1 mx -all"};
    answer.ttl = ttl;
    return examine(world_with("v=spf1 mx -all"),
                   {.domain = *dns::Name::parse("example.com"), .servers = {{"ns.example.com (198.18.0.53)", answer}}})
        .has("P10");
  };
  CHECK(at_server(299));
  CHECK_FALSE(at_server(300));
}

TEST_CASE("P04: a record of type SPF (99); its question does not count, and its failure has no effect") {
  World old = world_with("v=spf1 mx -all");
  old.at("example.com", dns::Type::spf).texts = {"v=spf1 a -all"};
  const Examination got = examine(old);
  REQUIRE(got.has("P04"));
  CHECK(lint_test::described(got, "P04").find("it differs from the TXT record") != std::string::npos);
  CHECK(got.report.summary.lookups[lint::Family::ipv4] == 1);
  old.at("example.com", dns::Type::spf).texts = {"v=spf1 mx -all"};
  CHECK(lint_test::described(examine(old), "P04").find("differs") == std::string::npos);
  old.at("example.com", dns::Type::spf).texts = {"something else"};
  CHECK_FALSE(examine(old).has("P04"));
  CHECK_FALSE(examine(world_with("v=spf1 mx -all")).has("P04"));
  const Examination failed = examine(world_with("v=spf1 mx -all").failure("example.com", dns::Type::spf));
  CHECK_FALSE(failed.has("P04"));
  CHECK(failed.report.is_complete());
  CHECK(failed.report.count(Severity::error) == 0);
}

TEST_CASE("P07: strings that are joined in the middle of a term") {
  const auto with = [](const std::vector<std::string>& strings) { return examine(world().strings("example.com", strings)); };
  const auto severity = [&with](const std::vector<std::string>& strings) {
    const Examination got = with(strings);
    return got.has("P07") ? std::string(lint::severity_name(got.find("P07")->severity)) : std::string("none");
  };
  CHECK(severity({"v=spf1 mx", " a -all"}) == "none");
  CHECK(severity({"v=spf1 mx ", "a -all"}) == "none");
  CHECK(severity({"v=spf1 mx", "a -all"}) == "error");
  CHECK(severity({"v=spf1 ip4:198.18.0.1", "include:_spf.example.net -all"}) == "error");
  CHECK(severity({"v=spf1 mx -all", "ip4:198.18.0.1"}) == "error");
  // The joined term is valid, but its target does not exist.
  CHECK(severity({"v=spf1 include:_spf.example.net", "include:none.example.net -all"}) == "error");
  CHECK(severity({"v=spf1", "mx -all"}) == "error");
  CHECK(severity({"v=spf1", " mx -all"}) == "none");
  CHECK(severity({"v=spf1 ip4:198.18", ".0.1 -all"}) == "warning");
  CHECK(severity({"v=spf1 a:m", "ail.example.com -all"}) == "warning");
  // "a:mail.example.co" and "mx" are terms, but the host exists.
  World host = world().a("x.example.commx", "198.18.0.1");
  CHECK(examine(host.strings("example.com", {"v=spf1 a:x.example.com", "mx -all"})).find("P07")->severity == Severity::warning);
  std::string full = "v=spf1";
  while (full.size() < 225) full += " ip4:198.18." + std::to_string(full.size()) + ".1";
  full += std::string(255 - full.size() - 8, ' ') + "ip4:198.";
  CHECK(severity({full, "18.0.1 -all"}) == "info");
  // One finding per term, the most severe one.
  const Examination often = with({"v=spf1 mx", "a:mail.", "example", ".com -all"});
  CHECK(std::ranges::count(often.report.findings, "P07", [](const lint::Finding& finding) { return finding.kind->id; }) == 1);
  CHECK(often.find("P07")->severity == Severity::error);
  const Examination both = with({"v=spf1 mx", "a -all"});
  CHECK(lint_test::described(both, "P07").find("'mx' and 'a'") != std::string::npos);
  CHECK(both.find("P07")->line == 2);
}

TEST_CASE("P11: the servers of the zone differ; P12: one of them is silent; P13: TCP to one of them fails") {
  const auto with = [](const std::vector<dns::Answer>& answers) {
    lint::Subject subject = {.domain = *dns::Name::parse("example.com")};
    for (const dns::Answer& answer : answers)
      subject.servers.push_back({fmt::format("ns{}.example.com", subject.servers.size() + 1), answer});
    return examine(world_with("v=spf1 mx -all"), subject);
  };
  const auto texts = [](const std::vector<std::string>& published) {
    dns::Answer answer;
    answer.texts = published;
    answer.ttl = 3600;
    return answer;
  };
  const dns::Answer same = texts({"v=spf1 mx -all", "other"});
  CHECK_FALSE(with({same, texts({"another", "v=spf1 mx -all"})}).has("P11"));
  const Examination differ = with({same, same, texts({"v=spf1 a -all"}), texts({})});
  REQUIRE(differ.has("P11"));
  CHECK(
      differ.find("P11")->message.ends_with("ns1.example.com and ns2.example.com have 'v=spf1 mx -all', ns3.example.com has "
                                            "'v=spf1 a -all' and ns4.example.com has no record"));
  // Texts that are nearly records are none, whichever server has them.
  CHECK_FALSE(with({same, texts({"v=spf1 mx -all", "v=spf1; a -all", "v=spf10 a"})}).has("P11"));
  // The resolver has a record that no server has: perhaps an older one.
  const Examination older = with({texts({"v=spf1 a -all"}), texts({"v=spf1 a -all"})});
  REQUIRE(older.has("P11"));
  CHECK(older.find("P11")->severity == Severity::warning);
  CHECK(older.find("P11")->message.find("the answer of the resolver differs") != std::string::npos);
  lint::Subject planned = {.domain = *dns::Name::parse("example.com"), .is_published = false};
  planned.servers.push_back({"ns1.example.com", texts({"v=spf1 a -all"})});
  CHECK_FALSE(examine(world_with("v=spf1 mx -all"), planned).has("P11"));
  const Examination silent = with({same, dns::failure_answer("timed out", dns::Cause::no_answer)});
  CHECK_FALSE(silent.has("P11"));
  CHECK(silent.find("P12")->severity == Severity::warning);
  CHECK(silent.find("P12")->message.ends_with("ns2.example.com: timed out"));
  CHECK(with({same, dns::failure_answer("TCP failed: timed out", dns::Cause::no_tcp)}).has("P13"));
  CHECK(with({same, dns::failure_answer("out of sockets", dns::Cause::local)}).report.findings.size() ==
        with({same}).report.findings.size());
}

TEST_CASE("P14: a chain of CNAMEs") {
  const auto with = [](std::uint8_t cnames) {
    World aliased = world_with("v=spf1 include:_spf.example.net -all");
    aliased.at("_spf.example.net", dns::Type::txt).cnames = cnames;
    return examine(aliased);
  };
  CHECK(with(2).find("P14")->record_of == "_spf.example.net");
  CHECK_FALSE(with(1).has("P14"));
}

}  // namespace
