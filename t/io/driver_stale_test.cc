// Serve stale (RFC 8767) by the driver: only a question that was asked for its full time makes an expired answer usable.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>

#include "t/io/driver_world.h"
#include "t/io/run.h"
#include "t/support/dns_server.h"

using namespace std::chrono_literals;
using namespace support;
using Fault = Reaction::Fault;

namespace {

// The first try; the full time of a question is seven times as long.
constexpr std::chrono::milliseconds kTry = 100ms;

// A cache with expired answers.
std::shared_ptr<io::Cache> cache_with_expired(const Strings& names) {
  auto cache = std::make_shared<io::Cache>(io::CacheOptions{.bytes = 4 << 20, .stale = 1h});
  const auto now = io::Clock::now();
  for (const std::string& name : names)
    REQUIRE(cache->add({question(name), std::make_shared<const io::KeptAnswer>(texts({"old"}, 10), now - 20s), 0}, now));
  return cache;
}

// A step like InTurn that uses expired answers.
struct StaleInTurn : InTurn {
  spf::Needs operator()(spf::AnswerSource& answers) {
    answers.use_stale(true);
    return InTurn::operator()(answers);
  }
};

}  // namespace

TEST_CASE("driver: if a check ends before its question, the other checks still get the answer of DNS") {
  const DnsServer server([](const dns::Question& asked, bool tcp) {
    Reaction late = echo(asked, tcp);
    late.delay = 300ms;
    return late;
  });
  Worker worker(server, cache_with_expired({"a.example"}), {}, kTry);
  StaleInTurn brief{{{"a.example"}}};
  CHECK(worker.run(std::ref(brief), 30ms).timed_out);
  CHECK(brief.got == Strings{"timed out"});
  StaleInTurn other{{{"a.example"}}};
  CHECK_FALSE(worker.run(std::ref(other)).timed_out);
  CHECK(other.got == Strings{"a.example"});
}

TEST_CASE("driver: a check without the time of a question fails; the question continues, and the next check uses its end") {
  const DnsServer server([](const dns::Question&, bool) { return react(Fault::silence); });
  Worker worker(server, cache_with_expired({"a.example"}), {}, kTry);
  StaleInTurn brief{{{"a.example"}}};
  CHECK(worker.run(std::ref(brief), 30ms).timed_out);
  CHECK(brief.got == Strings{"timed out"});
  CHECK(worker.cache->find(question("a.example"), io::Clock::now()) == nullptr);
  CHECK(run_until(worker.loop, [&] { return worker.cache->find(question("a.example"), io::Clock::now()) != nullptr; }));
  const std::size_t sent = server.count();
  StaleInTurn next{{{"a.example"}}};
  CHECK_FALSE(worker.run(std::ref(next), 30ms).timed_out);
  CHECK(next.got == Strings{"old"});
  CHECK(server.count() == sent);
}

TEST_CASE("driver: in an outage a check with enough time uses expired answers, also along a chain") {
  const DnsServer server([](const dns::Question&, bool) { return react(Fault::silence); });
  Worker worker(server, cache_with_expired({"a.example", "b.example", "c.example"}), {}, kTry);
  StaleInTurn step{{{"a.example", "b.example", "c.example", "unknown.example"}}};
  worker.run(std::ref(step), 2s);
  CHECK(step.got == Strings{"old", "old", "old", "timed out"});
}
