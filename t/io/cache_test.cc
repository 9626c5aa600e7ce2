#include "common/io/cache.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "t/support/show.h"

using namespace std::chrono_literals;

namespace {

using io::Cache;
using Look = io::Cache::Look;

dns::Question question(const std::string& name, dns::Type type = dns::Type::txt) { return {*dns::Name::parse(name), type}; }

dns::Answer text_answer(std::string text, std::uint32_t ttl) {
  dns::Answer answer;
  answer.ttl = ttl;
  answer.texts.push_back(std::move(text));
  return answer;
}

const Cache::Waiter kNobody = [](const io::SharedAnswer&) {};
const Cache::Clock::time_point kStart{1000h};

}  // namespace

TEST_CASE("cache: an answer is found until its TTL is over") {
  Cache cache(1 << 20);
  cache.complete(question("example.com"), text_answer("v=spf1 -all", 300), kStart);
  const auto found = cache.find(question("example.com"), kStart + 299s);
  REQUIRE(found != nullptr);
  CHECK(found->answer.texts.at(0) == "v=spf1 -all");
  CHECK(std::holds_alternative<spf::Record>(found->record));
  CHECK(cache.find(question("example.com"), kStart + 300s) == nullptr);
  CHECK(cache.find_or_join(question("example.com"), kStart + 300s, kNobody).look == Look::start);
}

TEST_CASE("cache: the type is part of the question") {
  Cache cache(1 << 20);
  cache.complete(question("example.com"), text_answer("x", 300), kStart);
  CHECK(cache.find(question("example.com", dns::Type::a), kStart) == nullptr);
  CHECK(cache.find(question("example.org"), kStart) == nullptr);
}

TEST_CASE("RFC 2308 §5: negative answers are kept for their TTL, failures only for seconds") {
  Cache cache(1 << 20);
  dns::Answer nothing;
  nothing.status = dns::Status::name_error;
  nothing.ttl = 60;
  cache.complete(question("nothing.example"), nothing, kStart);
  CHECK(cache.find(question("nothing.example"), kStart + 59s) != nullptr);
  CHECK(cache.find(question("nothing.example"), kStart + 60s) == nullptr);

  cache.complete(question("broken.example"), dns::failure_answer("SERVFAIL"), kStart);
  CHECK(cache.find(question("broken.example"), kStart + 4s) != nullptr);
  CHECK(cache.find(question("broken.example"), kStart + 5s) == nullptr);
}

TEST_CASE("RFC 9520 §3.2: a failure of the same question is kept for longer each time, up to a minute") {
  Cache cache(1 << 20);
  const auto silence = dns::failure_answer("timed out", dns::Cause::no_answer);
  const auto asked = question("silent.example");
  auto now = kStart;
  const auto refusal = dns::failure_answer("SERVFAIL");
  const auto kept_for = [&](const dns::Answer& failure) {
    cache.complete(asked, failure, now);
    auto end = now;
    while (cache.find(asked, end) != nullptr) end += 1s;
    return std::chrono::duration_cast<std::chrono::seconds>(end - std::exchange(now, end)).count();
  };
  for (const int seconds : {5, 10, 20, 40, 60, 60}) {
    CHECK(cache.find_or_join(asked, now, kNobody).look == Look::start);
    CHECK(kept_for(seconds % 20 == 0 ? silence : refusal) == seconds);
  }
  cache.find_or_join(asked, now, kNobody);
  cache.complete(asked, text_answer("x", 1), now);  // after an answer the time starts from its minimum
  now += 1s;
  cache.find_or_join(asked, now, kNobody);
  CHECK(kept_for(refusal) == 5);
  cache.complete(asked, dns::failure_answer("no socket", dns::Cause::local), now);
  CHECK(kept_for(silence) == 5);
}

TEST_CASE("cache: a failure of our own is passed to waiters and not kept") {
  Cache cache(1 << 20);
  const auto asked = question("example.com");
  int calls = 0;
  cache.find_or_join(asked, kStart, [&](const auto&) { ++calls; });
  cache.complete(asked, dns::failure_answer("too many questions in flight", dns::Cause::local), kStart);
  CHECK(calls == 1);
  CHECK(cache.find(asked, kStart) == nullptr);
  CHECK(cache.find_or_join(asked, kStart, kNobody).look == Look::start);
}

