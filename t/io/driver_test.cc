#include "common/io/driver.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "t/io/driver_world.h"
#include "t/io/run.h"
#include "t/support/dns_server.h"

using namespace std::chrono_literals;
using namespace support;
using Fault = Reaction::Fault;

namespace {

std::shared_ptr<dns::Zone> zone_of(const std::string& text) {
  auto zone = std::make_shared<dns::Zone>();
  const auto added = zone->add_file(text);
  REQUIRE(added.ok());
  return zone;
}

}  // namespace

TEST_CASE("driver: a step without needs is done before start returns") {
  const DnsServer server(echo);
  Worker worker(server);
  int runs = 0;
  int done = 0;
  const auto step = [&](spf::AnswerSource&) {
    ++runs;
    return spf::Needs{};
  };
  const auto handle = worker.driver.start(step, kNever, [&](const io::CheckCost& cost) {
    ++done;
    CHECK(cost.questions == 0);
  });
  CHECK(handle == nullptr);
  CHECK(runs == 1);
  CHECK(done == 1);
  CHECK(worker.driver.running() == 0);
}

TEST_CASE("driver: needed questions are asked at once; the second check is warm: one step, within the call of start") {
  const DnsServer server(echo);
  Worker worker(server);
  Together cold{{"a.example", "b.example", "c.example"}};
  const io::CheckCost cost = worker.run(std::ref(cold));
  CHECK(cold.got == Strings{"a.example", "b.example", "c.example"});
  CHECK(cost.questions == 3);
  CHECK(cost.dns == 3);
  CHECK(cost.rounds == 1);
  CHECK_FALSE(cost.timed_out);
  CHECK(worker.driver.running() == 0);

  Together warm{{"a.example", "b.example", "c.example"}};
  std::optional<io::CheckCost> second;
  const auto handle = worker.driver.start(std::ref(warm), kNever, [&](const io::CheckCost& end) { second = end; });
  CHECK(handle == nullptr);
  REQUIRE(second.has_value());
  CHECK(warm.runs == 1);
  CHECK(warm.got == cold.got);
  CHECK(second->questions == 3);
  CHECK(second->dns == 0);
  CHECK(second->rounds == 0);
  CHECK(server.count() == 3);
}

TEST_CASE("driver: questions that depend on earlier answers are asked in rounds") {
  const DnsServer server(echo);
  Worker worker(server);
  InTurn step{{"a.example", "b.example", "c.example", "d.example"}};
  const io::CheckCost cost = worker.run(std::ref(step));
  CHECK(step.got.size() == 4);
  CHECK(cost.rounds == 4);
  CHECK(cost.dns == 4);
}

TEST_CASE("driver: an answer with TTL 0 is still available in the next round") {
  const DnsServer server([](const dns::Question& asked, bool) { return react(texts({std::string(asked.name.text())}, 0)); });
  Worker worker(server);
  InTurn step{{"a.example", "b.example", "c.example"}};
  worker.run(std::ref(step));
  CHECK(step.got == Strings{"a.example", "b.example", "c.example"});
  CHECK(server.count() == 3);
  CHECK(worker.cache->counters().entries == 0);
}

TEST_CASE("driver: checks work without a cache") {
  const DnsServer server(echo);
  Worker worker(server, std::make_shared<io::Cache>(0));
  for (int i = 0; i < 2; ++i) {
    InTurn step{{"a.example", "b.example"}};
    worker.run(std::ref(step));
    CHECK(step.got.size() == 2);
  }
  CHECK(server.count() == 4);
}

