// Mistakes of other SPF checkers, each as a test of ours. Mistakes with DNS messages and headers are in the tests of the resolver
// and the receiver.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include "common/spf/evaluate.h"
#include "t/support/evaluate.h"
#include "t/support/single.h"

namespace {

using spf::Result;
using support::run;
using support::World;

spf::Query from(std::string_view client, std::string_view helo = "mail.example.com") {
  return support::mailfrom_query(*base::IpAddress::parse(client), "user@example.com", helo);
}

Result result(const World& world, std::string_view client = "192.0.2.1") { return run(from(client), world).verdict.result; }

TEST_CASE("the whole check has one look-up counter, not one for each include") {
  World world;
  std::string terms;
  for (int i = 0; i < 5; ++i) terms += fmt::format(" a:h{}.example.com", i);
  for (int i = 0; i < 5; ++i) world.a(fmt::format("h{}.example.com", i), "198.51.100.1");
  world.txt("example.com", "v=spf1 include:one.example.com include:two.example.com -all");
  world.txt("one.example.com", "v=spf1" + terms + " -all").txt("two.example.com", "v=spf1" + terms + " ip4:192.0.2.1 -all");
  CHECK(result(world) == Result::permerror);  // 2 + 5 + 5
}

TEST_CASE("two SPF records at a name are permerror, even if they are equal, and also below an include") {
  World world;
  world.txt("example.com", "v=spf1 +all").txt("example.com", "v=spf1 +all");
  CHECK(result(world) == Result::permerror);
  World included;
  included.txt("example.com", "v=spf1 include:i.example.com +all")
      .txt("i.example.com", "v=spf1 +all")
      .txt("i.example.com", "v=spf1 -all");
  CHECK(result(included) == Result::permerror);
}

TEST_CASE("%{ir} of an IPv6 client reverses nibbles") {
  World world;
  world.txt("example.com", "v=spf1 exists:%{ir}.x.example.com -all");
  world.a("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.x.example.com", "127.0.0.2");
  CHECK(result(world, "2001:db8::1") == Result::pass);
}

TEST_CASE("%{d} inside an include is the included domain, %{o} stays the sender's") {
  World world;
  world.txt("example.com", "v=spf1 include:i.example.net -all");
  world.txt("i.example.net", "v=spf1 exists:%{d}.%{o}.x.example.org -all")
      .a("i.example.net.example.com.x.example.org", "127.0.0.2");
  CHECK(result(world) == Result::pass);
}

TEST_CASE("the void limit applies to the last term too") {
  World world;
  world.txt("example.com", "v=spf1 a:a.example.com a:b.example.com a:c.example.com");
  CHECK(result(world) == Result::permerror);
}

TEST_CASE("V=SPF1 in capitals is an SPF record") {
  World world;
  world.txt("example.com", "V=SPF1 IP4:192.0.2.1 -ALL");
  CHECK(result(world) == Result::pass);
}

TEST_CASE("an empty HELO does not make a name with empty labels: %{h} is then \"unknown\"") {
  World world;
  world.txt("example.com", "v=spf1 exists:%{h}.x.example.com -all").a("unknown.x.example.com", "127.0.0.2");
  const auto done = run(from("192.0.2.1", ""), world);
  CHECK(done.verdict.result == Result::pass);
}

TEST_CASE("an address literal as the HELO name of a null sender is none") {
  const World world;
  const auto query = support::helo_query(*base::IpAddress::parse("192.0.2.1"), "[192.0.2.1]");
  CHECK(run(query, world).verdict.result == Result::none);
  CHECK(run(query, world).questions() == 0);
}

TEST_CASE("%{d2147483648} and longer digits mean all parts") {
  World world;
  world.txt("example.com", "v=spf1 exists:%{d2147483648}.x.example.com exists:%{d99999999999999999999999}.x.example.com -all");
  world.a("example.com.x.example.com", "127.0.0.2");
  CHECK(result(world) == Result::pass);
}

TEST_CASE("the outer qualifier applies to a nested include") {
  World world;
  world.txt("example.com", "v=spf1 ~include:one.example.com -all").txt("one.example.com", "v=spf1 include:two.example.com -all");
  world.txt("two.example.com", "v=spf1 ip4:192.0.2.1 -all");
  CHECK(result(world, "192.0.2.1") == Result::softfail);
  CHECK(result(world, "192.0.2.2") == Result::fail);
}

TEST_CASE("a -ip4 in an included record is not a match and not a fail of the parent") {
  World world;
  world.txt("example.com", "v=spf1 include:one.example.com ip4:192.0.2.1 -all")
      .txt("one.example.com", "v=spf1 -ip4:192.0.2.1 +all");
  CHECK(result(world) == Result::pass);
}

TEST_CASE("127.0.0.1 and ::1 are ordinary clients") {
  World world;
  world.txt("example.com", "v=spf1 -all");
  CHECK(result(world, "127.0.0.1") == Result::fail);
  CHECK(result(world, "::1") == Result::fail);
}

TEST_CASE("the domain follows the last @, whatever a quoted local part contains") {
  World world;
  world.txt("example.com", "v=spf1 -all").txt("b", "v=spf1 +all");
  const auto query = support::mailfrom_query(*base::IpAddress::parse("192.0.2.1"), "\"a@b\"@example.com", "mail.example.com");
  CHECK(run(query, world).verdict.result == Result::fail);
}

TEST_CASE("an include of itself ends at the limit; after a match it is not evaluated") {
  World world;
  world.txt("example.com", "v=spf1 include:example.com -all");
  CHECK(result(world) == Result::permerror);
  World match;
  match.txt("example.com", "v=spf1 ip4:192.0.2.1 include:example.com -all");
  CHECK(result(match) == Result::pass);
}

}  // namespace
