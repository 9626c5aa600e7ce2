// Refresh-ahead and serve stale (RFC 8767) of the cache, with virtual time.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "common/io/cache.h"
#include "common/io/check_answers.h"
#include "t/io/questions.h"
#include "t/support/show.h"

using namespace std::chrono_literals;
using support::question;
using support::texts;

namespace {

using io::Cache;
using io::CacheOptions;
using Look = Cache::Look;

const Cache::Clock::time_point kStart{1000h};
const Cache::Waiter kNobody = [](const io::SharedAnswer&) {};
const dns::Answer kFailure = dns::failure_answer("SERVFAIL");
const dns::Answer kSilence = dns::failure_answer("timed out", dns::Cause::unavailable);
const dns::Question kAsked = question("example.com");

// Makes `count` misses in every part of the cache.
void miss(Cache& cache, std::uint64_t count, Cache::Clock::time_point now = kStart) {
  const std::uint64_t before = cache.counters().misses;
  for (int i = 0; cache.counters().misses < before + count; ++i) {
    const auto asked = question("m" + std::to_string(i) + "." + std::to_string(before) + ".example");
    cache.find_or_join(asked, now, kNobody);
    cache.complete(asked, texts({"x"}, 0), now);
  }
}

// Uses the answer `uses` times in the first part of its TTL.
void use(Cache& cache, int uses, Cache::Clock::time_point now = kStart) {
  for (int i = 0; i < uses; ++i) {
    bool is_due = false;
    REQUIRE(cache.find(kAsked, now, &is_due) != nullptr);
    CHECK_FALSE(is_due);
  }
}

bool is_due(Cache& cache, Cache::Clock::time_point now) {
  bool due = false;
  CHECK(cache.find(kAsked, now, &due) != nullptr);
  return due;
}

// A cache with an answer of 300 seconds that was used three times, and credit for refreshes.
struct Refreshing {
  Cache cache{{.bytes = 4 << 20, .refreshes_ahead = true}};

  explicit Refreshing(std::uint32_t ttl = 300, int uses = 3) {
    miss(cache, 2000);
    cache.complete(kAsked, texts({"old"}, ttl), kStart);
    use(cache, uses);
  }
};

struct Stale {
  Cache cache{{.bytes = 4 << 20, .stale = 24h}};
  Cache::Clock::time_point now = kStart + 300s;

  Stale() { cache.complete(kAsked, texts({"old"}), kStart); }
  // Asks, and gets this answer.
  void ask(const dns::Answer& answer) {
    REQUIRE(cache.find_or_join(kAsked, now, kNobody).look == Look::start);
    cache.complete(kAsked, answer, now);
  }
  std::string stale() {
    const auto found = cache.find(kAsked, now);
    return found == nullptr || found->stale == nullptr ? "" : found->stale->answer.texts[0];
  }
};

}  // namespace

TEST_CASE("refresh-ahead: an answer used 3 times is due in the last tenth of its TTL, once") {
  Refreshing world;
  CHECK_FALSE(is_due(world.cache, kStart + 269s));
  CHECK(is_due(world.cache, kStart + 270s));
  CHECK_FALSE(is_due(world.cache, kStart + 271s));  // it is under way
  CHECK(world.cache.counters().prefetches == 1);
  world.cache.refreshed(kAsked, texts({"new"}), kStart + 272s);
  CHECK(world.cache.find(kAsked, kStart + 571s)->answer.texts[0] == "new");
  CHECK(world.cache.find(kAsked, kStart + 572s) == nullptr);
}

TEST_CASE("refresh-ahead: the new answer must be used 3 times, too") {
  Refreshing world;
  REQUIRE(is_due(world.cache, kStart + 280s));
  world.cache.refreshed(kAsked, texts({"new"}), kStart + 280s);
  CHECK_FALSE(is_due(world.cache, kStart + 575s));
  CHECK_FALSE(is_due(world.cache, kStart + 576s));
  CHECK_FALSE(is_due(world.cache, kStart + 577s));  // the third use: the next one is due
  CHECK(is_due(world.cache, kStart + 578s));
}