TEST_CASE("driver: two checks with the same needs share one question on the wire") {
  const DnsServer server([](const dns::Question& asked, bool tcp) {
    Reaction reaction = echo(asked, tcp);
    reaction.delay = 50ms;
    return reaction;
  });
  Worker worker(server);
  Together one{{"a.example", "b.example"}};
  Together two{{"b.example", "a.example"}};
  int done = 0;
  const auto first = worker.driver.start(std::ref(one), kNever, [&](const io::CheckCost&) { ++done; });
  const auto second = worker.driver.start(std::ref(two), kNever, [&](const io::CheckCost&) { ++done; });
  CHECK(worker.driver.running() == 2);
  CHECK(run_until(worker.loop, [&] { return done == 2; }));
  CHECK(two.got == Strings{"b.example", "a.example"});
  CHECK(server.count() == 2);
  CHECK(worker.cache->counters().joins == 2);
}

TEST_CASE("driver: two workers share one question on the wire; the one that joined gets the answer too") {
  std::atomic<bool> joined{false};
  const DnsServer server([&](const dns::Question& asked, bool tcp) {
    while (!joined) std::this_thread::sleep_for(1ms);
    return echo(asked, tcp);
  });
  const auto cache = std::make_shared<io::Cache>(1 << 20);
  std::array<Together, 2> steps{Together{{"a.example"}}, Together{{"a.example"}}};
  std::vector<std::thread> threads;
  threads.reserve(steps.size());
  for (Together& step : steps) {
    threads.emplace_back([&server, &cache, &step] {
      Worker worker(server, cache);
      worker.run(std::ref(step));
    });
  }
  while (cache->counters().joins == 0) std::this_thread::sleep_for(1ms);
  joined = true;
  for (std::thread& thread : threads) thread.join();
  for (const Together& step : steps) CHECK(step.got == Strings{"a.example"});
  CHECK(server.count() == 1);
}

TEST_CASE("driver: at the deadline missing answers become failures, and the step runs to its end at once") {
  const DnsServer server([](const dns::Question& asked, bool tcp) {
    return asked.name.text() == "a.example" ? echo(asked, tcp) : react(Fault::silence);
  });
  Worker worker(server);
  InTurn step{{"a.example", "silent1.example", "silent2.example"}};
  const io::CheckCost cost = worker.run(std::ref(step), 1s);
  CHECK(step.got == Strings{"a.example", "timed out", "timed out"});
  CHECK(cost.timed_out);
  CHECK(cost.rounds == 2);
  CHECK(server.count() == 2);
  CHECK(worker.driver.running() == 0);
  // The next check does not find this timeout in the cache.
  CHECK(worker.cache->find(question("silent1.example"), io::Cache::Clock::now()) == nullptr);
}

TEST_CASE("driver: failures of the resolver are answers") {
  const DnsServer server([](const dns::Question&, bool) { return react_rcode(2); });
  Worker worker(server);
  InTurn step{{"a.example", "b.example"}};
  worker.run(std::ref(step));
  CHECK(step.got == Strings{"SERVFAIL", "SERVFAIL"});
}

TEST_CASE("driver: a check asks at most max_wanted of its wanted questions, and all needed ones") {
  const DnsServer server(echo);
  Worker worker(server, nullptr, {.max_wanted = 3, .max_questions = 160});
  std::size_t rounds = 0;
  const auto step = [&](spf::AnswerSource& answers) {
    spf::Needs needs;
    for (int round = 0; round < 4; ++round) {
      const auto needed = question("needed" + std::to_string(round) + ".example");
      if (answers.find(needed) != nullptr) continue;
      needs.needed.push_back(needed);
      for (int i = 0; i < 2; ++i) {
        needs.wanted.push_back(question("wanted" + std::to_string(round) + std::to_string(i) + ".example"));
      }
      ++rounds;
      break;
    }
    return needs;
  };
  const io::CheckCost cost = worker.run(step);
  CHECK(rounds >= 4);
  CHECK(cost.questions == 7);
  CHECK(worker.driver.resolver_counters().questions == 7);
}

