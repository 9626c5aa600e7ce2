// Answers over TCP, and the slots for them.
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>
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

namespace {

// A failure to which a server's answer did not lead, so that it says nothing about the name.
dns::Answer tcp_failure(const std::string& why) { return dns::failure_answer("TCP failed: " + why, dns::Cause::local); }

// Answers what is too large for UDP; the first `count` questions over TCP meet this fault.
DnsServer::Handler at_first(std::size_t count, const Reaction& fault, const dns::Answer& big) {
  return [=, left = count](const dns::Question&, bool over_tcp) mutable {
    if (!over_tcp || left == 0) return react(big);
    --left;
    return fault;
  };
}

}  // namespace

TEST_CASE("resolver: a server that sends only a few octets over TCP holds a question only as long as its patience") {
  const DnsServer truncates([](const dns::Question&, bool over_tcp) {
    return react(over_tcp ? Fault::stuck_tcp : Fault::truncated, texts({std::string(3000, 'y')}));
  });
  CHECK(Asker({at(truncates)}, kNever, kSoon).ask_for(300ms) == tcp_failure("timed out"));
  CHECK(truncates.tcp_count() > 1);
}

TEST_CASE("resolver: only an answer of the server is final over TCP: truncated or refused") {
  const dns::Answer big = texts({std::string(3000, 'y')});
  const DnsServer good(always(react(big)));
  const auto check = [&](const DnsServer& bad, const std::string& problem) {
    CHECK(Asker({at(bad)}).ask() == dns::failure_answer(problem));
    CHECK(bad.tcp_count() == 1);
    CHECK(Asker({at(bad), at(good)}).ask() == big);
  };
  const auto over_tcp = [&](const Reaction& reaction) {
    return DnsServer::Handler([=](const dns::Question&, bool is_tcp) { return is_tcp ? reaction : react(big); });
  };
  check(DnsServer(always(react(Fault::truncated))), "truncated over TCP too");
  check(DnsServer(over_tcp(react_rcode(5))), "REFUSED");
  // A malformed answer may have been damaged on its way. If it stays malformed, the owner of the name has made it so.
  const DnsServer malformed(over_tcp(react(Fault::compression_loop)));
  CHECK(Asker({at(malformed)}).ask() == dns::failure_answer("TCP failed: answer could not be read"));
  CHECK(malformed.tcp_count() == 3);
  CHECK(Asker({at(malformed), at(good)}).ask() == big);
}

TEST_CASE(
    "resolver: TCP refused, cut off, closed, silent or unreadable: the next server, or a failure of our own when time is over") {
  const dns::Answer big = texts({std::string(3000, 'y')});
  const DnsServer good(always(react(big)));
  const auto check = [&](const DnsServer& bad, const std::string& problem) {
    CHECK(Asker({at(bad)}, kNever, kSoon).ask_for(500ms) == tcp_failure(problem));
    CHECK(Asker({at(bad), at(good)}, kNever, 500ms).ask() == big);
  };
  check(DnsServer(always(react(big)), {.tcp_refused = true}), "Connection refused");
  check(DnsServer(at_first(1000, react(Fault::short_tcp, big), big)), "connection closed");
  check(DnsServer(at_first(1000, react(Fault::close_tcp), big)), "connection closed");
  check(DnsServer(at_first(1000, react(Fault::silence), big)), "timed out");
  check(DnsServer(at_first(1000, react(Fault::wrong_id, big), big)), "answer could not be read");
  check(DnsServer(at_first(1000, react(Fault::garbage), big)), "answer could not be read");
}

TEST_CASE("resolver: TCP that is closed, silent, unreadable or slow at first is tried again, and UDP is not asked again") {
  const dns::Answer big = texts({std::string(3000, 'y')});
  const auto check = [&](const Reaction& fault, std::size_t tcp) {
    const DnsServer server(at_first(2, fault, big));
    CHECK(Asker({at(server)}, kNever, 50ms).ask() == big);
    CHECK(server.tcp_count() >= tcp);
    CHECK(server.count() == server.tcp_count() + 1);
  };
  check(react(Fault::short_tcp, big), 3);
  check(react(Fault::close_tcp), 3);
  check(react(Fault::silence), 3);
  check(react(Fault::wrong_id, big), 3);
  check(react(Fault::garbage), 3);
  check(react(Fault::compression_loop), 3);

  // Slower than the first time for a connection.
  Reaction slow = react(big);
  slow.delay = 150ms;
  const DnsServer server(at_first(1000, slow, big));
  CHECK(Asker({at(server)}, kNever, 50ms).ask() == big);
}

TEST_CASE("resolver: TCP refused while a resolver is restarted") {
  const dns::Answer big = texts({std::string(3000, 'y')});
  std::optional<DnsServer> server;
  server.emplace(always(react(Fault::truncated)), DnsServer::Options{.tcp_refused = true});
  Asker asker({at(*server)});
  std::optional<dns::Answer> answer;
  asker.resolver.ask(
      question("example.com"), {.check = 1, .patience = 20s}, [&](dns::Answer got) { answer = std::move(got); },
      [] { return true; });
  REQUIRE(run_until(asker.loop, [&] { return asker.resolver.counters().tcp >= 2; }));
  CHECK_FALSE(answer.has_value());
  const std::uint16_t port = server->port();
  server.emplace(always(react(big)), DnsServer::Options{.port = port});
  REQUIRE(run_until(asker.loop, [&] { return answer.has_value(); }));
  CHECK(*answer == big);
}

TEST_CASE("resolver: a connection stays while the server answers others over TCP, unless they wait for its slot") {
  const dns::Answer big = texts({std::string(3000, 'y')});
  const DnsServer server([&](const dns::Question& asked, bool over_tcp) {
    Reaction reaction = react(big);
    if (over_tcp && asked.name.text() == "slow.example") reaction.delay = 1500ms;
    return reaction;
  });
  Asker asker({at(server)}, kNever, 1s);
  std::optional<dns::Answer> answer;
  asker.resolver.ask(
      question("slow.example"), {.check = 1, .patience = 20s}, [&](dns::Answer got) { answer = std::move(got); },
      [] { return true; });
  REQUIRE(run_until(asker.loop, [&] { return server.tcp_count() == 1; }));
  CHECK(asker.ask(question("other.example")) == big);
  REQUIRE(run_until(asker.loop, [&] { return answer.has_value(); }));
  CHECK(*answer == big);
  CHECK(server.tcp_count() == 2);

  const DnsServer half([&](const dns::Question& asked, bool over_tcp) {
    return react(over_tcp && asked.name.text() == "silent.example" ? Fault::silence : Fault::none, big);
  });
  Asker two(io::ResolverOptions{.servers = {at(half)}, .try_timeout = kNever, .tcp_timeout = kSoon, .max_tcp = 1});
  two.resolver.ask(
      question("silent.example"), {.check = 1, .patience = kNever}, [](const dns::Answer&) { FAIL("answered"); },
      [] { return true; });
  REQUIRE(run_until(two.loop, [&] { return half.tcp_count() == 1; }));
  CHECK(two.ask_many(20, "good.example", 2) == std::vector<dns::Answer>(20, big));
}
