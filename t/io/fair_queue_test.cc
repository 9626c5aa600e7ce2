#include "common/io/fair_queue.h"

#include <doctest/doctest.h>

#include <list>
#include <random>
#include <string>
#include <vector>

#include "common/base/ip.h"
#include "common/dns/likely_zone.h"
#include "t/io/run.h"
#include "t/support/show.h"

using io::FairQueue;
using support::run_until;

namespace {

// Enters a queue and records the fate of the entries.
struct World {
  explicit World(FairQueue::Limits limits) : queue(loop, limits) {}

  struct Asker {
    std::string name;
    FairQueue::Place place;
  };

  Asker& enter(const std::string& name, std::uint64_t zone, std::uint64_t check, bool is_back = false) {
    Asker& asker = askers.emplace_back();
    asker.name = name;
    asker.place = queue.enter({zone, check}, is_back, [this, &asker](FairQueue::News news) {
      (news == FairQueue::News::granted ? granted : turned_away).push_back(asker.name);
    });
    return asker;
  }
  void turn() {
    bool turned = false;
    loop.post([&] { turned = true; });
    REQUIRE(run_until(loop, [&] { return turned; }));
  }

  io::Loop loop;
  FairQueue queue;
  std::list<Asker> askers;
  std::vector<std::string> granted;  // not at once, in order
  std::vector<std::string> turned_away;
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("fair queue: free slots are given at once, later ones in order of arrival") {
  World world({.slots = 2, .per_zone = 2, .waiting = 10});
  auto& first = world.enter("first", 1, 1);
  auto& second = world.enter("second", 2, 2);
  CHECK(FairQueue::has_slot(first.place));
  CHECK(FairQueue::has_slot(second.place));
  const auto& third = world.enter("third", 3, 3);
  world.enter("fourth", 4, 4);
  CHECK_FALSE(FairQueue::has_slot(third.place));
  world.turn();
  CHECK(world.granted.empty());
  first.place.reset();
  CHECK(world.granted.empty());  // never from within a call
  world.turn();
  CHECK(world.granted == Names{"third"});
  second.place.reset();
  world.turn();
  CHECK(world.granted == Names{"third", "fourth"});
  CHECK(world.queue.held() == 2);
  world.askers.clear();
  CHECK(world.queue.held() == 0);
}

TEST_CASE("fair queue: the zone with the fewest slots is first, then the check with the fewest") {
  World world({.slots = 4, .per_zone = 4, .waiting = 100});
  std::list<World::Asker*> hostile;
  for (int i = 0; i < 4; ++i) hostile.push_back(&world.enter("hostile", 1, 1));
  for (int i = 0; i < 20; ++i) world.enter("hostile", 1, 1);
  world.enter("other check", 1, 2);
  world.enter("good", 2, 3);
  for (int i = 0; i < 3; ++i) {
    hostile.front()->place.reset();
    hostile.pop_front();
    world.turn();
  }
  CHECK(world.granted == Names{"good", "other check", "hostile"});
}

TEST_CASE("fair queue: a check with many zones waits for slots after checks that hold fewer") {
  World world({.slots = 4, .per_zone = 2, .waiting = 100});
  std::list<World::Asker*> hostile;
  for (std::uint64_t zone = 0; zone < 4; ++zone) hostile.push_back(&world.enter("hostile", zone, 1));
  for (std::uint64_t zone = 10; zone < 30; ++zone) world.enter("hostile", zone, 1);
  world.enter("good", 100, 2);
  // A zone that holds a slot, but fewer than the hostile check.
  world.enter("good, too", 0, 3);
  for (int i = 0; i < 3; ++i) {
    hostile.back()->place.reset();
    hostile.pop_back();
    world.turn();
  }
  CHECK(world.granted == Names{"good", "good, too", "hostile"});
}

TEST_CASE("fair queue: entries that are back count as load, so that they come after others, and after a while get a slot") {
  World world({.slots = 1, .per_zone = 1, .waiting = 100});
  auto& holder = world.enter("holder", 1, 1);
  for (int i = 0; i < 2; ++i) world.enter("back", 2, 2, true);
  world.enter("back, alone", 3, 3, true);
  world.enter("new", 4, 4);
  holder.place.reset();
  for (int i = 0; i < 4; ++i) {
    world.turn();
    world.askers.remove_if([](const World::Asker& asker) { return FairQueue::has_slot(asker.place); });
  }
  CHECK(world.granted == Names{"new", "back, alone", "back", "back"});
}

TEST_CASE("fair queue: when it is full, those that have had a slot are turned away first, then those of the longest check") {
  World world({.slots = 1, .per_zone = 1, .waiting = 4});
  world.enter("holder", 9, 9);
  for (std::uint64_t zone = 1; zone < 4; ++zone) world.enter(std::to_string(zone), zone, 1);
  world.enter("back", 4, 4, true);
  world.enter("good", 5, 5);
  world.turn();
  CHECK(world.turned_away == Names{"back"});
  world.enter("good", 6, 6);
  world.turn();
  CHECK(world.turned_away == Names{"back", "3"});
}

TEST_CASE("fair queue: a zone never gets more than its share, and the next zone gets a slot at once") {
  World world({.slots = 8, .per_zone = 2, .waiting = 100});
  for (int i = 0; i < 30; ++i) world.enter("hostile", 1, static_cast<std::uint64_t>(i));
  world.turn();
  CHECK(world.queue.held() == 2);
  CHECK(world.granted.empty());
  CHECK(FairQueue::has_slot(world.enter("good", 2, 100).place));
}

TEST_CASE("fair queue: when it is full, the newest entry of the zone with the most entries is turned away") {
  World world({.slots = 1, .per_zone = 1, .waiting = 3});
  world.enter("holder", 9, 9);
  for (const char* name : {"a", "b", "c"}) world.enter(name, 1, 1);
  world.enter("good", 2, 2);
  CHECK(world.turned_away.empty());  // never from within a call
  world.turn();
  CHECK(world.turned_away == Names{"c"});
  world.enter("d", 1, 1);  // the newest one of the longest zone itself
  world.turn();
  CHECK(world.turned_away == Names{"c", "d"});
  CHECK(world.queue.waiting() == 3);
}

TEST_CASE("fair queue: entries that leave give way; a callback may destroy any place") {
  World world({.slots = 1, .per_zone = 1, .waiting = 100});
  auto& holder = world.enter("holder", 1, 1);
  world.enter("gone", 2, 2).place.reset();
  World::Asker victim;
  const auto other = world.queue.enter({3, 3}, false, [&](FairQueue::News) { victim.place.reset(); });
  victim.place = world.queue.enter({4, 4}, false, [](FairQueue::News) { FAIL("called"); });
  holder.place.reset();
  world.turn();
  world.turn();
  CHECK(world.granted.empty());
  CHECK(world.queue.waiting() == 0);
  CHECK(FairQueue::has_slot(other));
}

TEST_CASE("fair queue: under random use every slot is used, no limit is exceeded, and each entry is called once") {
  std::mt19937 random(7);
  const FairQueue::Limits limits{.slots = 5, .per_zone = 3, .waiting = 20};
  World world(limits);
  std::size_t asked = 0;
  std::size_t at_once = 0;
  for (int i = 0; i < 3000; ++i) {
    if (random() % 3 != 0) {
      const std::uint64_t check = random() % 6;
      const std::uint64_t zone = random() % 4;  // drawn first, so that all compilers use the same random numbers
      at_once += FairQueue::has_slot(world.enter("x", zone, check, random() % 4 == 0).place) ? 1U : 0U;
      ++asked;
    } else if (!world.askers.empty()) {
      // Called entries leave, so every entry has had its call at the end.
      world.turn();
      world.askers.remove_if([&](const World::Asker& asker) { return FairQueue::has_slot(asker.place) && random() % 2 == 0; });
    }
    CHECK(world.queue.held() <= limits.slots);
    CHECK(world.queue.waiting() <= limits.waiting);
  }
  for (int turns = 0; turns < 1000 && world.queue.held() + world.queue.waiting() > 0; ++turns) {
    world.askers.remove_if([](const World::Asker& asker) { return FairQueue::has_slot(asker.place); });
    world.turn();
  }
  CHECK(world.queue.waiting() == 0);
  CHECK(at_once + world.granted.size() + world.turned_away.size() == asked);
}

TEST_CASE("likely zone: names served by one owner are in one zone, names of several owners are not") {
  const auto zone = [](std::string_view name) { return std::string(dns::likely_zone(*dns::Name::parse(name))); };
  CHECK(zone("example.com") == "example.com");
  CHECK(zone("_spf.a.b.example.com") == "example.com");
  CHECK(zone("mail.example.co.uk") == "example.co.uk");
  CHECK(zone("mail.example.de") == "example.de");
  CHECK(zone("a1.abc.io") == "abc.io");
  CHECK(zone("com") == "com");
  CHECK(zone("") == "");
  CHECK(zone("co.uk") == "co.uk");
  CHECK(zone("4.3.2.192.in-addr.arpa") == "2.192.in-addr.arpa");
  CHECK(zone("4.2.192.in-addr.arpa") == "2.192.in-addr.arpa");
  CHECK(zone(base::IpAddress::parse("2001:db8::1")->reverse_name()) == "8.b.d.0.1.0.0.2.ip6.arpa");
}

namespace {

// A queue with one slot, which a hostile check holds; three further entries of that check wait, the last one for "victim".
struct Inversion : World {
  Asker* holder;
  std::vector<Asker*> hostile;
  Asker* victim;