TEST_CASE("refresh-ahead: not for answers that are rarely used, short-lived or failures, nor without the option") {
  Refreshing rare(300, 2);
  CHECK_FALSE(is_due(rare.cache, kStart + 280s));
  Refreshing brief(9);
  CHECK_FALSE(is_due(brief.cache, kStart + 8s + 900ms));
  Refreshing least(10);
  CHECK(is_due(least.cache, kStart + 9s));
  Cache off({.bytes = 4 << 20});
  miss(off, 2000);
  off.complete(kAsked, texts({"old"}), kStart);
  use(off, 5);
  CHECK_FALSE(is_due(off, kStart + 299s));
  Refreshing world;
  world.cache.complete(kAsked, kFailure, kStart);
  use(world.cache, 4);
  CHECK_FALSE(is_due(world.cache, kStart + 4s + 999ms));
}

TEST_CASE("refresh-ahead: a refresh that fails changes nothing, and is not tried again") {
  Refreshing world;
  REQUIRE(is_due(world.cache, kStart + 280s));
  world.cache.refreshed(kAsked, kFailure, kStart + 282s);
  CHECK_FALSE(is_due(world.cache, kStart + 299s));
  CHECK(world.cache.find(kAsked, kStart + 299s)->answer.texts[0] == "old");
  CHECK(world.cache.find_or_join(kAsked, kStart + 300s, kNobody).look == Look::start);
}

TEST_CASE("refresh-ahead: a check that comes after the expiry joins the refresh, and gets its failure") {
  for (const dns::Answer& answer : {texts({"new"}), kFailure}) {
    Refreshing world;
    REQUIRE(is_due(world.cache, kStart + 290s));
    io::SharedAnswer got;
    CHECK(world.cache.find_or_join(kAsked, kStart + 301s, [&](const io::SharedAnswer& one) { got = one; }).look == Look::join);
    world.cache.refreshed(kAsked, answer, kStart + 302s);
    REQUIRE(got != nullptr);
    CHECK(got->answer == answer);
  }
}

TEST_CASE("refresh-ahead: removing or evicting an answer under refresh is harmless") {
  Refreshing world;
  REQUIRE(is_due(world.cache, kStart + 290s));
  CHECK(world.cache.remove(*dns::Name::parse("example.com")) == 1);
  CHECK(world.cache.find(kAsked, kStart + 291s) == nullptr);
  world.cache.refreshed(kAsked, kSilence, kStart + 292s);
  CHECK(world.cache.find_or_join(kAsked, kStart + 293s, kNobody).look == Look::start);
}

TEST_CASE("refresh-ahead: there is a refresh for 20 misses at most, however often answers are used") {
  Cache cache({.bytes = 64 << 20, .refreshes_ahead = true});
  std::uint64_t due = 0;
  constexpr int kNames = 3000;
  const auto name = [](int i) { return question("hot" + std::to_string(i) + ".example"); };
  for (int round = 0; round < 20; ++round) {
    const auto now = kStart + round * 1000s;
    for (int i = 0; i < kNames; ++i) {
      if (cache.find_or_join(name(i), now, kNobody).look == Look::start) cache.complete(name(i), texts({"x"}, 100), now);
      for (int use = 0; use < 4; ++use) static_cast<void>(cache.find(name(i), now + 1s));
    }
    for (int i = 0; i < kNames; ++i) {
      bool is_due = false;
      static_cast<void>(cache.find(name(i), now + 95s, &is_due));
      if (!is_due) continue;
      ++due;
      cache.refreshed(name(i), texts({"x"}, 100), now + 95s);
    }
    const io::CacheCounters counters = cache.counters();
    REQUIRE(counters.prefetches == due);
    REQUIRE(counters.prefetches * Cache::kMissesPerRefresh <= counters.misses);
  }
  CHECK(due > 2000);
}

TEST_CASE("refresh-ahead: after a quiet time there are not more refreshes than the credit") {
  Cache cache({.bytes = 64 << 20, .refreshes_ahead = true});
  miss(cache, 100'000);
  std::uint64_t due = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto asked = question("hot" + std::to_string(i) + ".example");
    cache.complete(asked, texts({"x"}, 100), kStart);
    for (int use = 0; use < 4; ++use) static_cast<void>(cache.find(asked, kStart));
    bool is_due = false;
    static_cast<void>(cache.find(asked, kStart + 95s, &is_due));
    due += is_due ? 1U : 0U;
  }
  CHECK(due == 16U * Cache::kMostCredit / Cache::kMissesPerRefresh);
}

