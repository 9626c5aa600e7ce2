// max-connections: which connection is closed when another client waits.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/io/descriptor.h"
#include "spfd/connection_limit.h"
#include "t/support/dns_server.h"
#include "t/support/show.h"
#include "t/support/spfd_process.h"

namespace spfd {
static doctest::String toString(const Peer& peer) { return peer.text().c_str(); }
}  // namespace spfd

namespace {

using spfd::HeldConnection;
using spfd::Peer;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::Client;
using support::SpfdProcess;
using State = HeldConnection::State;

constexpr std::string_view kZone = "pass.test TXT \"v=spf1 ip4:192.0.2.10 -all\"\n";
constexpr std::string_view kQuestion = "ip=192.0.2.10\nhelo=mail.pass.test\nsender=u@pass.test\n\n";

Peer numbered(std::uint64_t number) { return {Peer::Kind::user, number}; }

// Returns the ids of the closed connections, in order. Each connection has an id, a peer, a state, the seconds since it began to
// wait or since its check began, and, if that is more, its age.
struct Held {
  std::uint64_t id;
  std::uint64_t peer;
  State state;
  int seconds;
  int age = 0;
};
std::vector<std::uint64_t> displaced(const std::vector<Held>& held, std::size_t most) {
  const std::chrono::steady_clock::time_point now{std::chrono::hours(100)};
  std::vector<HeldConnection> all;
  all.reserve(held.size());
  for (const Held& one : held)
    all.push_back(
        {one.id, numbered(one.peer), one.state, now - seconds(one.seconds), now - seconds(std::max(one.age, one.seconds))});
  std::vector<std::uint64_t> ids;
  for (const std::size_t index : spfd::choose_displaced(all, most, now)) ids.push_back(all[index].id);
  return ids;
}

TEST_CASE("the peer with most connections loses the one that has waited longest, idle ones first") {
  using Ids = std::vector<std::uint64_t>;
  CHECK(displaced({}, 3) == Ids{});
  CHECK(displaced({{1, 0, State::idle, 5}, {2, 0, State::idle, 9}, {3, 0, State::idle, 7}}, 2) == Ids{2, 3});
  CHECK(displaced({{1, 0, State::in_message, 9}, {2, 0, State::not_reading, 8}, {3, 0, State::asking, 7}, {4, 0, State::idle, 6}},
                  9) == Ids{4, 3, 2});
  CHECK(displaced({{1, 0, State::in_message, 9}, {2, 1, State::checking, 8}}, 9) == Ids{1});
  CHECK(displaced({{1, 0, State::checking, 50}, {2, 1, State::idle, 0}}, 1) == Ids{});
  // With three connections of one peer and two of another: one of the first, then each in turn.
  CHECK(displaced({{1, 7, State::idle, 90},
                   {2, 7, State::idle, 80},
                   {3, 8, State::asking, 3},
                   {4, 8, State::asking, 2},
                   {5, 8, State::asking, 1}},
                  1) == Ids{3});
  // Connections that cannot be closed count too.
  CHECK(displaced({{1, 7, State::idle, 90}, {2, 8, State::checking, 1}, {3, 8, State::idle, 2}}, 1) == Ids{3});
  CHECK(displaced({{1, 7, State::idle, 90}, {2, 8, State::checking, 1}, {3, 8, State::checking, 2}}, 1) == Ids{1});
}

TEST_CASE("a peer keeps its last connection while another has more than one") {
  using Ids = std::vector<std::uint64_t>;
  // The peer with most connections has none to lose: one of the two idle ones of another peer is enough.
  const std::vector<Held> busy = {{1, 7, State::checking, 0, 9}, {2, 7, State::checking, 0, 9}, {3, 7, State::checking, 0, 9},
                                  {4, 8, State::idle, 5},        {5, 8, State::idle, 6},        {6, 9, State::idle, 70}};
  CHECK(displaced(busy, 9) == Ids{5});
  CHECK(displaced({{1, 7, State::idle, 5}, {2, 8, State::idle, 9}, {3, 8, State::idle, 7}}, 9) == Ids{2});
  // If each peer has one connection, those that have waited longest are closed.
  CHECK(displaced({{1, 7, State::idle, 5}, {2, 8, State::idle, 9}, {3, 9, State::idle, 7}}, 2) == Ids{1, 2});
  // A peer with two checks loses one, however many are wanted.
  CHECK(displaced({{1, 7, State::checking, 9}, {2, 7, State::checking, 12}, {3, 8, State::checking, 90}}, 9) == Ids{2});
}

TEST_CASE("when no connection is idle, the peer with most connections loses its oldest check") {
  using Ids = std::vector<std::uint64_t>;
  const std::vector<Held> hanging = {{1, 7, State::checking, 9},
                                     {2, 7, State::checking, 12},
                                     {3, 7, State::checking, 5},
                                     {4, 8, State::checking, 90},
                                     {5, 8, State::in_message, 0, 50}};
  CHECK(displaced(hanging, 1) == Ids{2});
  CHECK(displaced(hanging, 2) == Ids{2, 1});
  // A single connection per peer is never closed.
  CHECK(displaced({{1, 7, State::checking, 9}, {2, 8, State::checking, 90}}, 9) == Ids{});
  // Frequent requests or short checks do not protect a connection.
  CHECK(displaced({{1, 7, State::checking, 0, 30}, {2, 7, State::idle, 0, 3}, {3, 8, State::checking, 0, 60}}, 1) == Ids{2});
  CHECK(displaced({{1, 7, State::checking, 0, 30}, {2, 7, State::checking, 0, 3}, {3, 8, State::checking, 0, 60}}, 9).size() ==
        1);
  // A new connection with its first request is spared.
  CHECK(displaced({{1, 7, State::checking, 0}, {2, 7, State::checking, 0}}, 9) == Ids{});
}

TEST_CASE("bytes: the peer with most bytes loses its largest connections until there is room") {
  using Chosen = std::vector<std::size_t>;
  const auto heaviest = [](const std::vector<std::pair<std::uint64_t, std::size_t>>& held, std::size_t excess) {
    std::vector<HeldConnection> all;
    for (const auto& [peer, bytes] : held)
      all.push_back({.id = 0, .peer = numbered(peer), .since = {}, .opened = {}, .bytes = bytes});
    return spfd::choose_heaviest(all, excess);
  };
  CHECK(heaviest({}, 5) == Chosen{});
  CHECK(heaviest({{7, 3}, {8, 5}}, 0) == Chosen{});
  CHECK(heaviest({{7, 3}, {8, 5}, {7, 4}}, 1) == Chosen{2});
  CHECK(heaviest({{7, 3}, {8, 5}, {7, 4}}, 5) == Chosen{2, 1});
  CHECK(heaviest({{7, 3}, {8, 5}, {7, 0}}, 99) == Chosen{1, 0});
}

TEST_CASE("peers: a user, an IPv4 address, an IPv6 network") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  CHECK(spfd::peer_of(ends[0]) == Peer{Peer::Kind::user, ::getuid()});
  ::close(ends[0]);
  ::close(ends[1]);
  CHECK(spfd::peer_of(-1) == Peer{});
}