  explicit Inversion(bool is_back = false) : World({.slots = 4, .per_zone = 4, .waiting = 100}) {
    for (std::uint64_t i = 0; i < 4; ++i) hostile.push_back(&enter("held", 10 + i, 1));
    victim = &enter("victim", 1, 1, is_back);
  }
  void free_slot() {
    hostile.back()->place.reset();
    hostile.pop_back();
    turn();
  }
};

}  // namespace

TEST_CASE("fair queue: an entry for which a better check waits too is first, and belongs to that check afterwards") {
  for (const bool is_back : {false, true}) {
    Inversion world(is_back);
    world.enter("other", 2, 2, is_back);
    world.enter("busy", 3, 2, is_back);
    world.queue.join(world.victim->place, 9);
    CHECK(world.queue.waiting() == 4);
    world.free_slot();
    // Check 9 came after "other", but has no entry that is back.
    CHECK(world.granted == (is_back ? Names{"victim"} : Names{"other"}));
    world.free_slot();
    CHECK(world.granted == (is_back ? Names{"victim", "other"} : Names{"other", "victim"}));
    CHECK(world.queue.waiting() == 1);
    CHECK(world.queue.load(9) == 1);
    world.victim->place.reset();
    CHECK(world.queue.load(9) == 0);
    world.turn();
    world.askers.clear();
    CHECK(world.queue.held() == 0);
    CHECK(world.queue.waiting() == 0);
    CHECK(world.queue.load(1) == 0);
  }
}

TEST_CASE("fair queue: without a better check, an entry waits in the line of its own") {
  Inversion world;
  world.enter("other", 2, 2);
  world.free_slot();
  CHECK(world.granted == Names{"other"});
  world.enter("another", 3, 3);
  world.free_slot();
  CHECK(world.granted == Names{"other", "another"});
}

TEST_CASE("fair queue: of many further checks, those with the least load count") {
  Inversion world;
  // Four checks with a slot each are better than the first one, but not the best.
  World& queue = world;
  for (auto& held : world.hostile) held->place.reset();
  world.hostile.clear();
  world.turn();
  CHECK(world.granted == Names{"victim"});
  World::Asker* last = nullptr;
  for (std::uint64_t check = 2; check < 5; ++check) last = &queue.enter("held", 20 + check, check);
  for (std::uint64_t i = 0; i < 3; ++i) queue.enter("waits", 30 + i, 1);
  auto& victim = queue.enter("asked", 2, 1);
  for (std::uint64_t check = 2; check < 2 + FairQueue::kStandIns; ++check) queue.queue.join(victim.place, check);
  queue.queue.join(victim.place, 9);
  queue.queue.join(victim.place, 9);
  CHECK(queue.queue.waiting() == 4 + FairQueue::kStandIns);
  last->place.reset();
  world.turn();
  CHECK(world.granted.back() == "asked");
  CHECK(queue.queue.load(1) == 1);
}

TEST_CASE("fair queue: further checks of an entry leave with it, and take no place that others need") {
  World world({.slots = 1, .per_zone = 1, .waiting = 3});
  auto& holder = world.enter("holder", 9, 9);
  auto& one = world.enter("one", 1, 1);
  world.queue.join(one.place, 2);
  world.queue.join(one.place, 3);
  CHECK(world.queue.waiting() == 3);
  // The full queue loses places of the longest line: stand-ins, and not the entry that came first.
  world.enter("two", 2, 2);
  world.enter("three", 3, 3);
  world.turn();
  CHECK(world.turned_away.empty());
  CHECK(world.queue.waiting() == 3);
  one.place.reset();
  CHECK(world.queue.waiting() == 2);
  holder.place.reset();
  world.turn();
  CHECK(world.granted == Names{"two"});
  world.askers.clear();
  CHECK(world.queue.waiting() == 0);
}

TEST_CASE("fair queue: entries with further checks come and go at random, and the counts stay right") {
  std::mt19937 random(7);
  World world({.slots = 5, .per_zone = 3, .waiting = 12});
  const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
  for (int i = 0; i < 20000; ++i) {
    if (below(3) == 0) {
      world.enter("x", below(6), below(8), below(4) == 0);
    } else if (!world.askers.empty()) {
      auto at = std::next(world.askers.begin(), below(static_cast<unsigned>(world.askers.size())));
      if (below(2) == 0) {
        world.queue.join(at->place, below(8));
      } else {
        world.askers.erase(at);
      }
    }
    if (below(4) == 0) world.turn();
    REQUIRE(world.queue.waiting() <= 12);
    REQUIRE(world.queue.held() <= 5);
  }
  world.turn();
  world.askers.clear();
  CHECK(world.queue.held() == 0);
  CHECK(world.queue.waiting() == 0);
  for (std::uint64_t check = 0; check < 8; ++check) CHECK(world.queue.load(check) == 0);
}
