// A driver's bounds against hostile domains, crowds and lack of memory.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "common/spf/evaluate.h"
#include "t/io/driver_world.h"
#include "t/io/run.h"
#include "t/support/dns_server.h"
#include "t/support/heap.h"
#include "t/support/single.h"

using namespace std::chrono_literals;
using namespace support;
using Fault = Reaction::Fault;

namespace {

// Answers with a CNAME alone, without its target.
Reaction cname_to(std::string target) {
  Reaction reaction;
  reaction.answer.ttl = 60;
  reaction.has_soa = false;
  reaction.cnames.push_back(std::move(target));
  return reaction;
}

}  // namespace

TEST_CASE("driver: the target that a resolver left out is asked for once, and stored together with the alias") {
  const DnsServer server([](const dns::Question& asked, bool tcp) {
    if (asked.name.text() == "a.example") return cname_to("b.example");
    if (asked.name.text() == "b.example") return cname_to("c.example");
    return echo(asked, tcp);
  });
  Worker worker(server);
  InTurn cold{{"a.example", "other.example"}};
  const io::CheckCost cost = worker.run(std::ref(cold));
  CHECK(cold.got == Strings{"c.example", "other.example"});
  CHECK(cost.questions == 4);
  CHECK(cost.rounds == 4);
  InTurn warm{{"a.example", "b.example", "c.example"}};
  CHECK(worker.run(std::ref(warm)).dns == 0);
  CHECK(warm.got == Strings{"c.example", "c.example", "c.example"});
  CHECK(server.count() == 4);
}

TEST_CASE("driver: endless aliases are a failure, after a bounded number of questions") {
  const DnsServer server([](const dns::Question& asked, bool) {
    const std::string name(asked.name.text());
    if (name == "ping.example") return cname_to("pong.example");
    if (name == "pong.example") return cname_to("ping.example");
    return cname_to("x" + name);
  });
  Worker worker(server);
  InTurn loop{{"ping.example"}};
  CHECK(worker.run(std::ref(loop)).dns == 2);
  CHECK(loop.got == Strings{"CNAME loop"});
  InTurn endless{{"y.example"}};
  CHECK(worker.run(std::ref(endless)).dns == 9);
  CHECK(endless.got == Strings{"CNAME loop"});
}

TEST_CASE("driver: answers that come one after the other do not each run the step of a record with many questions") {
  int asked_so_far = 0;
  const DnsServer server([&](const dns::Question& asked, bool tcp) {
    Reaction reaction = echo(asked, tcp);
    reaction.delay = 4ms * ++asked_so_far;
    return reaction;
  });
  Worker worker(server);
  Together many;
  for (int i = 0; i < 120; ++i) many.names.push_back("n" + std::to_string(i) + ".example");
  const io::CheckCost cost = worker.run(std::ref(many));
  CHECK(cost.questions == 120);
  CHECK(many.got == many.names);
  CHECK(many.runs <= 30);
}

TEST_CASE("driver: an alias without its target leads to the record, not to \"no record\"") {
  const DnsServer server([](const dns::Question& asked, bool) {
    return asked.name.text() == "example.com" ? cname_to("real.example") : react(texts({"v=spf1 -all"}));
  });
  Worker worker(server);
  std::optional<spf::Verdict> verdict;
  const auto query = support::mailfrom_query(*base::IpAddress::parse("192.0.2.1"), "a@example.com", "h.example");
  worker.run([&](spf::AnswerSource& answers) {
    auto evaluation = support::evaluate(query, {}, answers);
    verdict = std::move(evaluation.verdict);
    return std::move(evaluation.needs);
  });
  REQUIRE(verdict.has_value());
  CHECK(verdict->result == spf::Result::fail);
  CHECK(verdict->ttl <= 60);
  CHECK(verdict->void_lookups == 0);
}

TEST_CASE("RFC 2308 §5: \"no such record\" without an SOA is asked once, not by each check") {
  const DnsServer server([](const dns::Question& asked, bool) {
    Reaction reaction;
    reaction.answer.status = asked.name.text() == "gone.example" ? dns::Status::name_error : dns::Status::ok;
    reaction.has_soa = false;
    return reaction;
  });
  Worker worker(server);
  for (int i = 0; i < 20; ++i) {
    Together step{{"gone.example", "empty.example"}};
    worker.run(std::ref(step));
    CHECK(step.got == Strings{"", ""});
  }
  CHECK(server.count() == 2);
}