TEST_CASE("driver: a wanted answer that is needed later is not asked for again, and saves a round") {
  const DnsServer server(echo);
  Worker worker(server);
  const auto step = [](spf::AnswerSource& answers) {
    spf::Needs needs;
    if (answers.find(question("a.example")) == nullptr) {
      needs.needed.push_back(question("a.example"));
      needs.wanted.push_back(question("b.example"));
    } else if (answers.find(question("b.example")) == nullptr) {
      needs.needed.push_back(question("b.example"));
    }
    return needs;
  };
  const io::CheckCost cost = worker.run(step);
  CHECK(cost.dns == 2);
  CHECK(cost.rounds == 1);
  CHECK(server.count() == 2);
}

TEST_CASE("driver: questions beyond max_questions are failures, cached or not, and stay failures") {
  const DnsServer server(echo);
  Worker worker(server, nullptr, {.max_wanted = 16, .max_questions = 3});
  Together fill{{"d.example"}};
  worker.run(std::ref(fill));
  InTurn step{{"a.example", "b.example", "c.example", "d.example", "e.example", "a.example"}};
  const io::CheckCost cost = worker.run(std::ref(step));
  CHECK(step.got == Strings{"a.example", "b.example", "c.example", "too many questions", "too many questions", "a.example"});
  CHECK(cost.questions == 3);

  Together together{{"1.example", "2.example", "3.example", "4.example"}};
  worker.run(std::ref(together));
  CHECK(together.got == Strings{"1.example", "2.example", "3.example", "too many questions"});
}

TEST_CASE("driver: a step that keeps requesting a known answer does not block the loop") {
  const DnsServer server(echo);
  Worker worker(server, nullptr, {.max_wanted = 16, .max_questions = 3});
  int runs = 0;
  const auto step = [&](spf::AnswerSource&) {
    ++runs;
    return spf::Needs{.needed = {question("n" + std::to_string(runs) + ".example")}, .wanted = {}};
  };
  worker.run(step);
  CHECK(runs < 20);
  const auto same = [&](spf::AnswerSource&) { return spf::Needs{.needed = {question("n1.example")}, .wanted = {}}; };
  CHECK(worker.run(same, 50ms).timed_out);
}

TEST_CASE("driver: the zone overlay comes before the cache and DNS, also in the second check") {
  const DnsServer server(echo);
  Worker worker(server);
  Together before{{"over.example", "dns.example"}};
  worker.run(std::ref(before));
  CHECK(before.got == Strings{"over.example", "dns.example"});
  worker.driver.set_zone(zone_of("over.example. 60 TXT \"from the zone\"\n"));
  for (int i = 0; i < 2; ++i) {
    Together step{{"over.example", "dns.example"}};
    const auto handle = worker.driver.start(std::ref(step), kNever, [](const io::CheckCost& cost) { CHECK(cost.dns == 0); });
    CHECK(handle == nullptr);
    CHECK(step.got == Strings{"from the zone", "dns.example"});
  }
  worker.driver.set_zone(zone_of("over.example. 60 TXT \"another\"\n"));
  Together another{{"over.example"}};
  worker.run(std::ref(another));
  CHECK(another.got == Strings{"another"});
  worker.driver.set_zone(nullptr);
  Together after{{"over.example"}};
  worker.run(std::ref(after));
  CHECK(after.got == Strings{"over.example"});
  CHECK(server.count() == 2);
}

TEST_CASE("driver: a zone's CNAME to a name in DNS: the new name is asked for, the answer is stored under the old one") {
  const DnsServer server(echo);
  Worker worker(server);
  worker.driver.set_zone(zone_of("alias.example. 60 CNAME real.example.\n"));
  for (int i = 0; i < 2; ++i) {
    InTurn step{{"alias.example", "other.example"}};
    worker.run(std::ref(step));
    CHECK(step.got == Strings{"real.example", "other.example"});
  }
  CHECK(server.count(question("real.example")) == 1);
  CHECK(server.count(question("alias.example")) == 0);
}