TEST_CASE("cache: a question in flight that was lost is asked again, and its waiters stay") {
  Cache cache(1 << 20);
  const auto asked = question("lost.example");
  int calls = 0;
  const auto waiter = [&](const auto&) { ++calls; };
  CHECK(cache.find_or_join(asked, kStart, waiter).look == Look::start);
  CHECK(cache.find_or_join(asked, kStart + Cache::kMaxUnderWay - 1s, waiter).look == Look::join);
  CHECK(cache.find_or_join(asked, kStart + Cache::kMaxUnderWay, waiter).look == Look::start);
  CHECK(cache.find_or_join(asked, kStart + Cache::kMaxUnderWay + 1s, waiter).look == Look::join);
  cache.complete(asked, text_answer("x", 10), kStart + Cache::kMaxUnderWay + 1s);
  CHECK(calls == 4);
}

TEST_CASE("cache: a TTL is limited to one day") {
  Cache cache(1 << 20);
  cache.complete(question("example.com"), text_answer("x", 0xffffffff), kStart);
  CHECK(cache.find(question("example.com"), kStart + 86399s) != nullptr);
  CHECK(cache.find(question("example.com"), kStart + 86400s) == nullptr);
}

TEST_CASE("cache: an answer with TTL 0 goes to the waiters and is not kept") {
  Cache cache(1 << 20);
  int calls = 0;
  CHECK(cache.find_or_join(question("zero.example"), kStart, [&](const auto&) { ++calls; }).look == Look::start);
  CHECK(cache.find_or_join(question("zero.example"), kStart, [&](const auto&) { ++calls; }).look == Look::join);
  cache.complete(question("zero.example"), text_answer("x", 0), kStart);
  CHECK(calls == 2);
  CHECK(cache.find(question("zero.example"), kStart) == nullptr);
  CHECK(cache.counters().entries == 0);
  CHECK(cache.find_or_join(question("zero.example"), kStart, kNobody).look == Look::start);
}

TEST_CASE("cache: a caller that asks for a question in flight joins it; later callers have a hit") {
  Cache cache(1 << 20);
  std::vector<std::string> got;
  const auto waiter = [&](const io::SharedAnswer& known) { got.push_back(known->answer.texts.at(0)); };
  CHECK(cache.find_or_join(question("example.com"), kStart, waiter).look == Look::start);
  CHECK(cache.find_or_join(question("example.com"), kStart, waiter).look == Look::join);
  CHECK(cache.find(question("example.com"), kStart) == nullptr);
  cache.complete(question("example.com"), text_answer("x", 10), kStart);
  CHECK(got == std::vector<std::string>{"x", "x"});
  const auto found = cache.find_or_join(question("example.com"), kStart, waiter);
  CHECK(found.look == Look::hit);
  CHECK(found.answer->answer.texts.at(0) == "x");
  CHECK(got.size() == 2);
  const io::CacheCounters counters = cache.counters();
  CHECK(counters.hits == 1);
  CHECK(counters.joins == 1);
  CHECK(counters.misses == 1);
}

TEST_CASE("cache: a waiter that leaves is not called; a question without waiters can be abandoned and asked again") {
  Cache cache(1 << 20);
  int first = 0;
  int second = 0;
  const auto one = cache.find_or_join(question("example.com"), kStart, [&](const auto&) { ++first; });
  const auto two = cache.find_or_join(question("example.com"), kStart, [&](const auto&) { ++second; });
  cache.leave(question("example.com"), one.ticket);
  CHECK_FALSE(cache.abandon(question("example.com"), kStart));
  cache.complete(question("example.com"), text_answer("x", 0), kStart);
  CHECK(first == 0);
  CHECK(second == 1);
  cache.leave(question("example.com"), two.ticket);  // too late: harmless

  const auto three = cache.find_or_join(question("example.com"), kStart, kNobody);
  cache.leave(question("example.com"), three.ticket);
  CHECK(cache.find_or_join(question("example.com"), kStart, [&](const auto&) { ++second; }).look == Look::join);
  CHECK_FALSE(cache.abandon(question("example.com"), kStart));
  cache.complete(question("example.com"), text_answer("x", 0), kStart);
  CHECK(second == 2);

  const auto four = cache.find_or_join(question("example.com"), kStart, kNobody);
  cache.leave(question("example.com"), four.ticket);
  CHECK(cache.abandon(question("example.com"), kStart));
  CHECK(cache.find_or_join(question("example.com"), kStart, kNobody).look == Look::start);
}