TEST_CASE("driver: a check of a domain that publishes large answers uses at most its share of memory") {
  const DnsServer server([](const dns::Question& asked, bool) {
    if (asked.name.text() == "silent.example") return react(Fault::silence);
    return react(texts({"v=spf1 -all " + std::string(60000, 'a')}));
  });
  Worker worker(server, std::make_shared<io::Cache>(0));
  Together step;
  step.names.push_back("silent.example");
  for (int i = 0; i < 50; ++i) step.names.push_back("n" + std::to_string(i) + ".example");
  const HeapWatch watch;
  const auto handle = worker.driver.start(std::ref(step), kNever, [](const io::CheckCost&) {});
  const bool all_came = run_until(worker.loop, [&] { return step.got.size() == 50; });
  const std::ptrdiff_t held = watch.bytes();
  REQUIRE(all_came);
  const auto refused = std::count(step.got.begin(), step.got.end(), "the DNS answers are too large for one check");
  CHECK(refused > 0);
  CHECK(refused < 50);
  CHECK(held < (std::ptrdiff_t{5} << 20));  // 1 MiB of answers; the step's copies of their texts; the resolver
}

TEST_CASE("driver: when a crowd waits for one answer, some of it continues in each turn of the loop") {
  const DnsServer silent([](const dns::Question&, bool) { return react(Fault::silence); });
  Worker worker(silent);
  constexpr int kCrowd = 500;
  std::size_t steps = 0;  // in this turn
  std::size_t most = 0;
  int done = 0;
  std::vector<io::Driver::Handle> handles;
  for (int i = 0; i < kCrowd; ++i) {
    handles.push_back(worker.driver.start(
        [&](spf::AnswerSource& answers) {
          ++steps;
          return answers.find(question("a.example")) == nullptr ? spf::Needs{.needed = {question("a.example")}, .wanted = {}}
                                                                : spf::Needs{};
        },
        kNever, [&](const io::CheckCost&) { ++done; }));
  }
  std::function<void()> turn = [&] {
    most = std::max(most, std::exchange(steps, 0));
    if (done < kCrowd) worker.loop.post(turn);
  };
  steps = 0;
  worker.cache->complete(question("a.example"), texts({"x"}), io::Clock::now());
  worker.loop.post(turn);
  CHECK(run_until(worker.loop, [&] { return done == kCrowd; }));
  turn();
  CHECK(most <= io::Driver::kChecksAtOnce);
  CHECK(most > 0);
}

TEST_CASE("driver: when memory runs out anywhere in a check, the check ends, and the same questions can be asked again") {
  const DnsServer server(echo);
  std::size_t failures = 0;
  for (std::size_t at = 1; at < 1000; ++at) {
    CAPTURE(at);
    Worker worker(server, nullptr, {}, 300ms);  // a message that was lost on its way through the resolver is sent again
    worker.loop.on_exception([](const std::exception&) {});
    Together unlucky{{"a.example", "b.example"}};
    bool is_over = false;
    bool has_failed = false;
    {
      HeapWatch watch;
      io::Driver::Handle handle;
      watch.fail_at(at);
      try {
        handle = worker.driver.start(std::ref(unlucky), 100ms, [&](const io::CheckCost&) {
          is_over = true;
          worker.loop.stop();
        });
        if (!is_over) worker.loop.run();
      } catch (const std::bad_alloc&) {
        is_over = true;  // from start()
      }
      has_failed = watch.end_failures();
    }
    CHECK(is_over);
    CHECK(worker.driver.running() == 0);
    // An answer lost for lack of memory looks like silence: the question must end first, and then the silence is forgotten.
    Together again{{"a.example", "b.example"}};
    for (int i = 0; i < 5 && again.got != again.names; ++i) {
      worker.cache->clear();
      CHECK_FALSE(worker.run(std::ref(again), 20s).timed_out);
    }
    CHECK(again.got == again.names);
    if (!has_failed) break;
    ++failures;
  }
  CHECK(failures > 10);
}

TEST_CASE("driver: a step that throws std::bad_alloc ends its check, at the start and later; others continue") {
  const DnsServer server(echo);
  Worker worker(server);
  const auto throws = [](spf::AnswerSource&) -> spf::Needs { throw std::bad_alloc(); };
  std::optional<io::CheckCost> first;
  CHECK(worker.driver.start(throws, kNever, [&](const io::CheckCost& cost) { first = cost; }) == nullptr);
  REQUIRE(first.has_value());
  CHECK(first->no_memory);

  const auto throws_later = [](spf::AnswerSource& answers) -> spf::Needs {
    if (answers.find(question("a.example")) != nullptr) throw std::bad_alloc();
    return {.needed = {question("a.example")}, .wanted = {}};
  };
  std::optional<io::CheckCost> second;
  const auto handle = worker.driver.start(throws_later, kNever, [&](const io::CheckCost& cost) { second = cost; });
  Together other{{"a.example"}};
  bool done = false;
  const auto other_handle = worker.driver.start(std::ref(other), kNever, [&](const io::CheckCost&) { done = true; });
  CHECK(run_until(worker.loop, [&] { return done && second.has_value(); }));
  CHECK(second->no_memory);
  CHECK(other.got == Strings{"a.example"});
  CHECK(worker.driver.running() == 0);
}

