// The checks of the site around a record, of which the owner names addresses, HELO name and subdomains.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>
#include <vector>

#include "t/unit/lint_world.h"

namespace {

using lint_test::Examination;
using lint_test::examine;
using lint_test::World;
using lint_test::world_with;

TEST_CASE("B05: an address of the domain with more than 10 PTR names, if a term asks for them") {
  const auto with = [](int names, std::string_view record, std::string_view own) {
    World reverse = world_with(record);
    for (int i = 0; i < names; ++i) reverse.ptr("198.18.0.2", fmt::format("h{}.example.com", i));
    lint::Subject subject = {.domain = *dns::Name::parse("example.com")};
    if (!own.empty()) subject.own.push_back(*base::IpAddress::parse(own));
    return examine(reverse, subject);
  };
  CHECK(with(11, "v=spf1 ptr -all", "198.18.0.2").find("B05")->message.ends_with("198.18.0.2 has 11"));
  CHECK(with(11, "v=spf1 exists:%{p}.example.com -all", "198.18.0.2").has("B05"));
  CHECK_FALSE(with(10, "v=spf1 ptr -all", "198.18.0.2").has("B05"));
  CHECK_FALSE(with(11, "v=spf1 mx -all", "198.18.0.2").has("B05"));
  CHECK_FALSE(with(11, "v=spf1 ptr -all", "198.18.0.3").has("B05"));
  CHECK_FALSE(with(11, "v=spf1 ptr -all", {}).has("B05"));
}

TEST_CASE("C01, C02: an address of the domain that does not pass, for the domain and for its HELO name") {
  World around = world_with("v=spf1 ip4:198.18.0.1 exists:%{l}.pass.example.com ~all");
  around.txt("helo.example.com", "v=spf1 ip4:198.18.0.1 -all").a("bare.example.com", "198.18.0.1");
  const auto with = [&around](std::string_view own, std::string_view helo) {
    lint::Subject subject = {.domain = *dns::Name::parse("example.com")};
    if (!own.empty()) subject.own.push_back(*base::IpAddress::parse(own));
    if (!helo.empty()) subject.helo = dns::Name::parse(helo);
    return examine(around, subject);
  };
  CHECK_FALSE(with("198.18.0.1", {}).has("C01"));
  CHECK(with("198.18.0.2", {}).find("C01")->fix == "Add the address to the record with ip4, ip6, a or mx");
  CHECK(lint_test::described(with("198.18.0.2", {}), "C01").find("198.18.0.2 is softfail, by '~all' of example.com") !=
        std::string::npos);
  CHECK(with("2001:dba::1", {}).has("C01"));
  lint::Subject faulty = {.domain = *dns::Name::parse("example.com")};
  faulty.own.push_back(*base::IpAddress::parse("198.18.0.1"));
  CHECK(examine(world_with("v=spf1 ipv4:198.18.0.1 -all"), faulty).find("C01")->fix ==
        "Correct the errors of the record, then examine it again");
  CHECK_FALSE(with("198.18.0.1", "helo.example.com").has("C02"));
  CHECK(lint_test::described(with("198.18.0.2", "helo.example.com"), "C02").find("198.18.0.2 as helo.example.com is fail") !=
        std::string::npos);
  CHECK(lint_test::described(with({}, "bare.example.com"), "C02").find("has no SPF record") != std::string::npos);
  CHECK_FALSE(with({}, "helo.example.com").has("C02"));
  // A macro of the mail is evaluated, with the sender postmaster.
  around.a("postmaster.pass.example.com", "127.0.0.2");
  CHECK_FALSE(with("198.18.0.2", {}).has("C01"));
  // Without an answer nothing is claimed.
  around.failure("postmaster.pass.example.com", dns::Type::a);
  const Examination unknown = with("198.18.0.2", {});
  CHECK_FALSE(unknown.has("C01"));
  CHECK_FALSE(unknown.report.is_complete());
}

TEST_CASE("L10: an mx that has none of the addresses that send") {
  const auto with = [](std::string_view record, std::string_view own) {
    lint::Subject subject = {.domain = *dns::Name::parse("example.com")};
    if (!own.empty()) subject.own.push_back(*base::IpAddress::parse(own));
    return lint_test::described(examine(world_with(record), subject), "L10");
  };
  CHECK(with("v=spf1 a mx -all", "198.18.0.1").find("'mx' lets mail.example.com pass") != std::string::npos);
  CHECK(with("v=spf1 a mx -all", "198.18.0.2").empty());
  CHECK(with("v=spf1 a mx -all", "2001:dba::2").empty());
  CHECK(with("v=spf1 a mx/24 -all", "198.18.0.1").empty());
  CHECK(with("v=spf1 a ~mx -all", "198.18.0.1").empty());
  CHECK(with("v=spf1 a mx -all", {}).empty());
}

TEST_CASE("C05: subdomains with a mail server or an address and without a record; other names of the list are left out") {
  World around = world_with("v=spf1 mx -all");
  around.mx("bare.example.com", "mail.example.com").a("host.example.com", "198.18.0.5");
  around.a("sound.example.com", "198.18.0.5").txt("sound.example.com", "v=spf1 -all");
  const auto with = [&around](const std::vector<std::string>& names) {
    lint::Subject subject = {.domain = *dns::Name::parse("example.com")};
    for (const std::string& name : names) subject.subdomains.push_back(*dns::Name::parse(name));
    return lint_test::described(examine(around, subject), "C05");
  };
  CHECK(with({"bare.example.com", "host.example.com", "sound.example.com"}).find(": bare.example.com and host.example.com.") !=
        std::string::npos);
  CHECK(with({"host.example.com", "HOST.example.com", "host.example.com"}).find(": host.example.com.") != std::string::npos);
  CHECK(with({"sound.example.com", "none.example.com", "mail.example.net", "example.com"}).empty());
}

TEST_CASE("C03: hosts that the record names by a and mx, besides the MX hosts of the domain") {
  const auto with = [](std::string_view record) {
    World around = world_with(record);
    around.mx("lists.example.net", "out.example.net").a("out.example.net", "198.18.5.1").a("out.example.net", "2001:dba:5::1");
    return lint_test::described(examine(around), "C03");
  };
  CHECK(with("v=spf1 mx ip4:198.18.5.0/24 ?mx:lists.example.net -all").find("out.example.net passes with its IPv4 address") !=
        std::string::npos);
  CHECK(with("v=spf1 mx ip4:198.18.5.0/24 ?a:out.example.net -all").find("2001:dba:5::1") != std::string::npos);
  CHECK(with("v=spf1 mx ip4:198.18.5.0/24 ip6:2001:dba:5::/48 ?a:out.example.net -all").empty());
  CHECK(with("v=spf1 mx a:out.example.net -all").empty());
  CHECK(with("v=spf1 mx ?a:out.example.net -all").empty());  // its IPv4 address does not pass, either
  CHECK(with("v=spf1 mx ip4:198.18.5.0/24 -all").empty());   // nothing names the host
  // Nothing is claimed where something is not known.
  CHECK(with("v=spf1 mx ip4:198.18.5.0/24 ?a:out.example.net exists:%{i}.example.net -all").empty());
}

}  // namespace