TEST_CASE("RFC 8767 §5: a failure carries the expired answer, and the question is asked again after 30 seconds") {
  for (const dns::Answer& failure : {kFailure, kSilence, dns::failure_answer("timed out", dns::Cause::no_answer)}) {
    Stale world;
    for (int i = 0; i < 3; ++i) {
      world.ask(failure);
      CHECK(world.cache.find(kAsked, world.now)->answer == failure);
      CHECK(world.stale() == "old");
      world.now += 29s;
      CHECK(world.stale() == "old");
      world.now += 1s;
      CHECK(world.cache.find(kAsked, world.now) == nullptr);
    }
    world.ask(texts({"new"}));
    CHECK(world.cache.find(kAsked, world.now)->answer.texts[0] == "new");
    CHECK(world.stale().empty());
  }
}

TEST_CASE("RFC 8767: waiters get the failure with the expired answer") {
  Stale world;
  io::SharedAnswer got;
  world.cache.find_or_join(kAsked, world.now, [&](const io::SharedAnswer& one) { got = one; });
  world.cache.complete(kAsked, kSilence, world.now);
  REQUIRE(got != nullptr);
  REQUIRE(got->stale != nullptr);
  CHECK(got->stale->answer.texts[0] == "old");
}

TEST_CASE("RFC 8767: no answer is used for longer than the option says, and without it none") {
  Stale world;
  world.now = kStart + 300s + 24h - 10s;
  world.ask(kFailure);
  CHECK(world.stale() == "old");
  world.now += 9s;
  CHECK(world.stale() == "old");
  world.now += 1s;
  CHECK(world.cache.find(kAsked, world.now) == nullptr);
  world.ask(kFailure);
  CHECK(world.cache.find(kAsked, world.now) != nullptr);
  CHECK(world.stale().empty());

  Cache off(4 << 20);
  off.complete(kAsked, texts({"old"}), kStart);
  off.find_or_join(kAsked, kStart + 300s, kNobody);
  off.complete(kAsked, kFailure, kStart + 300s);
  CHECK(off.find(kAsked, kStart + 300s)->stale == nullptr);
  CHECK(off.expired(kAsked, kStart + 300s) == nullptr);
}

TEST_CASE("RFC 8767: an answer that denies the name replaces the expired one") {
  Stale world;
  dns::Answer gone;
  gone.status = dns::Status::name_error;
  gone.ttl = 60;
  world.ask(gone);
  world.now += 60s;
  world.ask(kFailure);
  const auto found = world.cache.find(kAsked, world.now);
  REQUIRE(found->stale != nullptr);
  CHECK(found->stale->answer == gone);
}

TEST_CASE("RFC 8767: the end of a check's own time is not a failure of DNS: others wait for the answer and get it") {
  Stale world;
  io::SharedAnswer got;
  const auto asker = world.cache.find_or_join(kAsked, world.now, kNobody);
  CHECK(asker.has_expired);
  world.now += 1s;
  io::CheckAnswers late(world.cache, nullptr, {160, std::size_t{1} << 20}, {});
  late.set_now(world.now);
  REQUIRE(late.open_slot(kAsked, 1).has_value());
  late.expire();
  late.use_stale(true);
  CHECK(late.find(kAsked)->answer.problem == "timed out");
  CHECK_FALSE(late.has_stale());
  world.cache.leave(kAsked, asker.ticket);

  CHECK(world.cache.find(kAsked, world.now) == nullptr);
  CHECK(world.cache.find_or_join(kAsked, world.now, [&](const io::SharedAnswer& one) { got = one; }).look == Look::join);
  world.cache.complete(kAsked, texts({"new"}), world.now);
  REQUIRE(got != nullptr);
  CHECK(got->answer.texts[0] == "new");
  CHECK(world.cache.find(kAsked, world.now)->answer.texts[0] == "new");
}