TEST_CASE("driver: a crowd of questions to servers that never answer leaves room for the questions of others") {
  const DnsServer server([](const dns::Question& asked, bool tcp) {
    return asked.name.is_within(*dns::Name::parse("dead.example")) ? react(Fault::silence) : echo(asked, tcp);
  });
  Worker worker(server, std::make_shared<io::Cache>(std::size_t{16} << 20), {}, 1s);
  // 1,100 checks with 10 includes each exceed a worker's limit of questions.
  std::vector<std::unique_ptr<Together>> steps;
  std::vector<io::Driver::Handle> handles;
  for (int i = 0; i < 1100; ++i) {
    auto step = std::make_unique<Together>();
    for (int n = 0; n < 10; ++n) step->names.push_back("n" + std::to_string(i * 10 + n) + ".dead.example");
    handles.push_back(worker.driver.start(std::ref(*step), kNever, [](const io::CheckCost&) {}));
    steps.push_back(std::move(step));
  }
  for (int i = 0; i < 20; ++i) {
    Together good{{"good" + std::to_string(i) + ".example"}};
    CHECK_FALSE(worker.run(std::ref(good), 30s).timed_out);
    CHECK(good.got == good.names);
  }
  handles.clear();
}

TEST_CASE("driver: a check with little time fails neither checks that join its question nor later ones") {
  const DnsServer server([](const dns::Question& asked, bool tcp) {
    Reaction late = echo(asked, tcp);
    if (asked.name.text() != "quick.example") late.delay = 400ms;
    return late;
  });
  Worker worker(server);
  Together brief{{"a.example", "b.example"}};
  const auto handle = worker.driver.start(std::ref(brief), 200ms, [](const io::CheckCost&) {});
  Together joined{{"a.example", "quick.example"}};
  CHECK_FALSE(worker.run(std::ref(joined)).timed_out);
  CHECK(joined.got == joined.names);
  CHECK(brief.got == Strings{"timed out", "timed out"});
  Together after{{"b.example"}};
  CHECK_FALSE(worker.run(std::ref(after)).timed_out);
  CHECK(after.got == after.names);
  CHECK(server.count() == 3);
}

TEST_CASE("driver: a question that another check joins, in any worker, is asked before the others of the check that began it") {
  for (const bool is_same_worker : {true, false}) {
    const DnsServer server([](const dns::Question& asked, bool tcp) {
      Reaction slow = echo(asked, tcp);
      slow.delay = 100ms;
      return slow;
    });
    io::Loop loop;
    const auto cache = std::make_shared<io::Cache>(std::size_t{1} << 20);
    const io::ResolverOptions options{
        .servers = {*io::parse_name_server(server.address())}, .try_timeout = kNever, .max_in_flight = 4};
    io::Driver one(loop, cache, options);
    io::Driver two(loop, cache, options);
    Together many;
    for (int i = 0; i < 16; ++i) many.names.push_back("n.zone" + std::to_string(i) + ".test");
    many.names.emplace_back("victim.test");
    const auto hostile = one.start(std::ref(many), kNever, [](const io::CheckCost&) {});
    Together victim{{"victim.test"}};
    bool is_done = false;
    const auto handle =
        (is_same_worker ? one : two).start(std::ref(victim), kNever, [&](const io::CheckCost&) { is_done = true; });
    CHECK(run_until(loop, [&] { return is_done; }));
    CHECK(victim.got == victim.names);
    // The first slots were taken; the next free one is for the joined question.
    const std::vector<dns::Question> asked = server.asked();
    CHECK(std::find(asked.begin(), asked.end(), question("victim.test")) - asked.begin() < 8);
    CHECK(server.count(question("victim.test")) == 1);
  }
}

TEST_CASE("driver: checks that wait with large answers leave room for others, and give it back when they end") {
  const std::string large(20000, 'x');
  const DnsServer server([&](const dns::Question& asked, bool tcp) {
    if (asked.name.text() == "silent.test") return react(Fault::silence);
    return asked.name.text() == "small.test" ? echo(asked, tcp) : react(texts({large}));
  });
  Worker worker(server, nullptr, {.max_bytes_of_all = std::size_t{1} << 20});
  std::vector<std::unique_ptr<Together>> steps;
  std::vector<io::Driver::Handle> handles;
  for (int i = 0; i < 50; ++i) {
    steps.push_back(std::make_unique<Together>(Together{{"a.test", "b.test", "silent.test"}}));
    handles.push_back(worker.driver.start(std::ref(*steps.back()), kNever, [](const io::CheckCost&) {}));
  }
  Together step{{"a.test", "small.test"}};
  const Strings deferred{"too little room for the answers of all checks", "small.test"};
  for (int i = 0; i < 20 && step.got != deferred; ++i) CHECK_FALSE(worker.run(std::ref(step)).timed_out);
  CHECK(step.got == deferred);
  handles.clear();
  worker.run(std::ref(step));
  CHECK(step.got == Strings{large, "small.test"});
}