TEST_CASE("driver: a check keeps the zone with which it began") {
  const DnsServer server(echo);
  Worker worker(server);
  worker.driver.set_zone(zone_of("over.example. 60 TXT \"old\"\n"));
  InTurn step{{"dns.example", "over.example"}};
  int done = 0;
  const auto handle = worker.driver.start(std::ref(step), kNever, [&](const io::CheckCost&) { ++done; });
  worker.driver.set_zone(zone_of("over.example. 60 TXT \"new\"\n"));
  CHECK(run_until(worker.loop, [&] { return done == 1; }));
  CHECK(step.got == Strings{"dns.example", "old"});
}

TEST_CASE("driver: a dropped check is over: no step, no done, no waiter for its questions") {
  std::atomic<bool> go{false};
  const DnsServer server([&](const dns::Question& asked, bool tcp) {
    while (!go) std::this_thread::sleep_for(1ms);
    return echo(asked, tcp);
  });
  Worker worker(server);
  Together dropped{{"a.example", "b.example"}};
  auto handle = worker.driver.start(std::ref(dropped), kNever, [](const io::CheckCost&) { FAIL("dropped"); });
  Together stays{{"b.example", "c.example"}};
  bool done = false;
  const auto other = worker.driver.start(std::ref(stays), kNever, [&](const io::CheckCost&) { done = true; });
  handle.reset();
  CHECK(worker.driver.running() == 1);
  go = true;
  CHECK(run_until(worker.loop, [&] { return done; }));
  CHECK(stays.got == Strings{"b.example", "c.example"});
  CHECK(dropped.runs == 1);
}

TEST_CASE("driver: a check may be dropped from a step, from done, and after its answer was posted") {
  const DnsServer server(echo);
  Worker worker(server);
  io::Driver::Handle own;
  io::Driver::Handle other;
  int steps = 0;

  // From its own step and from another check's step, in the turn of the loop that brought answers for both.
  const auto fatal = [&](spf::AnswerSource& answers) -> spf::Needs {
    ++steps;
    if (answers.find(question("a.example")) == nullptr) return {.needed = {question("a.example")}, .wanted = {}};
    own.reset();
    other.reset();
    return {.needed = {question("more.example")}, .wanted = {}};
  };
  own = worker.driver.start(fatal, kNever, [](const io::CheckCost&) { FAIL("dropped"); });
  other = worker.driver.start(fatal, kNever, [](const io::CheckCost&) { FAIL("dropped"); });
  CHECK(run_until(worker.loop, [&] { return steps == 3; }));
  CHECK(worker.driver.running() == 0);

  // From done.
  Together step{{"b.example"}};
  bool done = false;
  own = worker.driver.start(std::ref(step), kNever, [&](const io::CheckCost&) {
    own.reset();
    done = true;
  });
  CHECK(run_until(worker.loop, [&] { return done; }));
  CHECK(worker.driver.running() == 0);

  // With the answer in the inbox.
  Together late{{"c.example"}};
  own = worker.driver.start(std::ref(late), kNever, [](const io::CheckCost&) { FAIL("dropped"); });
  worker.cache->complete(question("c.example"), texts({"early"}), io::Cache::Clock::now());
  own.reset();
  bool turned = false;
  worker.loop.post([&] { turned = true; });
  CHECK(run_until(worker.loop, [&] { return turned; }));
  CHECK(late.runs == 1);
}

TEST_CASE("driver: done may start the next check") {
  const DnsServer server(echo);
  Worker worker(server);
  std::vector<std::unique_ptr<Together>> steps;
  std::vector<io::Driver::Handle> handles;
  int done = 0;
  std::function<void(const io::CheckCost&)> next = [&](const io::CheckCost&) {
    if (++done >= 20) return;
    // Every second one is warm and ends within this call.
    steps.push_back(std::make_unique<Together>(Together{{"n" + std::to_string(done / 2) + ".example"}}));
    handles.push_back(worker.driver.start(std::ref(*steps.back()), kNever, next));
  };
  next({});
  CHECK(run_until(worker.loop, [&] { return done == 20; }));
  for (const auto& step : steps) CHECK(step->got == step->names);
}