TEST_CASE("RFC 8767: a limit of our own is not answered with the expired answer, which stays for the next question") {
  Stale world;
  const std::uint64_t bytes = world.cache.counters().bytes;
  for (const char* const problem : {"too many questions in flight", "stopped", "no memory", "timed out"}) {
    io::SharedAnswer got;
    world.cache.find_or_join(kAsked, world.now, [&](const io::SharedAnswer& one) { got = one; });
    world.cache.complete(kAsked, dns::failure_answer(problem, dns::Cause::local), world.now);
    REQUIRE(got != nullptr);
    CHECK(got->stale == nullptr);
    CHECK(world.cache.find(kAsked, world.now) == nullptr);
    CHECK(world.cache.counters().bytes == bytes);
  }
  world.ask(kSilence);
  CHECK(world.stale() == "old");
}

TEST_CASE("RFC 8767: an answer with TTL 0 replaces the expired one, though it is not kept") {
  Stale world;
  world.ask(texts({"new"}, 0));
  CHECK(world.cache.counters().entries == 0);
  world.ask(kFailure);
  CHECK(world.stale().empty());
}

TEST_CASE("RFC 8767: a question with an expired answer is asked to its end, also when no check waits for it") {
  Stale world;
  const auto found = world.cache.find_or_join(kAsked, world.now, kNobody);
  world.cache.leave(kAsked, found.ticket);
  CHECK_FALSE(world.cache.abandon(kAsked, world.now));
  CHECK(world.cache.find_or_join(kAsked, world.now, kNobody).look == Look::join);
  world.cache.complete(kAsked, kSilence, world.now);
  CHECK(world.stale() == "old");
  // After the time of serve-stale, it is given up like others.
  world.now = kStart + 300s + 24h - 1s;
  const auto last = world.cache.find_or_join(kAsked, world.now, kNobody);
  world.cache.leave(kAsked, last.ticket);
  CHECK(world.cache.abandon(kAsked, world.now + 1s));
  CHECK(world.cache.counters().bytes == 0);
}

TEST_CASE("RFC 8767: flushing a name removes its expired answer, too") {
  for (const bool is_under_way : {false, true}) {
    Stale world;
    const auto asked = is_under_way ? world.cache.find_or_join(kAsked, world.now, kNobody) : Cache::Found{};
    world.cache.remove_zone(*dns::Name::parse("com"));
    if (!is_under_way) world.cache.find_or_join(kAsked, world.now, kNobody);
    world.cache.complete(kAsked, kFailure, world.now);
    CHECK(world.stale().empty());
  }
}

TEST_CASE("cache: expired answers are evicted first, and count in the limit meanwhile") {
  constexpr std::size_t kLimit = 1 << 20;
  Cache cache({.bytes = kLimit, .stale = 24h});
  const auto fill = [&](const std::string& prefix, int count, std::uint32_t ttl, Cache::Clock::time_point now) {
    for (int i = 0; i < count; ++i)
      cache.complete(question(prefix + std::to_string(i) + ".example"), texts({std::string(200, 'x')}, ttl), now);
  };
  fill("fresh", 400, 86400, kStart);
  fill("short", 400, 10, kStart);
  CHECK(cache.counters().evictions == 0);
  fill("new", 800, 86400, kStart + 20s);
  const io::CacheCounters counters = cache.counters();
  CHECK(counters.bytes <= kLimit);
  CHECK(counters.evictions > 0);
  int lost = 0;
  for (int i = 0; i < 400; ++i) {
    if (cache.find(question("fresh" + std::to_string(i) + ".example"), kStart + 20s) == nullptr) ++lost;
  }
  CHECK(lost < static_cast<int>(counters.evictions) / 4);
}

TEST_CASE("cache: the bytes of expired answers are counted in every state, and return to 0") {
  Stale world;
  const std::uint64_t fresh = world.cache.counters().bytes;
  world.ask(kFailure);
  CHECK(world.cache.counters().bytes > fresh);
  world.now += 30s;
  world.cache.find_or_join(kAsked, world.now, kNobody);
  REQUIRE(world.cache.expired(kAsked, world.now) != nullptr);
  world.cache.complete(kAsked, texts({"old"}), world.now);
  CHECK(world.cache.counters().bytes == fresh);
  world.cache.clear();
  CHECK(world.cache.counters().bytes == 0);
}

