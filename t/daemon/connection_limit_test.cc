// max-connections: who gives up a connection when another client waits.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "spfd/connection_limit.h"
#include "t/support/dns_server.h"
#include "t/support/spfd_process.h"

namespace {

using spfd::HeldConnection;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::Client;
using support::SpfdProcess;
using State = HeldConnection::State;

constexpr std::string_view kZone = "pass.test TXT \"v=spf1 ip4:192.0.2.10 -all\"\n";
constexpr std::string_view kQuestion = "ip=192.0.2.10\nhelo=mail.pass.test\nsender=u@pass.test\n\n";

// The ids of those that are given up, in order. Each connection: id, peer, state, seconds of waiting.
struct Held {
  std::uint64_t id;
  std::uint64_t peer;
  State state;
  int seconds;
};
std::vector<std::uint64_t> displaced(const std::vector<Held>& held, std::size_t most) {
  const std::chrono::steady_clock::time_point now{std::chrono::hours(100)};
  std::vector<HeldConnection> all;
  all.reserve(held.size());
  for (const Held& one : held) all.push_back({one.id, one.peer, one.state, now - seconds(one.seconds)});
  std::vector<std::uint64_t> ids;
  for (const std::size_t index : spfd::choose_displaced(all, most, now)) ids.push_back(all[index].id);
  return ids;
}

TEST_CASE("the peer who holds most gives up the connection that waits longest, idle ones first") {
  using Ids = std::vector<std::uint64_t>;
  CHECK(displaced({}, 3) == Ids{});
  CHECK(displaced({{1, 0, State::idle, 5}, {2, 0, State::idle, 9}, {3, 0, State::idle, 7}}, 2) == Ids{2, 3});
  CHECK(displaced({{1, 0, State::in_message, 9}, {2, 0, State::not_reading, 8}, {3, 0, State::asking, 7}, {4, 0, State::idle, 6}},
                  9) == Ids{4, 3, 2, 1});
  CHECK(displaced({{1, 0, State::checking, 50}, {2, 0, State::idle, 0}}, 1) == Ids{});
  // Of three connections of one peer and two of another: one, then each in turn.
  CHECK(displaced({{1, 7, State::idle, 90},
                   {2, 7, State::idle, 80},
                   {3, 8, State::asking, 3},
                   {4, 8, State::asking, 2},
                   {5, 8, State::asking, 1}},
                  1) == Ids{3});
  // Those that cannot be given up count, too.
  CHECK(displaced({{1, 7, State::idle, 90}, {2, 8, State::checking, 1}, {3, 8, State::idle, 2}}, 1) == Ids{3});
  CHECK(displaced({{1, 7, State::idle, 90}, {2, 8, State::checking, 1}, {3, 8, State::checking, 2}}, 1) == Ids{1});
}

TEST_CASE("peers: a user, an IPv4 address, an IPv6 network") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  CHECK(spfd::peer_of(ends[0]) == ((1ULL << 63U) | ::getuid()));
  ::close(ends[0]);
  ::close(ends[1]);
  CHECK(spfd::peer_of(-1) == 0);
}

TEST_CASE("max-connections: an idle client makes room for one that waits, on whichever worker they are") {
  const SpfdProcess spfd({.arguments = {"--max-connections", "4", "--workers", "3"}, .zone = std::string(kZone)});
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 4; ++i) {
    idle.push_back(std::make_unique<Client>(spfd.address()));
    if (i % 2 == 0) {
      idle.back()->send("keep=1\n" + std::string(kQuestion));
      CHECK(idle.back()->read_answer().starts_with("result=pass"));
    }
  }
  for (int i = 0; i < 12; ++i) CHECK(spfd.ask(kQuestion).starts_with("result=pass"));
  spfd.wait_for_log("closed to make room for new ones");
  std::size_t closed = 0;
  for (const auto& client : idle) closed += client->is_readable(milliseconds(0)) ? 1U : 0U;
  CHECK(closed >= 1);
  const std::string log = spfd.log();
  CHECK(log.find("make room") == log.rfind("make room"));
}

TEST_CASE("max-connections: clients with a part of a question make room, too, and learn why") {
  const SpfdProcess spfd({.arguments = {"--max-connections", "3", "--workers", "2"}, .zone = std::string(kZone)});
  std::vector<std::unique_ptr<Client>> slow;
  for (int i = 0; i < 3; ++i) {
    slow.push_back(std::make_unique<Client>(spfd.address()));
    slow.back()->send("ip=192.0.2.10\nhelo=");
  }
  CHECK(spfd.ask(kQuestion).starts_with("result=pass"));
  const auto closed =
      std::find_if(slow.begin(), slow.end(), [](const auto& client) { return client->is_readable(milliseconds(0)); });
  REQUIRE(closed != slow.end());
  CHECK((*closed)->read_to_end().find("too many connections") != std::string::npos);
}

TEST_CASE("max-connections: a check under way is not given up for a client that waits") {
  support::DnsServer dns([](const dns::Question&, bool) { return support::react(support::Reaction::Fault::silence); });
  const SpfdProcess spfd(
      {.arguments = {"--max-connections", "1", "--workers", "2", "--timeout", "3s", "--nameserver", dns.address()},
       .zone = std::string(kZone)});
  Client busy(spfd.address());
  busy.send("ip=192.0.2.10\nhelo=mail.slow.test\nsender=u@slow.test\n\n");
  support::wait_until("the question to arrive", [&] { return dns.count() > 0; });
  Client waiting(spfd.address());
  waiting.send(kQuestion);
  CHECK(busy.read_to_end().starts_with("result=temperror"));
  CHECK(waiting.read_to_end().starts_with("result=pass"));
  spfd.wait_for_log("new ones wait");
}

}  // namespace
