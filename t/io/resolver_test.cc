#include "common/io/resolver.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "common/dns/message.h"
#include "t/io/asker.h"
#include "t/io/run.h"
#include "t/support/dns_server.h"

using namespace std::chrono_literals;
using namespace support;
using Fault = Reaction::Fault;

TEST_CASE("resolver: every type of record, no such name, no such record") {
  ZoneData zone;
  zone.add("example.com", "A", "192.0.2.1");
  zone.add("example.com", "AAAA", "2001:db8::1");
  zone.add("example.com", "MX", "10 mail.example.com");
  zone.add("example.com", "TXT", "v=spf1 mx -all");
  zone.add("1.2.0.192.in-addr.arpa", "PTR", "example.com");
  const DnsServer server(zone);
  Asker asker({at(server)});
  CHECK(asker.ask(question("example.com", dns::Type::a)).addresses.at(0).text() == "192.0.2.1");
  CHECK(asker.ask(question("example.com", dns::Type::aaaa)).addresses.at(0).text() == "2001:db8::1");
  CHECK(asker.ask(question("example.com", dns::Type::mx)).names.at(0) == "mail.example.com");
  CHECK(asker.ask(question("1.2.0.192.in-addr.arpa", dns::Type::ptr)).names.at(0) == "example.com");
  CHECK(asker.ask(question("example.com")).texts.at(0) == "v=spf1 mx -all");
  CHECK(asker.ask(question("nothing.example.com")).status == dns::Status::name_error);
  const dns::Answer none = asker.ask(question("example.com", dns::Type::ptr));
  CHECK(none.status == dns::Status::ok);
  CHECK(none.is_void());
  CHECK(asker.resolver.counters().sent == 7);
  CHECK(asker.resolver.counters().questions == 7);
}

TEST_CASE("resolver: over IPv6") {
  std::unique_ptr<DnsServer> server;
  try {
    server = std::make_unique<DnsServer>(always(react(kRight)), DnsServer::Options{.ipv6 = true});
  } catch (const std::system_error&) {
    MESSAGE("this machine has no IPv6");
    return;
  }
  CHECK(Asker({at(*server)}).ask() == kRight);
}

TEST_CASE("resolver: an answer with TTL 0 is an ordinary answer") {
  const DnsServer server(always(react(texts({"x"}, 0))));
  CHECK(Asker({at(server)}).ask() == texts({"x"}, 0));
}

TEST_CASE("resolver: a lost datagram is sent again") {
  const auto first = std::make_shared<std::atomic<bool>>(true);
  const DnsServer server([first](const dns::Question&, bool) { return react(*first ? Fault::silence : Fault::none, kRight); });
  Asker asker({at(server)}, 200ms);
  asker.resolver.ask(
      question("lost.example"), {}, [&](const dns::Answer&) { asker.loop.stop(); },
      [&] {
        *first = false;
        return true;
      });
  asker.loop.run();
  CHECK(server.count() >= 2);
}

TEST_CASE("resolver: answers to all tries of a question, read together, end it once") {
  std::mutex closed;
  const DnsServer server([&closed](const dns::Question&, bool) {
    const std::lock_guard<std::mutex> open(closed);
    return react(Fault::none, kRight);
  });
  Asker asker({at(server)}, 50ms);
  constexpr std::size_t kNames = 50;
  std::vector<int> calls(kNames);
  {
    const std::lock_guard<std::mutex> hold(closed);
    for (std::size_t i = 0; i < kNames; ++i) {
      asker.resolver.ask(
          question("n" + std::to_string(i) + ".example"), {.patience = 10s}, [&calls, i](const dns::Answer&) { ++calls[i]; },
          [] { return true; });
    }
    CHECK(run_until(asker.loop, [&] { return asker.resolver.counters().timeouts >= kNames; }));
  }
  // The loop does not run until the answers are in its sockets.
  for (int i = 0; i < 1000 && server.count() < 2 * kNames; ++i) std::this_thread::sleep_for(5ms);
  CHECK(run_until(asker.loop, [&] { return std::accumulate(calls.begin(), calls.end(), 0) == int{kNames}; }));
  CHECK(std::count(calls.begin(), calls.end(), 1) == kNames);
}

