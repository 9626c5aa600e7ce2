// Zones whose name servers are silent: which names are asked for only once.
#include "common/io/silent_zones.h"

#include <doctest/doctest.h>

#include <atomic>
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

  bool is_silent(const std::string& text) { return zones.has(name(text)); }
  void silence(const std::string& text) { zones.on_silence(name(text), now); }
  void silence_of(const std::string& zone, int names = kNames) {
    for (int i = 0; i < names; ++i) silence(numbered(i, zone));
  }
};

}  // namespace

TEST_CASE("silent zones: silences about several names, without an answer between them") {
  World world;
  CHECK_FALSE(world.is_silent("a.dead.example"));
  world.silence_of("dead.example", kNames - 1);
  for (int i = 0; i < 100; ++i) world.silence("n0.dead.example");  // the same name proves nothing new
  CHECK_FALSE(world.is_silent("a.dead.example"));
  world.silence("last.dead.example");
  CHECK(world.is_silent("a.dead.example"));
  CHECK(world.is_silent("x.y.dead.example"));
  CHECK(world.is_silent("dead.example"));
  CHECK_FALSE(world.is_silent("a.other.example"));
  CHECK_FALSE(world.is_silent("example"));

  World answering;
  for (int i = 0; i < 100; ++i) {
    answering.silence(numbered(i, "half.example"));
    if (i % 5 == 0) answering.zones.on_answer(name("www.half.example"));
    CHECK_FALSE(answering.is_silent("a.half.example"));
  }
}

TEST_CASE("silent zones: an answer about any name ends the silence") {
  World world;
  world.silence_of("dead.example");
  CHECK(world.is_silent("a.dead.example"));
  world.zones.on_answer(name("b.c.dead.example"));
  for (int i = 0; i < 50; ++i) CHECK_FALSE(world.is_silent(numbered(i, "dead.example")));
}

TEST_CASE("silent zones: a silent owner does not affect others below a shared domain") {
  World world;
  world.silence_of("evil.shared.example");
  CHECK(world.is_silent("a.evil.shared.example"));
  CHECK_FALSE(world.is_silent("good.shared.example"));
  CHECK_FALSE(world.is_silent("mail.good.shared.example"));
  World deep;
  for (int i = 0; i < 100; ++i) deep.silence("a" + std::to_string(i) + ".b" + std::to_string(i % 7) + ".evil.eu.example");
  CHECK(deep.is_silent("new.evil.eu.example"));
  CHECK_FALSE(deep.is_silent("good.eu.example"));
}

TEST_CASE("silent zones: old entries are forgotten, and the table is bounded") {
  World world;
  for (int i = 0; i < 3 * static_cast<int>(SilentZones::kMost); ++i)
    world.silence(numbered(i, "z" + std::to_string(i) + ".example"));
  CHECK(world.zones.size() <= SilentZones::kMost);
  world.now += SilentZones::kMemory + 1min;
  world.silence("a.dead.example");
  CHECK(world.zones.size() <= 4);
}

TEST_CASE("silent zones: a full table keeps no silent zone out, and loses none that is in use") {
  constexpr int kMost = static_cast<int>(SilentZones::kMost);
  World world;
  int attack = 0;
  const auto flood = [&](int zones, int names) {
    for (int i = 0; i < zones; ++i) world.silence_of("z" + std::to_string(attack++) + ".example", names);
  };
  flood(kMost, 1);
  for (int i = 0; i < kNames; ++i) {
    world.silence(numbered(i, "dead.example"));
    flood(100, 1);
  }
  CHECK(world.is_silent("a.dead.example"));
  // Names that are silent once remove no silent zone.
  flood(kMost, 1);
  CHECK(world.is_silent("a.dead.example"));
  // New silent zones take the places of zones that no check asks for.
  for (int i = 0; i < 8; ++i) {
    flood(kMost / 8, kNames);
    world.silence("a.dead.example");
  }
  CHECK(world.is_silent("a.dead.example"));
  CHECK(world.zones.size() <= SilentZones::kMost);
  world.silence_of("late.example");
  CHECK(world.is_silent("a.late.example"));
  flood(kMost, kNames);
  CHECK_FALSE(world.is_silent("a.dead.example"));
}

namespace {

// Silent about names with "dead" in them. A try takes 500 ms; a waiting question continues for the rest of its patience.
struct SilentWorld {
  DnsServer server{[](const dns::Question& asked, bool) {
    return react(asked.name.text().find("dead") != std::string::npos ? Fault::silence : Fault::none, kRight);
  }};
  Asker asker{io::ResolverOptions{.servers = {at(server)}, .try_timeout = 500ms, .tries = 1}};

  // Returns their answers, with an answer from elsewhere in between, so that DNS works for other names.
  std::vector<dns::Answer> ask(const std::vector<std::string>& names, std::chrono::milliseconds patience = kNever) {
    std::vector<dns::Answer> answers;
    for (const std::string& text : names) {
      asker.resolver.ask(
          question(text), {.check = 1, .patience = patience}, [&](dns::Answer got) { answers.push_back(std::move(got)); },
          [] { return true; });
    }
    CHECK(asker.ask(question("www.elsewhere.test")) == kRight);
    REQUIRE(run_until(asker.loop, [&] { return answers.size() == names.size(); }));
    return answers;
  }
  // Makes `zone` silent.
  void silence(const std::string& zone) {
    for (const dns::Answer& answer : ask(dead_names(0, zone), 1s)) CHECK(answer.cause == dns::Cause::no_answer);
  }
  static std::vector<std::string> dead_names(int first, const std::string& zone) {
    std::vector<std::string> names;
    for (int i = 0; i < kNames; ++i) names.push_back("dead" + std::to_string(first + i) + "." + zone);
    return names;
  }
};

}  // namespace