TEST_CASE("cache: a waiter may use the cache in its callback, since no lock is held") {
  Cache cache(1 << 20);
  bool found = false;
  const auto waiter = [&](const auto&) {
    found = cache.find(question("example.com"), kStart) != nullptr;
    cache.find_or_join(question("example.com"), kStart + 1h, kNobody);
    (void)cache.counters();
  };
  cache.find_or_join(question("example.com"), kStart, waiter);
  cache.complete(question("example.com"), text_answer("x", 10), kStart);
  CHECK(found);
}

TEST_CASE("cache: the byte limit holds; the oldest answer is evicted first, and used answers get a second chance") {
  constexpr std::size_t kLimit = 1 << 20;
  Cache cache(kLimit);
  const auto name = [](int i) { return "host" + std::to_string(i) + ".example.com"; };
  cache.complete(question("precious.example"), text_answer("x", 3600), kStart);
  for (int i = 0; i < 5000; ++i) {
    cache.complete(question(name(i)), text_answer(std::string(400, 'x'), 3600), kStart);
    REQUIRE(cache.find(question("precious.example"), kStart) != nullptr);
  }
  const io::CacheCounters counters = cache.counters();
  CHECK(counters.bytes <= kLimit);
  CHECK(counters.bytes > kLimit / 2);
  CHECK(counters.entries + counters.evictions == 5001);
  CHECK(counters.evictions > 1000);
  CHECK(cache.find(question(name(0)), kStart) == nullptr);
  CHECK(cache.find(question(name(4999)), kStart) != nullptr);
}

TEST_CASE("cache: names of every length are distinguished while the table grows and shrinks") {
  Cache cache(64 << 20);
  const auto name = [](int i) {
    std::string text = std::to_string(i);
    while (text.size() < static_cast<std::size_t>(i % 250)) text += text.size() % 40 == 20 ? ".x" : "y";
    return text;
  };
  constexpr int kNames = 3000;
  for (int i = 0; i < kNames; ++i) {
    for (const dns::Type type : {dns::Type::txt, dns::Type::a}) {
      CHECK(cache.find_or_join(question(name(i), type), kStart, kNobody).look == Look::start);
    }
  }
  for (int i = 0; i < kNames; ++i) {  // every third text, and every other address, for a minute
    cache.complete(question(name(i)), text_answer(name(i), i % 3 == 0 ? 60 : 0), kStart);
    cache.complete(question(name(i), dns::Type::a), text_answer("a" + name(i), i % 2 == 0 ? 60 : 0), kStart);
  }
  for (int i = 0; i < kNames; ++i) {
    const auto text = cache.find(question(name(i)), kStart);
    const auto address = cache.find(question(name(i), dns::Type::a), kStart);
    REQUIRE((text != nullptr) == (i % 3 == 0));
    REQUIRE((address != nullptr) == (i % 2 == 0));
    if (text != nullptr) CHECK(text->answer.texts.at(0) == name(i));
    if (address != nullptr) CHECK(address->answer.texts.at(0) == "a" + name(i));
  }
  CHECK(cache.counters().entries == kNames / 3 + kNames / 2);
}

TEST_CASE("cache: waiters are called in order of arrival") {
  Cache cache(1 << 20);
  std::string calls;
  std::vector<std::uint64_t> tickets;
  for (const char c : {'a', 'b', 'c', 'd'}) {
    tickets.push_back(cache.find_or_join(question("example.com"), kStart, [&calls, c](const auto&) { calls += c; }).ticket);
  }
  cache.leave(question("example.com"), tickets.at(1));
  cache.complete(question("example.com"), text_answer("x", 10), kStart);
  CHECK(calls == "acd");
}

TEST_CASE("cache: a new answer replaces the old one, in the counters too") {
  Cache cache(1 << 20);
  cache.complete(question("example.com"), text_answer("x", 10), kStart);
  const io::CacheCounters once = cache.counters();
  cache.find_or_join(question("example.com"), kStart + 10s, kNobody);
  CHECK(cache.counters().entries == 0);
  CHECK(cache.counters().bytes == 0);
  cache.complete(question("example.com"), text_answer("y", 10), kStart + 10s);
  cache.complete(question("example.com"), text_answer("z", 10), kStart + 10s);
  CHECK(cache.counters().entries == once.entries);
  CHECK(cache.counters().bytes == once.bytes);
  CHECK(cache.find(question("example.com"), kStart + 15s)->answer.texts.at(0) == "z");
}