// Returns the peer of a client at `from` that connects to a server at `to`; nothing if the host has no such address.
std::optional<Peer> peer_at(int family, const char* from, const char* to) {
  const auto address_of = [&](const char* text) {
    sockaddr_storage storage{};
    storage.ss_family = static_cast<sa_family_t>(family);
    void* const bytes = family == AF_INET ? static_cast<void*>(&reinterpret_cast<sockaddr_in&>(storage).sin_addr)
                                          : static_cast<void*>(&reinterpret_cast<sockaddr_in6&>(storage).sin6_addr);
    REQUIRE(::inet_pton(family, text, bytes) == 1);
    return storage;
  };
  const io::Descriptor server(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const io::Descriptor client(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage place = address_of(to);
  sockaddr_storage source = address_of(from);
  socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  if (::bind(server.get(), reinterpret_cast<sockaddr*>(&place), size) != 0 || ::listen(server.get(), 1) != 0) return {};
  if (::bind(client.get(), reinterpret_cast<sockaddr*>(&source), size) != 0) return {};
  REQUIRE(::getsockname(server.get(), reinterpret_cast<sockaddr*>(&place), &size) == 0);
  REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&place), size) == 0);
  const io::Descriptor accepted(::accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
  REQUIRE(accepted.is_open());
  return spfd::peer_of(accepted.get());
}

TEST_CASE("peers: addresses differ from each other, and from users") {
  const auto first = peer_at(AF_INET, "127.0.0.1", "127.0.0.1");
  REQUIRE(first.has_value());
  CHECK(peer_at(AF_INET, "127.0.0.1", "127.0.0.9") == first);  // another connection, at another of our addresses
  CHECK(peer_at(AF_INET, "127.0.0.2", "127.0.0.1") != first);
  CHECK(first == Peer{Peer::Kind::ipv4, 0x7f000001});
  const auto sixth = peer_at(AF_INET6, "::1", "::1");
  if (!sixth) return;                         // a host without IPv6
  CHECK(sixth == Peer{Peer::Kind::ipv6, 0});  // the network ::/64
}

