#include "spfd/connection_limit.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <numeric>
#include <queue>
#include <utility>

#include "common/io/guarded.h"
#include "spfd/log.h"

namespace spfd {

namespace {

using Clock = std::chrono::steady_clock;

using State = HeldConnection::State;

// A peer's connections that may be given up, the first of them last.
struct Peer {
  std::size_t connections = 0;
  std::vector<std::size_t> candidates;
};
using Peers = std::map<std::uint64_t, Peer>;

// At most `most` of the candidates, one at a time of the peer who holds most connections.
std::vector<std::size_t> take_from_largest(Peers& peers, std::size_t most) {
  std::vector<Peer*> giving;
  for (auto& [key, peer] : peers) {
    if (!peer.candidates.empty()) giving.push_back(&peer);
  }
  std::vector<std::size_t> chosen;
  const auto holds_less = [](const Peer* a, const Peer* b) { return a->connections < b->connections; };
  while (chosen.size() < most && !giving.empty()) {
    const auto peer = std::max_element(giving.begin(), giving.end(), holds_less);
    chosen.push_back((*peer)->candidates.back());
    (*peer)->candidates.pop_back();
    --(*peer)->connections;
    if ((*peer)->candidates.empty()) giving.erase(peer);
  }
  return chosen;
}

}  // namespace

std::uint64_t peer_of(int socket) {
  // Users are told from addresses by the first bit.
  constexpr std::uint64_t kUser = 1ULL << 63U;
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_UNIX) {
    ucred user{};
    socklen_t length = sizeof user;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &user, &length) == 0 ? kUser | user.uid : 0;
  }
  if (address.ss_family == AF_INET) return reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr;
  std::uint64_t network = 0;
  std::memcpy(&network, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, sizeof network);
  return network & ~kUser;
}

std::vector<std::size_t> choose_displaced(const std::vector<HeldConnection>& all, std::size_t most, Clock::time_point now) {
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(all[a].state, all[a].since) > std::pair(all[b].state, all[b].since);
  });
  const auto choose = [&](const auto& may_be_given_up) {
    Peers peers;
    for (const HeldConnection& one : all) ++peers[one.peer].connections;
    for (const std::size_t i : order) {
      Peer& peer = peers[all[i].peer];
      if (may_be_given_up(all[i], peer)) peer.candidates.push_back(i);
    }
    return take_from_largest(peers, most);
  };
  auto chosen = choose([&](const HeldConnection& one, const Peer& /*its*/) {
    return one.state < State::in_message && now - one.since >= kShortestWait;
  });
  if (!chosen.empty()) return chosen;
  return choose([&](const HeldConnection& one, const Peer& its) {
    if (one.state == State::in_message && now - one.since >= kShortestWait) return true;
    return its.connections > 1 && now - one.opened >= kShortestWait;
  });
}

std::vector<std::size_t> choose_heaviest(const std::vector<HeldConnection>& all, std::size_t excess) {
  struct Weight {
    std::size_t bytes = 0;
    std::vector<std::size_t> connections;  // the largest last
  };
  std::map<std::uint64_t, Weight> peers;
  for (std::size_t i = 0; i < all.size(); ++i) {
    peers[all[i].peer].bytes += all[i].bytes;
    peers[all[i].peer].connections.push_back(i);
  }
  const auto is_lighter = [](const Weight* a, const Weight* b) { return a->bytes < b->bytes; };
  std::priority_queue<Weight*, std::vector<Weight*>, decltype(is_lighter)> heaviest(is_lighter);
  for (auto& [key, peer] : peers) {
    std::sort(peer.connections.begin(), peer.connections.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(all[a].bytes, all[b].since) < std::pair(all[b].bytes, all[a].since);
    });
    heaviest.push(&peer);
  }
  std::vector<std::size_t> chosen;
  for (std::size_t freed = 0; freed < excess && !heaviest.empty();) {
    Weight* const peer = heaviest.top();
    heaviest.pop();
    if (peer->bytes == 0) break;
    chosen.push_back(peer->connections.back());
    peer->connections.pop_back();
    freed += all[chosen.back()].bytes;
    peer->bytes -= all[chosen.back()].bytes;
    heaviest.push(peer);
  }
  return chosen;
}

// What the holders report, until the last one has.
struct ConnectionLimit::Survey {
  Clock::time_point now;
  std::size_t missing = 0;
  std::vector<HeldConnection> all;
  std::vector<std::size_t> holders;  // of each
};

void ConnectionLimit::make_room(Clock::time_point now) {
  if (is_making_room_.exchange(true)) return;
  // It ends with the last report, or when a holder ends without one.
  const std::shared_ptr<void> end(nullptr, [this](void*) { is_making_room_ = false; });
  const auto survey = std::make_shared<io::Guarded<Survey>>();
  survey->with([&](Survey& about) {
    about.now = now;
    about.missing = holders_.size();
  });
  for (std::size_t i = 0; i < holders_.size(); ++i) {
    holders_[i]->report_connections([this, end, survey, i](const std::vector<HeldConnection>& held) {
      const bool is_last = survey->with([&](Survey& about) {
        about.all.insert(about.all.end(), held.begin(), held.end());
        about.holders.resize(about.all.size(), i);
        return --about.missing == 0;
      });
      if (is_last) displace(survey->with([](Survey& about) { return std::move(about); }));
    });
  }
}

void ConnectionLimit::displace(const Survey& survey) {
  const auto chosen = choose_displaced(survey.all, std::max<std::size_t>(static_cast<std::size_t>(most_) / 16, 1), survey.now);
  std::vector<std::vector<HeldConnection>> by_holder(holders_.size());
  for (const std::size_t index : chosen) by_holder[survey.holders[index]].push_back(survey.all[index]);
  for (std::size_t i = 0; i < holders_.size(); ++i) {
    if (!by_holder[i].empty()) holders_[i]->displace(by_holder[i]);
  }
  say(survey, chosen);
}

void ConnectionLimit::say(const Survey& survey, const std::vector<std::size_t>& chosen) {
  const bool has_checks =
      std::any_of(chosen.begin(), chosen.end(), [&](std::size_t i) { return survey.all[i].state == State::checking; });
  if (!(chosen.empty() ? full_ : has_checks ? given_up_ : displaced_).is_due(survey.now)) return;
  log(LogLevel::warning, "max-connections: {} are open, {}", survey.all.size(),
      chosen.empty() ? "and none of them can be closed; new ones wait"
      : has_checks   ? "and none is idle: the oldest checks of the client that holds most are given up (temperror)"
                     : "those that have been idle longest are closed to make room for new ones");
}

}  // namespace spfd
