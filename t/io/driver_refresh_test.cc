// Refresh-ahead by the driver: the check has the old answer at once, and the new one comes beside it.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "t/io/driver_world.h"
#include "t/io/run.h"
#include "t/support/dns_server.h"

using namespace std::chrono_literals;
using namespace support;

namespace {

const dns::Question kHot = question("hot.example");

// A cache with credit for refreshes, and an answer in the last tenth of its TTL.
std::shared_ptr<io::Cache> cache_with_hot_answer() {
  auto cache = std::make_shared<io::Cache>(io::CacheOptions{.bytes = 4 << 20, .refreshes_ahead = true});
  const auto now = io::Clock::now();
  for (int i = 0; i < 2000; ++i) {
    const auto asked = question("m" + std::to_string(i) + ".example");
    cache->find_or_join(asked, now, [](const io::SharedAnswer&) {});
    cache->complete(asked, texts({"x"}, 0), now);
  }
  REQUIRE(cache->add({kHot, std::make_shared<const io::KeptAnswer>(texts({"old"}, 1000), now - 950s), 3}, now));
  return cache;
}

std::string text_in(io::Cache& cache) {
  const auto found = cache.find(kHot, io::Clock::now());
  return found == nullptr ? "" : found->answer.texts.at(0);
}

}  // namespace

TEST_CASE("driver: a check gets the old answer at once, and one question refreshes it") {
  const DnsServer server(echo);
  Worker worker(server, cache_with_hot_answer());
  for (int i = 0; i < 3; ++i) {
    Together step{{"hot.example"}};
    bool is_done = false;
    CHECK(worker.driver.start(std::ref(step), kNever, [&](const io::CheckCost& cost) {
      is_done = true;
      CHECK(cost.dns == 0);
    }) == nullptr);
    CHECK(is_done);
    CHECK(step.got == Strings{"old"});
  }
  CHECK(run_until(worker.loop, [&] { return text_in(*worker.cache) == "hot.example"; }));
  CHECK(server.count() == 1);
  CHECK(worker.cache->counters().prefetches == 1);
  CHECK(worker.cache->counters().misses == 2000);
}

TEST_CASE("driver: a check that waits for another question refreshes as well") {
  const DnsServer server(echo);
  Worker worker(server, cache_with_hot_answer());
  Together step{{"hot.example", "cold.example"}};
  worker.run(std::ref(step));
  CHECK(step.got == Strings{"old", "cold.example"});
  CHECK(run_until(worker.loop, [&] { return text_in(*worker.cache) == "hot.example"; }));
  CHECK(server.count(kHot) == 1);
}

TEST_CASE("driver: a refresh that fails, or whose driver ends, leaves the answer alone") {
  const DnsServer server([](const dns::Question&, bool) { return react(dns::failure_answer("SERVFAIL")); });
  const auto cache = cache_with_hot_answer();
  {
    Worker worker(server, cache);
    Together step{{"hot.example"}};
    worker.run(std::ref(step));
    CHECK(run_until(worker.loop, [&] { return worker.driver.resolver_counters().failures == 1; }));
  }
  CHECK(text_in(*cache) == "old");
  CHECK_FALSE(cache->peek(kHot, io::Clock::now())->is_under_way);

  const auto other = cache_with_hot_answer();
  {
    Worker worker(server, other);
    Together step{{"hot.example"}};
    worker.run(std::ref(step));
    CHECK(other->peek(kHot, io::Clock::now())->is_under_way);
  }
  CHECK(text_in(*other) == "old");
  CHECK_FALSE(other->peek(kHot, io::Clock::now())->is_under_way);
}