// Returns the peer at an address that is given as text.
Peer at(std::string_view text) {
  const bool is_v4 = text.find(':') == std::string_view::npos;
  sockaddr_storage storage{};
  storage.ss_family = is_v4 ? AF_INET : AF_INET6;
  void* const to = is_v4 ? static_cast<void*>(&reinterpret_cast<sockaddr_in&>(storage).sin_addr)
                         : static_cast<void*>(&reinterpret_cast<sockaddr_in6&>(storage).sin6_addr);
  REQUIRE(::inet_pton(storage.ss_family, std::string(text).c_str(), to) == 1);
  return spfd::peer_at(storage);
}

TEST_CASE("peers: no two users, IPv4 addresses and IPv6 networks are the same peer, whatever their numbers") {
  CHECK(at("2001:db8::1") == at("2001:db8::ffff:2"));
  CHECK(at("::ffff:192.0.2.1") == at("192.0.2.1"));
  // Numbers with the same bytes, first or last, in every family; the top bit included.
  std::mt19937 random(26);
  std::map<Peer, std::string> texts;
  std::set<std::string> peers;
  for (int i = 0; i < 2000; ++i) {
    const auto word = static_cast<std::uint32_t>(i % 2 == 0 ? random() : random() % 16);
    const std::string hex = fmt::format("{:x}:{:x}", word >> 16U, word & 0xffffU);
    const std::string v4 = fmt::format("{}.{}.{}.{}", word >> 24U, word >> 16U & 0xffU, word >> 8U & 0xffU, word & 0xffU);
    for (const Peer& peer : {at(v4), at(hex + "::"), at("0:0:" + hex + "::"), at(hex + ":" + hex + "::1"), numbered(word)}) {
      texts.emplace(peer, peer.text());
      peers.insert(peer.text());
    }
  }
  CHECK(texts.size() == peers.size());  // the same peer exactly if the same text
  CHECK(at("32.1.13.184") != at("2001:db8::"));
  CHECK(at("184.13.1.32") != at("2001:db8::"));
  CHECK(at("2001:db8::5").text() == "2001:db8::/64");
  CHECK(at("192.0.2.1").text() == "192.0.2.1");
  CHECK(numbered(1000).text() == "user 1000");
  CHECK(Peer{}.text() == "unknown");
}

TEST_CASE("max-connections: an idle client makes room for one that waits, whichever workers they have") {
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

TEST_CASE("max-connections: clients with a part of a request make room too, and learn why") {
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

TEST_CASE("max-connections: a running check is not dropped for a client that waits") {
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

// A client of 127.0.0.2.
std::string ask_from_elsewhere(const std::string& address, std::string_view question) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in from{};
  from.sin_family = AF_INET;
  REQUIRE(::inet_pton(AF_INET, "127.0.0.2", &from.sin_addr) == 1);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) == 0);
  sockaddr_in to = from;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  REQUIRE(::send(fd, question.data(), question.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(question.size()));
  pollfd look{fd, POLLIN, 0};
  std::array<char, 4096> bytes{};
  const bool is_there = ::poll(&look, 1, static_cast<int>(milliseconds(support::kPatience).count())) > 0;
  const ssize_t size = is_there ? ::recv(fd, bytes.data(), bytes.size(), 0) : 0;
  ::close(fd);
  return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

TEST_CASE("max-connections: a client whose checks hang does not keep others out") {
  const support::DnsServer dns([](const dns::Question&, bool) { return support::react(support::Reaction::Fault::silence); });
  const SpfdProcess spfd(
      {.arguments = {"--max-connections", "8", "--workers", "2", "--timeout", "60s", "--nameserver", dns.address()},
       .zone = std::string(kZone),
       .on_tcp = true});
  constexpr int kHogs = 8;
  std::vector<std::unique_ptr<Client>> hogs;
  for (int i = 0; i < kHogs; ++i) {
    hogs.push_back(std::make_unique<Client>(spfd.address()));
    hogs.back()->send("keep=1\nip=192.0.2.10\nsender=u@h" + std::to_string(i) + ".slow.test\n\n");
  }
  support::wait_until("all checks", [&] { return dns.count() >= kHogs; });
  for (int i = 0; i < 3; ++i) CHECK(ask_from_elsewhere(spfd.address(), kQuestion).starts_with("result=pass"));
  spfd.wait_for_log("the oldest checks of the client with the most connections are given up");
  const auto given_up =
      std::count_if(hogs.begin(), hogs.end(), [](const auto& hog) { return hog->is_readable(milliseconds(0)); });
  CHECK(given_up >= 1);
  CHECK(given_up <= 4);
  const auto first = std::find_if(hogs.begin(), hogs.end(), [](const auto& hog) { return hog->is_readable(milliseconds(0)); });
  REQUIRE(first != hogs.end());
  CHECK((*first)->read_to_end().starts_with("result=temperror"));
  hogs.clear();
}

}  // namespace