TEST_CASE("resolver: in a zone whose servers are silent each name is asked for once, at any patience") {
  SilentWorld world;
  world.silence("zone.example");
  const io::ResolverCounters before = world.asker.resolver.counters();
  // Waiters for the same name share the failure, and the cache keeps it.
  for (const dns::Answer& answer : world.ask(world.dead_names(100, "zone.example")))
    CHECK(answer == dns::failure_answer("timed out", dns::Cause::no_answer));
  const io::ResolverCounters& after = world.asker.resolver.counters();
  CHECK(after.brief == before.brief + static_cast<std::uint64_t>(kNames));
  CHECK(after.sent == before.sent + static_cast<std::uint64_t>(kNames) + 1);
}

TEST_CASE("resolver: the owner of silent domains below a shared one does not block questions about the others'") {
  SilentWorld world;
  int attack = 0;
  for (int i = 0; i < 3; ++i) {
    // The likely zone is a shared one, like me.uk.
    for (const dns::Answer& answer : world.ask(world.dead_names(attack, "shared.example"), 1s))
      CHECK(answer.cause == dns::Cause::no_answer);
    attack += kNames;
    // More names, known to be silent or not, while the others ask.
    std::size_t ended = 0;
    for (const std::string& text : world.dead_names(attack - kNames / 2, "shared.example")) {
      world.asker.resolver.ask(
          question("mail." + text), {.check = 1, .patience = kNever}, [&](const dns::Answer&) { ++ended; }, [] { return true; });
    }
    for (int k = 0; k < 20; ++k)
      CHECK(world.asker.ask(question("owner" + std::to_string(20 * i + k) + ".shared.example")) == kRight);
    REQUIRE(run_until(world.asker.loop, [&] { return ended == static_cast<std::size_t>(kNames); }));
  }
  // And one level deeper, where the name above the owners' is one label below the likely zone.
  world.silence("county.state.us");
  for (int k = 0; k < 20; ++k) CHECK(world.asker.ask(question("school" + std::to_string(k) + ".county.state.us")) == kRight);
}

TEST_CASE("resolver: a truncated answer about a silent zone is an answer: TCP gets its time") {
  std::atomic<bool> is_dead{true};
  const DnsServer server([&](const dns::Question& asked, bool is_tcp) {
    if (asked.name.text().ends_with(".elsewhere.test")) return react(kRight);
    if (is_dead) return react(Fault::silence);
    Reaction reaction = is_tcp ? react(kRight) : react(Fault::truncated, kRight);
    if (is_tcp) reaction.delay = 1s;
    return reaction;
  });
  Asker asker(io::ResolverOptions{.servers = {at(server)}, .try_timeout = 500ms, .tries = 1, .tcp_timeout = kNever});
  std::size_t ended = 0;
  for (int i = 0; i < kNames; ++i) {
    asker.resolver.ask(
        question(numbered(i, "zone.example")), {.check = 1, .patience = 1s}, [&](const dns::Answer&) { ++ended; },
        [] { return true; });
  }
  CHECK(asker.ask(question("www.elsewhere.test")) == kRight);
  REQUIRE(run_until(asker.loop, [&] { return ended == kNames; }));
  is_dead = false;
  CHECK(asker.ask(question("big.zone.example")) == kRight);
  CHECK(asker.resolver.counters().brief == 1);
  CHECK(asker.resolver.counters().tcp == 1);
}

TEST_CASE("resolver: when no name server answers at all, it is not the failure of a zone") {
  const DnsServer server(always(react(Fault::silence)));
  Asker asker(io::ResolverOptions{.servers = {at(server)}, .try_timeout = 10ms, .tries = 1});
  for (int i = 0; i < 2 * kNames; ++i) CHECK(asker.ask(question(numbered(i, "some.example")), 50ms) == kSilence);
  CHECK(asker.resolver.counters().brief == 0);
}

TEST_CASE("resolver: SERVFAIL after a long wait counts as silence of the zone's servers; an immediate one does not") {
  for (const bool is_slow : {false, true}) {
    const DnsServer server([&](const dns::Question& asked, bool) {
      if (asked.name.text().find("dead") == std::string::npos) return react(kRight);
      Reaction reaction = react_rcode(2);
      if (is_slow) reaction.delay = 1200ms;
      return reaction;
    });
    Asker asker({at(server)}, 10s);
    std::size_t failures = 0;
    for (int i = 0; i < kNames; ++i) {
      asker.resolver.ask(
          question(numbered(i, "dead.example")), {}, [&](const dns::Answer&) { ++failures; }, [] { return true; });
    }
    CHECK(asker.ask() == kRight);
    REQUIRE(run_until(asker.loop, [&] { return failures == kNames; }));
    asker.ask(question("one.more.dead.example"));
    CHECK(asker.resolver.counters().brief == (is_slow ? 1 : 0));
  }
}
