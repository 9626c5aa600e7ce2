// Limits of our own: slots, descriptors.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <string>
#include <thread>
#include <vector>

#include "common/io/resolver.h"
#include "common/io/udp.h"
#include "t/io/asker.h"
#include "t/io/run.h"
#include "t/support/dns_server.h"

using namespace std::chrono_literals;
using namespace support;
using Fault = Reaction::Fault;

TEST_CASE("resolver: questions beyond the limit in flight wait; when too many wait, some fail, as a failure of our own") {
  Reaction slow = react(kRight);
  slow.delay = 20ms;
  const DnsServer server(always(slow));
  Asker asker(io::ResolverOptions{.servers = {at(server)}, .try_timeout = 1s, .max_in_flight = 8, .max_waiting = 1000});
  CHECK(asker.ask_many(100, "example") == std::vector<dns::Answer>(100, kRight));
  CHECK(asker.resolver.counters().queued >= 90);
  CHECK(asker.resolver.counters().turned_away == 0);

  Asker small(io::ResolverOptions{.servers = {at(server)}, .try_timeout = 1s, .max_in_flight = 8, .max_waiting = 10});
  std::size_t failed = 0;
  for (const dns::Answer& answer : small.ask_many(100, "example")) {
    if (answer == kRight) continue;
    CHECK(answer == dns::failure_answer("too many questions in flight", dns::Cause::local));
    ++failed;
  }
  CHECK(failed == small.resolver.counters().turned_away);
  CHECK(failed > 0);
}

namespace {

// Silent about names in zones "dead…".
DnsServer::Handler partly_dead() {
  return [](const dns::Question& asked, bool) {
    return react(asked.name.text().find(".dead") != std::string::npos ? Fault::silence : Fault::none, kRight);
  };
}

// Asks 1,000 questions of 100 checks about this number of dead zones, and counts those that end.
void ask_dead_zones(Asker& asker, std::uint64_t zones, std::size_t& ended) {
  for (std::uint64_t i = 0; i < 1000; ++i) {
    asker.resolver.ask(
        question("n" + std::to_string(i) + ".dead" + std::to_string(i % zones) + ".example"),
        {.check = i / 10, .patience = kNever},
        [&](const dns::Answer& answer) {
          CHECK(answer == dns::failure_answer("too many questions in flight", dns::Cause::local));
          ++ended;
        },
        [] { return true; });
  }
}

}  // namespace

TEST_CASE("resolver: zones whose servers never answer do not take the slots of the others") {
  const DnsServer server(partly_dead());
  Asker asker(io::ResolverOptions{.servers = {at(server)}, .try_timeout = 1s, .max_in_flight = 100, .max_waiting = 500});
  std::size_t ended = 0;
  ask_dead_zones(asker, 3, ended);
  CHECK(asker.ask_many(60, "good.example", 5000) == std::vector<dns::Answer>(60, kRight));
  CHECK(ended >= 1000 - 3 * 100 / 4 - 500);
}

TEST_CASE("resolver: when dead zones have all slots, another zone gets the next free one") {
  const DnsServer server(partly_dead());
  Asker asker(io::ResolverOptions{.servers = {at(server)}, .try_timeout = 1s, .max_in_flight = 100, .max_waiting = 2000});
  std::size_t ended = 0;
  asker.resolver.ask(
      question("first.dead.example"), {.check = 9999, .patience = 300ms}, [](const dns::Answer&) {}, [] { return true; });
  ask_dead_zones(asker, 10, ended);
  // All of them use the same slot.
  CHECK(asker.ask_many(50, "good.example", 5000) == std::vector<dns::Answer>(50, kRight));
  CHECK(ended == 0);
}

TEST_CASE("resolver: checks whose questions are all about dead zones of their own do not keep their slots") {
  const DnsServer server(partly_dead());
  Asker asker(io::ResolverOptions{.servers = {at(server)}, .try_timeout = 100ms, .max_in_flight = 100, .max_waiting = 2000});
  std::size_t ended = 0;
  ask_dead_zones(asker, 1000, ended);
  CHECK(asker.ask_many(50, "good.example", 5000) == std::vector<dns::Answer>(50, kRight));
  CHECK(ended == 0);
}

