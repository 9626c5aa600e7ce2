// The choice of servers, retries, and late answers.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/io/resolver.h"
#include "common/io/server_health.h"
#include "t/io/asker.h"
#include "t/io/run.h"
#include "t/support/dns_server.h"

using namespace std::chrono_literals;
using namespace support;
using Fault = Reaction::Fault;

TEST_CASE("resolver: if no server listens, the next one is asked at once; without any server the question fails at once") {
  CHECK(Asker({dead_server()}).ask_for(150ms) == kUnreachable);
  CHECK(Asker(std::vector<io::NameServer>{}).ask() == kUnreachable);
  const DnsServer server(always(react(kRight)));
  Asker asker({dead_server(), at(server)});
  for (int i = 0; i < 20; ++i) CHECK(asker.ask() == kRight);
}

TEST_CASE("resolver: many questions at once to an absent server each get an answer") {
  Asker asker({dead_server()});
  CHECK(asker.ask_many(500, "example", 1, 150ms) == std::vector<dns::Answer>(500, kUnreachable));
}

TEST_CASE("resolver: a server that restarts is asked again, and answers within the question's time") {
  const io::NameServer place = dead_server();
  Asker asker({place});
  std::optional<DnsServer> server;
  io::Timer starter(asker.loop, [&] { server.emplace(always(react(kRight)), DnsServer::Options{.port = place.port}); });
  starter.set(500ms);
  CHECK(asker.ask_many(100, "example") == std::vector<dns::Answer>(100, kRight));
  // Bounded: less often than once per millisecond.
  CHECK(asker.resolver.counters().sent < 100 * 20);
}

TEST_CASE("resolver: silence is a timeout at the end of the asker's patience; the next server is asked in between") {
  const DnsServer silent(always(react(Fault::silence)));
  Asker alone({at(silent)}, kSoon);
  CHECK(alone.ask_for(500ms) == kSilence);
  CHECK(silent.count() >= 3);
  CHECK(silent.count() <= 8);  // 30, 60, 120, 120, ... ms
  CHECK(alone.resolver.counters().failures == 1);

  const DnsServer server(always(react(kRight)));
  Asker both({at(silent), at(server)}, 100ms);
  CHECK(both.ask() == kRight);
}

TEST_CASE("resolver: a question is sent a bounded number of times") {
  const DnsServer silent(always(react(Fault::silence)));
  Asker asker(io::ResolverOptions{.servers = {at(silent)}, .try_timeout = 1ms, .tries = 1});
  CHECK(asker.ask_for(1s) == kSilence);
  CHECK(asker.resolver.counters().sent == io::Resolver::kMaxSent);
}

TEST_CASE("resolver: silence about one question does not count against a server that answers others, but against the zone") {
  const DnsServer server([](const dns::Question& asked, bool) {
    return react(asked.name.text() == "dead.example" ? Fault::silence : Fault::none, kRight);
  });
  Asker asker({at(server)}, 50ms);
  std::optional<dns::Answer> dead;
  asker.resolver.ask(
      question("dead.example"), {.patience = 500ms}, [&](dns::Answer answer) { dead = std::move(answer); }, [] { return true; });
  CHECK(asker.ask() == kRight);
  CHECK(run_until(asker.loop, [&] { return dead.has_value(); }));
  CHECK(*dead == dns::failure_answer("timed out", dns::Cause::no_answer));
}

TEST_CASE("resolver: a question with less patience than all tries need is not a failure of its zone") {
  const DnsServer server([](const dns::Question& asked, bool over_tcp) {
    if (asked.name.text() == "tcp.example") return react(over_tcp ? Fault::silence : Fault::truncated);
    return react(asked.name.text() == "slow.example" ? Fault::silence : Fault::none, kRight);
  });
  for (const std::string name : {"slow.example", "tcp.example"}) {
    CAPTURE(name);
    Asker asker({at(server)}, 100ms);
    std::optional<dns::Answer> slow;
    asker.resolver.ask(
        question(name), {.patience = 250ms}, [&](dns::Answer answer) { slow = std::move(answer); }, [] { return true; });
    CHECK(asker.ask() == kRight);
    CHECK(run_until(asker.loop, [&] { return slow.has_value(); }));
    CHECK(slow->cause == dns::Cause::local);
  }
}

TEST_CASE("resolver: askers with little patience do not make a server count as silent") {
  std::vector<bool> news;
  const DnsServer server(always(react(Fault::silence)));
  Asker asker(io::ResolverOptions{.servers = {at(server)},
                                  .try_timeout = kNever,
                                  .on_change = [&](const io::NameServer&, bool is_down) { news.push_back(is_down); }});
  for (int i = 0; i < 6; ++i) CHECK(asker.ask(question("a.zone" + std::to_string(i) + ".example"), 20ms) == kTimedOut);
  CHECK(news.empty());
}

TEST_CASE("resolver: a late answer is accepted, also after the question was sent again") {
  Reaction late = react(kRight);
  late.delay = 400ms;
  const DnsServer server(always(late));
  Asker asker({at(server)}, 50ms);
  CHECK(asker.ask() == kRight);
  CHECK(server.count() >= 3);  // 50, 150, 350 ms; the answer to the first arrived at 400
  // So is an answer of a server that was not the last one asked.
  const DnsServer silent(always(react(Fault::silence)));
  Asker both({at(server), at(silent)}, 60ms);
  CHECK(both.ask() == kRight);
}

