// Zones whose name servers are silent: what is not asked any more, and what is.
#include "common/io/silent_zones.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "common/io/resolver.h"
#include "t/io/asker.h"
#include "t/io/run.h"
#include "t/support/dns_server.h"

using namespace std::chrono_literals;
using namespace support;
using Fault = Reaction::Fault;
using io::SilentZones;

namespace {

constexpr int kNames = static_cast<int>(SilentZones::kNames);

dns::Name name(const std::string& text) { return *dns::Name::parse(text); }
std::string numbered(int i, const std::string& zone) { return "n" + std::to_string(i) + "." + zone; }

struct World {
  SilentZones zones{io::HashKey::random()};
  SilentZones::Clock::time_point now{1000h};

  bool may_ask(const std::string& text) { return zones.may_ask(name(text), now); }
  void silence(const std::string& text) { zones.on_silence(name(text), now); }
  void silence_of(const std::string& zone, int names = kNames) {
    for (int i = 0; i < names; ++i) silence(numbered(i, zone));
  }
};

}  // namespace

TEST_CASE("silent zones: silences about several names, without an answer between them") {
  World world;
  CHECK(world.may_ask("a.dead.example"));
  world.silence_of("dead.example", kNames - 1);
  for (int i = 0; i < 100; ++i) world.silence("n0.dead.example");  // the same name says nothing new
  CHECK(world.may_ask("a.dead.example"));
  world.silence("last.dead.example");
  CHECK_FALSE(world.may_ask("a.dead.example"));
  CHECK_FALSE(world.may_ask("x.y.dead.example"));
  CHECK_FALSE(world.may_ask("dead.example"));
  CHECK(world.may_ask("a.other.example"));
  CHECK(world.may_ask("example"));

  World answering;
  for (int i = 0; i < 100; ++i) {
    answering.silence(numbered(i, "half.example"));
    if (i % 5 == 0) answering.zones.on_answer(name("www.half.example"));
    CHECK(answering.may_ask("a.half.example"));
  }
}

TEST_CASE("silent zones: one probe at a time, until an answer comes") {
  World world;
  world.silence_of("dead.example");
  for (int i = 0; i < 5; ++i) {
    world.now += SilentZones::kProbeInterval - 1s;
    CHECK_FALSE(world.may_ask("a.dead.example"));
    world.now += 1s;
    CHECK(world.may_ask("b.dead.example"));
    CHECK_FALSE(world.may_ask("c.dead.example"));
  }
  world.zones.on_answer(name("b.dead.example"));
  for (int i = 0; i < 50; ++i) CHECK(world.may_ask(numbered(i, "dead.example")));
}

TEST_CASE("silent zones: a silent owner says nothing about others under a domain that they share") {
  World world;
  world.silence_of("evil.shared.example");
  CHECK_FALSE(world.may_ask("a.evil.shared.example"));
  CHECK(world.may_ask("good.shared.example"));
  CHECK(world.may_ask("mail.good.shared.example"));
  World deep;
  for (int i = 0; i < 100; ++i) deep.silence("a" + std::to_string(i) + ".b" + std::to_string(i % 7) + ".evil.eu.example");
  CHECK_FALSE(deep.may_ask("new.evil.eu.example"));
  CHECK(deep.may_ask("good.eu.example"));
}

TEST_CASE("silent zones: what is old is forgotten, and the table is bounded") {
  World world;
  for (int i = 0; i < 3 * static_cast<int>(SilentZones::kMost); ++i)
    world.silence(numbered(i, "z" + std::to_string(i) + ".example"));
  CHECK(world.zones.size() <= SilentZones::kMost);
  world.now += SilentZones::kMemory + 1min;
  world.silence("a.dead.example");
  CHECK(world.zones.size() <= 4);
}

TEST_CASE("resolver: a zone whose servers are silent about many names is not asked for each of them; others are") {
  const DnsServer server([](const dns::Question& asked, bool) {
    return react(asked.name.text().find("dead") != std::string::npos ? Fault::silence : Fault::none, kRight);
  });
  Asker asker(io::ResolverOptions{.servers = {at(server)}, .try_timeout = 20ms, .tries = 1});
  const auto cause_of = [&](const std::string& text) {
    std::optional<dns::Answer> answer;
    asker.resolver.ask(
        question(text), {.check = 1, .patience = 100ms}, [&](dns::Answer got) { answer = std::move(got); }, [] { return true; });
    CHECK(asker.ask() == kRight);  // DNS answers others
    REQUIRE(run_until(asker.loop, [&] { return answer.has_value(); }));
    return answer->cause;
  };
  for (int i = 0; i < kNames; ++i) CHECK(cause_of(numbered(i, "dead.example")) == dns::Cause::no_answer);
  const std::uint64_t sent = asker.resolver.counters().sent;
  for (int i = 0; i < 200; ++i) {
    CHECK(asker.ask(question(numbered(i, "x.dead.example"))) ==
          dns::failure_answer("the zone's servers do not answer", dns::Cause::local));
  }
  CHECK(asker.resolver.counters().sent == sent);
  CHECK(asker.resolver.counters().withheld == 200);
  CHECK(asker.ask(question("www.good.example")) == kRight);
}

TEST_CASE("resolver: when no name server answers at all, no zone is to blame") {
  const DnsServer server(always(react(Fault::silence)));
  Asker asker(io::ResolverOptions{.servers = {at(server)}, .try_timeout = 10ms, .tries = 1});
  for (int i = 0; i < 2 * kNames; ++i) CHECK(asker.ask(question(numbered(i, "some.example")), 50ms) == kTimedOut);
  CHECK(asker.resolver.counters().withheld == 0);
}

TEST_CASE("resolver: SERVFAIL after a long wait is silence of the zone's servers; at once, it is not") {
  for (const bool is_slow : {false, true}) {
    const DnsServer server([&](const dns::Question& asked, bool) {
      if (asked.name.text().find("dead") == std::string::npos) return react(kRight);
      Reaction reaction = react_rcode(2);
      if (is_slow) reaction.delay = 1200ms;
      return reaction;
    });
    Asker asker({at(server)});
    std::size_t failures = 0;
    for (int i = 0; i < kNames; ++i) {
      asker.resolver.ask(
          question(numbered(i, "dead.example")), {}, [&](const dns::Answer&) { ++failures; }, [] { return true; });
    }
    CHECK(asker.ask() == kRight);
    REQUIRE(run_until(asker.loop, [&] { return failures == kNames; }));
    CHECK(asker.ask(question("one.more.dead.example")).cause == (is_slow ? dns::Cause::local : dns::Cause::reported));
  }
}