TEST_CASE("cache: questions in flight are never evicted") {
  Cache cache(16 << 10);
  int calls = 0;
  constexpr int kPending = 500;
  const auto name = [](int i) { return "pending" + std::to_string(i) + ".example"; };
  for (int i = 0; i < kPending; ++i) cache.find_or_join(question(name(i)), kStart, [&](const auto&) { ++calls; });
  for (int i = 0; i < 500; ++i) cache.complete(question("r" + std::to_string(i) + ".example"), text_answer("x", 60), kStart);
  cache.clear();
  for (int i = 0; i < kPending; ++i) CHECK(cache.find_or_join(question(name(i)), kStart, kNobody).look == Look::join);
  for (int i = 0; i < kPending; ++i) cache.complete(question(name(i)), text_answer("x", 60), kStart);
  CHECK(calls == kPending);
}

TEST_CASE("cache: an answer that is larger than its share is passed to waiters and not kept") {
  Cache cache(64 << 10);
  io::SharedAnswer got;
  cache.find_or_join(question("big.example"), kStart, [&](const auto& known) { got = known; });
  cache.complete(question("big.example"), text_answer(std::string(60000, 'x'), 60), kStart);
  REQUIRE(got != nullptr);
  CHECK(got->answer.texts.at(0).size() == 60000);
  CHECK(cache.find(question("big.example"), kStart) == nullptr);
  CHECK(cache.counters().bytes == 0);
}

TEST_CASE("cache: with size 0 nothing is kept, and joining works") {
  Cache cache(0);
  int calls = 0;
  CHECK(cache.find_or_join(question("example.com"), kStart, [&](const auto&) { ++calls; }).look == Look::start);
  CHECK(cache.find_or_join(question("example.com"), kStart, [&](const auto&) { ++calls; }).look == Look::join);
  cache.complete(question("example.com"), text_answer("x", 3600), kStart);
  CHECK(calls == 2);
  CHECK(cache.find(question("example.com"), kStart) == nullptr);
  CHECK(cache.counters().bytes == 0);
}

TEST_CASE("cache: clear removes answers") {
  Cache cache(1 << 20);
  for (int i = 0; i < 100; ++i) cache.complete(question("n" + std::to_string(i) + ".example"), text_answer("x", 60), kStart);
  CHECK(cache.counters().entries == 100);
  cache.clear();
  CHECK(cache.counters().entries == 0);
  CHECK(cache.counters().bytes == 0);
  CHECK(cache.find(question("n1.example"), kStart) == nullptr);
  cache.complete(question("n1.example"), text_answer("x", 60), kStart);
  CHECK(cache.find(question("n1.example"), kStart) != nullptr);
}

TEST_CASE("cache: threads ask, join, leave, abandon and complete at the same time; each waiter is called once") {
  Cache cache(64 << 10);
  constexpr unsigned kThreads = 4;
  constexpr int kRounds = 4000;
  using Calls = std::shared_ptr<std::atomic<int>>;
  std::array<std::vector<Calls>, kThreads> stayed;
  std::array<std::vector<Calls>, kThreads> left;
  const auto work = [&](unsigned thread) {
    unsigned random = thread + 1;
    for (int i = 0; i < kRounds; ++i) {
      random = random * 1664525U + 1013904223U;
      const auto asked = question("name" + std::to_string((random >> 8) % 40) + ".example");
      const auto now = kStart + std::chrono::seconds{i / 100};
      const auto calls = std::make_shared<std::atomic<int>>(0);
      const auto found = cache.find_or_join(asked, now, [calls](const io::SharedAnswer& known) {
        if (known->answer.texts.at(0) == "x") ++*calls;
      });
      if (found.look == Look::hit) continue;
      const bool leaves = (random >> 20) % 4 == 0;
      if (leaves) cache.leave(asked, found.ticket);
      (leaves ? left : stayed).at(thread).push_back(calls);
      if (found.look != Look::start) continue;
      if ((random >> 24) % 2 == 0 && cache.abandon(asked, now)) continue;
      cache.complete(asked, text_answer("x", (random >> 16) % 3), now);
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (unsigned i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  std::size_t waiters = 0;
  for (unsigned i = 0; i < kThreads; ++i) {
    waiters += stayed.at(i).size();
    for (const Calls& calls : stayed.at(i)) REQUIRE(calls->load() == 1);
    for (const Calls& calls : left.at(i)) REQUIRE(calls->load() <= 1);
  }
  CHECK(waiters > 1000);
}