TEST_CASE("resolver: a late refusal does not end a question that another server may answer") {
  Reaction late = react_rcode(2);
  late.delay = 1300ms;
  const DnsServer refusing(always(late));
  Reaction slow = react(kRight);
  slow.delay = 500ms;
  const DnsServer server(always(slow));
  Asker asker({at(refusing), at(server)}, 1s);
  CHECK(asker.ask() == kRight);
}

TEST_CASE("RFC 6891 §7: a slow server without EDNS0 is asked without it, however late its FORMERR arrives") {
  Reaction reaction = react(kRight);
  reaction.rcode = 1;
  reaction.rcode_only_to_edns = true;
  reaction.delay = 130ms;
  const DnsServer server(always(reaction));
  CHECK(Asker({at(server)}, 100ms).ask() == kRight);
}

TEST_CASE("resolver: a server that is down is asked last, and single probes find out whether it is back") {
  DnsServer first(always(react(Fault::silence)));
  const DnsServer second(always(react(kRight)));
  std::vector<std::pair<std::uint16_t, bool>> changes;
  Asker asker(io::ResolverOptions{
      .servers = {at(first), at(second)}, .try_timeout = 200ms, .on_change = [&](const io::NameServer& server, bool is_down) {
        changes.emplace_back(server.port, is_down);
      }});
  CHECK(asker.ask() == kRight);
  CHECK(changes == std::vector<std::pair<std::uint16_t, bool>>{{first.port(), true}});
  first.forget_counts();
  // Many questions at once, when the first probe is due.
  bool is_later = false;
  io::Timer timer(asker.loop, [&] { is_later = true; });
  timer.set(io::ServerHealth::kFirstProbe + 50ms);
  CHECK(run_until(asker.loop, [&] { return is_later; }));
  CHECK(asker.ask_many(100, "example") == std::vector<dns::Answer>(100, kRight));
  CHECK(first.count() <= 1);

  first.set_handler(always(react(texts({"of the first"}))));
  CHECK(run_until(asker.loop, [&] {
    asker.resolver.ask(
        question("again.example"), {}, [](const dns::Answer&) {}, [] { return true; });
    return changes.size() == 2;
  }));
  CHECK(changes.back() == std::pair<std::uint16_t, bool>{first.port(), false});
  CHECK(asker.ask() == texts({"of the first"}));
}

TEST_CASE("resolver: servers can be replaced; questions in flight keep theirs") {
  Reaction slow = react(texts({"old"}));
  slow.delay = 200ms;
  auto before = std::make_unique<DnsServer>(always(slow));
  const DnsServer after(always(react(texts({"new"}))));
  Asker asker({at(*before)});
  std::optional<dns::Answer> old;
  asker.resolver.ask(
      question("old.example"), {}, [&](dns::Answer answer) { old = std::move(answer); }, [] { return true; });
  asker.resolver.set_servers({at(after)});
  CHECK(asker.ask() == texts({"new"}));
  CHECK(run_until(asker.loop, [&] { return old.has_value(); }));
  CHECK(*old == texts({"old"}));
  asker.resolver.set_servers({});
  CHECK(asker.ask() == kUnreachable);
  asker.resolver.set_servers({at(after)});
  CHECK(asker.ask() == texts({"new"}));
}

// ---- whether a server answers ----------------------------------------------------------------------------------------------

TEST_CASE("server health: unanswered questions of several zones in a row, another server's answer, a refused port") {
  using io::ServerHealth;
  const auto begin = ServerHealth::Clock::time_point{} + 1h;
  const auto later = begin + 2s;

  ServerHealth zones;
  CHECK_FALSE(zones.on_silence(1, begin, later));
  for (int i = 0; i < 10; ++i) CHECK_FALSE(zones.on_silence(1, begin, later));  // one dead zone
  CHECK_FALSE(zones.on_silence(2, begin, later));
  CHECK(zones.on_silence(3, begin, later));
  CHECK(zones.is_down());
  CHECK_FALSE(zones.on_silence(4, begin, later));  // it is down already
  CHECK(zones.on_answer(later));
  CHECK_FALSE(zones.is_down());
  CHECK_FALSE(zones.on_answer(later));

  ServerHealth answering;
  CHECK_FALSE(answering.on_answer(begin + 1s));
  for (std::uint64_t zone = 0; zone < 10; ++zone) CHECK_FALSE(answering.on_silence(zone, begin, later));
  CHECK_FALSE(answering.on_other_answered(begin, later));
  CHECK(answering.on_other_answered(later, later));

  ServerHealth refused;
  CHECK(refused.on_unreachable(begin));
  CHECK_FALSE(refused.on_unreachable(begin));
}

TEST_CASE("server health: probes are rare, and become rarer") {
  using io::ServerHealth;
  auto now = ServerHealth::Clock::time_point{} + 1h;
  ServerHealth health;
  CHECK_FALSE(health.take_probe(now));
  CHECK(health.on_unreachable(now));
  CHECK_FALSE(health.take_probe(now));
  int probes = 0;
  for (int second = 0; second < 3600; ++second) {
    now += 1s;
    for (int i = 0; i < 10; ++i) probes += health.take_probe(now) ? 1 : 0;
  }
  CHECK(probes > 50);
  CHECK(probes < 70);
}
