// Answers over TCP, and the slots for them.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "common/io/resolver.h"
#include "t/io/asker.h"
#include "t/io/run.h"
#include "t/support/dns_server.h"

using namespace std::chrono_literals;
using namespace support;
using Fault = Reaction::Fault;

TEST_CASE("RFC 7766 §5: an answer that does not fit UDP comes over TCP: 49 TXT records, 60 KB of TXT") {
  std::vector<std::string> many;
  many.reserve(49);
  for (int i = 0; i < 49; ++i) many.push_back(std::to_string(i) + std::string(80, 'x'));
  const dns::Answer big = texts({std::string(60000, 'y')});
  const DnsServer server(
      [&](const dns::Question& asked, bool) { return react(asked.name.text() == "many.example" ? texts(many) : big); });
  Asker asker({at(server)});
  CHECK(asker.ask(question("many.example")) == texts(many));
  CHECK(asker.ask(question("big.example")) == big);
  CHECK(server.tcp_count() == 2);
  CHECK(asker.resolver.counters().tcp == 2);
}

TEST_CASE("resolver: questions over TCP wait for a slot, and all get their answer") {
  const dns::Answer big = texts({std::string(3000, 'y')});
  const DnsServer server(always(react(big)));
  Asker asker(io::ResolverOptions{.servers = {at(server)}, .try_timeout = 1s, .tcp_timeout = kNever, .max_tcp = 8});
  CHECK(asker.ask_many(100, "example") == std::vector<dns::Answer>(100, big));
  CHECK(asker.resolver.counters().queued > 0);
}

TEST_CASE("resolver: a zone whose answers never arrive over TCP leaves slots to the others") {
  const dns::Answer big = texts({std::string(3000, 'y')});
  const DnsServer server([&](const dns::Question& asked, bool over_tcp) {
    const bool is_hostile = asked.name.text().ends_with("hostile.example");
    return react(is_hostile && over_tcp ? Fault::silence : Fault::none, big);
  });
  // More of its questions than there are slots, by many checks.
  Asker asker(io::ResolverOptions{.servers = {at(server)}, .try_timeout = 1s, .tcp_timeout = kNever, .max_tcp = 8});
  for (std::uint64_t i = 0; i < 40; ++i) {
    asker.resolver.ask(
        question("n" + std::to_string(i) + ".hostile.example"), {.check = i, .patience = kNever},
        [](const dns::Answer&) { FAIL("answered"); }, [] { return true; });
  }
  CHECK(run_until(asker.loop, [&] { return server.tcp_count() > 0; }));
  CHECK(asker.ask_many(20, "good.example", 1000) == std::vector<dns::Answer>(20, big));
  CHECK(server.tcp_count() < 40);
}

TEST_CASE("resolver: a question that gets no TCP slot in time is a failure of our own, not of the zone") {
  const DnsServer server([](const dns::Question&, bool over_tcp) { return react(over_tcp ? Fault::silence : Fault::truncated); });
  Asker asker(io::ResolverOptions{.servers = {at(server)}, .try_timeout = kNever, .tcp_timeout = kNever, .max_tcp = 1});
  asker.resolver.ask(
      question("holder.example"), {.check = 1, .patience = kNever}, [](const dns::Answer&) {}, [] { return true; });
  CHECK(run_until(asker.loop, [&] { return server.tcp_count() == 1; }));
  CHECK(asker.ask_for(100ms) == dns::failure_answer("too many questions over TCP", dns::Cause::local));
}

TEST_CASE("resolver: a server that sends only a few octets over TCP holds a question no longer than the timeout") {
  const DnsServer server([](const dns::Question&, bool over_tcp) {
    Reaction reaction = react(over_tcp ? Fault::stuck_tcp : Fault::none, texts({std::string(3000, 'y')}));
    return reaction;
  });
  CHECK(Asker({at(server)}, kNever, kSoon).ask() == dns::failure_answer("TCP failed: timed out"));
}

TEST_CASE("resolver: truncated over TCP too, TCP refused, cut off, closed or silent: the next server, then a failure") {
  const dns::Answer big = texts({std::string(3000, 'y')});
  const DnsServer good(always(react(big)));
  const auto check = [&](const DnsServer& bad, const std::string& problem) {
    const dns::Answer alone = Asker({at(bad)}).ask();
    CHECK(alone.status == dns::Status::failure);
    CHECK(alone.problem == problem);
    CHECK(Asker({at(bad), at(good)}).ask() == big);
  };
  check(DnsServer(always(react(Fault::truncated))), "truncated over TCP too");
  check(DnsServer(always(react(big)), {.tcp_refused = true}), "TCP failed: Connection refused");
  check(DnsServer(always(react(Fault::short_tcp, big))), "TCP failed: connection closed");
  check(DnsServer(always(react(Fault::close_tcp, big))), "TCP failed: connection closed");

  const auto silent_tcp = [&](const dns::Question&, bool over_tcp) {
    return react(over_tcp ? Fault::silence : Fault::none, big);
  };
  const DnsServer silent(silent_tcp);
  CHECK(Asker({at(silent)}, kNever, kSoon).ask() == dns::failure_answer("TCP failed: timed out"));
  CHECK(silent.tcp_count() == 1);
  CHECK(Asker({at(silent), at(good)}, kNever, 500ms).ask() == big);

  const DnsServer refuses_tcp([&](const dns::Question&, bool over_tcp) { return over_tcp ? react_rcode(5) : react(big); });
  check(refuses_tcp, "REFUSED");
  const DnsServer wrong_tcp(
      [&](const dns::Question&, bool over_tcp) { return react(over_tcp ? Fault::wrong_id : Fault::none, big); });
  check(wrong_tcp, "TCP failed: answer could not be read");
}