TEST_CASE("resolver: a question that has given its slot up still gets its answer, and is asked again when there is room") {
  Reaction late = react(kRight);
  late.delay = 400ms;
  std::size_t lost = 0;
  const DnsServer server([&](const dns::Question& asked, bool) {
    const std::string name(asked.name.text());
    if (name == "late.example") return late;
    return react(name == "lost.example" && lost++ < 2 ? Fault::silence : Fault::none, kRight);
  });
  Asker asker(io::ResolverOptions{.servers = {at(server)}, .try_timeout = 50ms, .max_in_flight = 1});
  std::size_t answered = 0;
  for (const char* name : {"late.example", "lost.example", "good.example"}) {
    asker.resolver.ask(
        question(name), {.check = ++answered, .patience = 20s},
        [&](const dns::Answer& answer) {
          CHECK(answer == kRight);
          --answered;
        },
        [] { return true; });
  }
  CHECK(run_until(asker.loop, [&] { return answered == 0; }));
  CHECK(server.count(question("lost.example")) == 3);
  CHECK(asker.resolver.counters().queued > 2);
}

TEST_CASE("resolver: without descriptors a question waits, or shares a socket; later it works again") {
  const DnsServer server(always(react(kRight)));
  Asker asker({at(server)});
  Asker warm({at(server)});
  CHECK(warm.ask() == kRight);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  none.rlim_cur = 3;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const dns::Answer failed = asker.ask_for(250ms);
  std::vector<dns::Answer> reused;
  reused.reserve(200);
  for (int i = 0; i < 200; ++i) reused.push_back(warm.ask());
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(failed == dns::failure_answer("no socket: Too many open files", dns::Cause::local));
  CHECK(reused == std::vector<dns::Answer>(200, kRight));
  CHECK(asker.ask() == kRight);
}

namespace {

// Asks enough questions about silent names to keep all sockets busy, and counts those that end. The first `brief` have less
// patience.
void use_up_sockets(Asker& asker, std::uint64_t brief, std::size_t& ended) {
  for (std::uint64_t i = 0; i < 9800; ++i) {
    asker.resolver.ask(
        question("n" + std::to_string(i) + ".dead" + std::to_string(i % 10) + ".example"),
        {.check = i, .patience = i < brief ? 3s : kNever}, [&](const dns::Answer&) { ++ended; }, [] { return true; });
  }
}

}  // namespace

TEST_CASE("resolver: questions about silent names that keep all sockets busy do not block other questions, then or later") {
  const DnsServer server(partly_dead());
  Asker asker({at(server)});
  std::size_t ended = 0;
  use_up_sockets(asker, 0, ended);
  // Sockets reach their age limit meanwhile.
  std::this_thread::sleep_for(io::UdpClient::kLife);
  bool is_over = false;
  io::Timer later(asker.loop, [&] { is_over = true; });
  later.set(100ms);
  REQUIRE(run_until(asker.loop, [&] { return is_over; }));
  CHECK(asker.ask_many(100, "good.example", 100000, 10s) == std::vector<dns::Answer>(100, kRight));
  CHECK(ended == 0);
}

TEST_CASE("resolver: sockets at one server that only silent names use are closed for another server") {
  const DnsServer silent(partly_dead());
  const DnsServer server(always(react(kRight)));
  Asker asker({at(silent)});
  std::size_t ended = 0;
  use_up_sockets(asker, 100, ended);
  asker.resolver.set_servers({at(server)});
  CHECK(asker.ask_many(100, "good.example", 100000, 10s) == std::vector<dns::Answer>(100, kRight));
  // The questions that lose their sockets end like the others.
  CHECK(run_until(asker.loop, [&] { return ended == 100; }));
}