TEST_CASE("cache: lookups show uses, the expired answer and a question under way") {
  Stale world;
  static_cast<void>(world.cache.find(kAsked, kStart));
  auto peek = world.cache.peek(kAsked, kStart + 1s);
  REQUIRE(peek);
  CHECK(peek->uses == 1);
  CHECK(peek->left == 299s);
  CHECK(peek->stale == nullptr);
  peek = world.cache.peek(kAsked, world.now);
  REQUIRE(peek);
  CHECK(peek->answer == nullptr);
  REQUIRE(peek->stale != nullptr);
  CHECK(peek->stale_left == 24h);
  world.cache.find_or_join(kAsked, world.now, kNobody);
  peek = world.cache.peek(kAsked, world.now + 1s);
  CHECK(peek->is_under_way);
  CHECK(peek->waiting == 1);
  CHECK(peek->stale != nullptr);
  CHECK_FALSE(world.cache.peek(question("other.example"), world.now));
}

TEST_CASE("check answers: expired answers replace failures only while the step uses them") {
  Stale world;
  io::CheckAnswers answers(world.cache, nullptr, {160, std::size_t{1} << 20}, {});
  answers.set_now(world.now);
  CHECK(answers.find(kAsked) == nullptr);
  CHECK_FALSE(answers.has_stale());
  world.ask(kFailure);
  CHECK(answers.find(kAsked)->answer == kFailure);
  CHECK(answers.has_stale());
  answers.use_stale(true);
  CHECK(answers.find(kAsked)->answer.texts[0] == "old");
  CHECK(answers.ttl_of(kAsked, *answers.find(kAsked)) == 30);
  answers.set_now(world.now);
  CHECK(answers.find(kAsked)->answer == kFailure);
}

// Two expired answers, an alias and its target; part 0 of the check has asked for the alias, and got that failure.
struct LateCheck : Stale {
  dns::Question alias = question("alias.example");
  io::CheckAnswers answers;

  explicit LateCheck(const dns::Answer& failure, std::size_t bytes = std::size_t{1} << 20)
      : answers(cache, nullptr, {160, bytes}, {}) {
    cache.complete(alias, dns::alias_answer(*dns::Name::parse("example.com"), 300), kStart);
    cache.find_or_join(alias, now, [&](const io::SharedAnswer& one) {
      answers.set_now(now);
      const auto slot = answers.open_slot(alias, 1);
      REQUIRE(slot.has_value());
      answers.settle(*slot, one);
    });
    cache.complete(alias, failure, now);
    CHECK(answers.find(alias)->answer == failure);
    answers.use_stale(true);
  }
};

TEST_CASE("check answers: after the end of the time, a check that saw DNS fail finds expired answers for the rest") {
  for (const dns::Answer& failure : {kSilence, kFailure}) {
    for (const bool is_under_way : {false, true}) {
      LateCheck check(failure);
      CHECK(check.answers.find(check.alias) == nullptr);  // the target
      if (is_under_way) REQUIRE(check.answers.open_slot(kAsked, 2).has_value());
      check.answers.expire();
      REQUIRE(check.answers.find(check.alias) != nullptr);
      CHECK(check.answers.find(check.alias)->answer.texts[0] == "old");
      // The cache has learned nothing about the target.
      CHECK(check.cache.find(kAsked, check.now) == nullptr);
    }
  }
}

TEST_CASE("check answers: a failure of one identity does not let another identity use expired answers") {
  for (const bool is_under_way : {false, true}) {
    LateCheck check(kSilence);
    check.answers.begin_part(spf::AnswerSource::kParts - 1);
    CHECK(check.answers.find(kAsked) == nullptr);
    if (is_under_way) REQUIRE(check.answers.open_slot(kAsked, 1).has_value());
    check.answers.expire();
    CHECK(check.answers.find(kAsked)->answer.problem == "timed out");
  }
}

TEST_CASE("check answers: an expired answer counts in the bytes of the check") {
  LateCheck check(kSilence, 4000);
  check.cache.complete(kAsked, texts({std::string(5000, 'x')}), kStart);
  CHECK(check.answers.find(check.alias) == nullptr);
  REQUIRE(check.answers.open_slot(kAsked, 2).has_value());
  check.answers.expire();
  CHECK(check.answers.find(check.alias)->answer.problem == "timed out");
}