TEST_CASE("resolver: an unreadable answer leads to the next server, without a wait") {
  const DnsServer broken(always(react(Fault::compression_loop)));
  CHECK(Asker({at(broken)}).ask() == dns::failure_answer("answer could not be read"));
  const DnsServer server(always(react(kRight)));
  CHECK(Asker({at(broken), at(server)}).ask() == kRight);
}

TEST_CASE("resolver: a loop of CNAMEs is an immediate failure") {
  const DnsServer server(always(react(Fault::cname_loop)));
  Asker asker({at(server)});
  CHECK(asker.ask().status == dns::Status::failure);
  CHECK(asker.resolver.counters().sent == 1);
}

TEST_CASE("resolver: SERVFAIL and REFUSED lead to the next server, then to a failure that names them") {
  const DnsServer good(always(react(kRight)));
  const DnsServer silent(always(react(Fault::silence)));
  for (const unsigned rcode : {2U, 5U, 1U}) {
    const std::string name = dns::rcode_name(static_cast<int>(rcode));
    CAPTURE(name);
    const DnsServer bad(always(react_rcode(rcode)));
    Asker alone({at(bad)});
    CHECK(alone.ask() == dns::failure_answer(name));
    CHECK(alone.resolver.counters().sent <= 2);
    CHECK(Asker({at(bad), at(good)}).ask() == kRight);
    // A silent server does not make the failure less certain.
    Asker with_silent({at(silent), at(bad)}, 100ms);
    CHECK(with_silent.ask() == dns::failure_answer(name));
    CHECK(with_silent.resolver.counters().timeouts < 8);
  }
}

TEST_CASE("RFC 6891 §7: a server without EDNS0 is asked without it, and stays so for a while") {
  for (const unsigned rcode : {1U, 4U}) {
    for (const bool only_header : {false, true}) {
      CAPTURE(rcode);
      CAPTURE(only_header);
      Reaction reaction = react(kRight);
      reaction.rcode = rcode;
      reaction.rcode_only_to_edns = true;
      reaction.rcode_only_header = only_header;
      const DnsServer server(always(reaction));
      Asker asker({at(server)});
      CHECK(asker.ask() == kRight);
      CHECK(server.count() == 2);
      CHECK(asker.ask(question("example.org")) == kRight);
      CHECK(server.count() == 3);
    }
  }
}

TEST_CASE("resolver: FORMERR to one odd question does not disable EDNS0") {
  const dns::Answer long_answer = texts({std::string(900, 'x')});  // without EDNS0 it would need TCP
  const DnsServer server(
      [&](const dns::Question& asked, bool) { return asked.name.text() == "odd.example" ? react_rcode(1) : react(long_answer); });
  Asker asker({at(server)});
  CHECK(asker.ask(question("odd.example")) == dns::failure_answer("FORMERR"));
  CHECK(server.count() == 2);
  CHECK(asker.ask() == long_answer);
  CHECK(server.tcp_count() == 0);
}

TEST_CASE("resolver: a question that is no longer wanted is not sent again, and does not call back") {
  const DnsServer silent(always(react(Fault::silence)));
  Asker asker({at(silent)}, kSoon);
  bool asked_whether = false;
  bool called = false;
  asker.resolver.ask(
      question("example.com"), {}, [&](const dns::Answer&) { called = true; },
      [&] {
        asked_whether = true;
        return false;
      });
  CHECK(run_until(asker.loop, [&] { return asked_whether; }));
  CHECK(asker.ask(question("other.example"), 200ms) == kTimedOut);
  CHECK_FALSE(called);
  CHECK(silent.count(question("example.com")) == 1);
}

TEST_CASE("resolver: a destroyed resolver calls nobody") {
  const DnsServer silent(always(react(Fault::silence)));
  io::Loop loop;
  auto resolver = std::make_unique<io::Resolver>(loop, io::ResolverOptions{.servers = {at(silent)}});
  auto empty = std::make_unique<io::Resolver>(loop, io::ResolverOptions{});
  const auto never = [](const dns::Answer&) { FAIL("called"); };
  for (int i = 0; i < 100; ++i) {
    resolver->ask(question("n" + std::to_string(i) + ".example"), {}, never, [] { return true; });
    empty->ask(question("n" + std::to_string(i) + ".example"), {}, never, [] { return true; });
  }
  resolver.reset();
  empty.reset();
  bool turned = false;
  loop.post([&] { turned = true; });
  CHECK(run_until(loop, [&] { return turned; }));
}