TEST_CASE("driver: when a driver is destroyed, others ask its questions themselves, and its own checks call nobody") {
  std::atomic<bool> is_silent{true};
  const DnsServer silent(
      [&](const dns::Question& asked, bool tcp) { return is_silent ? react(Fault::silence) : echo(asked, tcp); });
  const auto cache = std::make_shared<io::Cache>(1 << 20);
  Worker stays(silent, cache);
  auto goes = std::make_unique<Worker>(silent, cache);
  Together own{{"a.example"}};
  Together joined{{"a.example"}};
  bool done = false;
  auto handle = goes->driver.start(std::ref(own), kNever, [](const io::CheckCost&) { FAIL("gone"); });
  const auto other = stays.driver.start(std::ref(joined), kNever, [&](const io::CheckCost&) { done = true; });
  CHECK(cache->counters().joins == 1);
  handle.reset();
  is_silent = false;
  goes.reset();
  CHECK(run_until(stays.loop, [&] { return done; }));
  CHECK(joined.got == Strings{"a.example"});
  CHECK(own.runs == 1);
}

TEST_CASE("driver: a check that outlives its driver, but not its loop, does no harm") {
  const DnsServer silent([](const dns::Question&, bool) { return react(Fault::silence); });
  io::Loop loop;
  std::optional<io::Driver> driver;
  driver.emplace(loop, std::make_shared<io::Cache>(0),
                 io::ResolverOptions{.servers = {*io::parse_name_server(silent.address())}});
  Together kept{{"a.example"}};
  Together dropped{{"b.example"}};
  bool done = false;
  const auto one = driver->start(std::ref(kept), kNever, [&](const io::CheckCost&) { done = true; });
  auto two = driver->start(std::ref(dropped), kNever, [](const io::CheckCost&) { FAIL("dropped"); });
  driver.reset();
  two.reset();
  CHECK(run_until(loop, [&] { return done; }));
  CHECK(kept.got == Strings{"stopped"});
}

TEST_CASE("driver: workers start, join and drop checks of the same names, and stop in the middle") {
  const DnsServer server([](const dns::Question& asked, bool tcp) {
    Reaction reaction = echo(asked, tcp);
    reaction.answer.ttl = 0;
    return reaction;
  });
  const auto cache = std::make_shared<io::Cache>(1 << 20);
  constexpr unsigned kThreads = 4;
  std::atomic<int> done{0};
  std::atomic<int> wrong{0};
  const auto work = [&](unsigned thread) {
    unsigned random = thread + 1;
    const auto next = [&] { return (random = random * 1664525U + 1013904223U) >> 8; };
    for (int life = 0; life < 5; ++life) {
      std::vector<std::unique_ptr<Together>> steps;
      Worker worker(server, cache);
      std::vector<io::Driver::Handle> handles;
      int finished = 0;
      for (int i = 0; i < 60; ++i) {
        Strings names;
        for (unsigned n = 0; n <= next() % 3; ++n) names.push_back("n" + std::to_string(next() % 10) + ".example");
        steps.push_back(std::make_unique<Together>(Together{names}));
        Together* const step = steps.back().get();
        handles.push_back(worker.driver.start(std::ref(*step), kNever, [&, step](const io::CheckCost&) {
          ++finished;
          ++done;
          for (std::size_t j = 0; j < step->names.size(); ++j) {
            if (step->got.at(j) != step->names[j] && step->got[j] != "stopped") ++wrong;
          }
        }));
        if (next() % 4 == 0) handles.at(next() % handles.size()).reset();
        if (next() % 8 == 0) run_until(worker.loop, [&] { return finished > i / 2 || worker.driver.running() == 0; });
      }
      run_until(worker.loop, [&] { return finished >= 30 || worker.driver.running() == 0; });
      handles.clear();
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (unsigned i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  CHECK(done.load() > 100);
  CHECK(wrong.load() == 0);
}
