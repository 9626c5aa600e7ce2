#include "spfd/connection_limit.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <utility>

#include "common/io/guarded.h"
#include "spfd/log.h"

namespace spfd {

namespace {

using Clock = std::chrono::steady_clock;

// A peer's connections that may be given up, the first of them last.
struct Peer {
  std::size_t connections = 0;
  std::vector<std::size_t> candidates;
};

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
  std::map<std::uint64_t, Peer> peers;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Peer& peer = peers[all[i].peer];
    ++peer.connections;
    if (all[i].state != HeldConnection::State::checking && now - all[i].since >= kShortestWait) peer.candidates.push_back(i);
  }
  const auto later = [&](std::size_t a, std::size_t b) {
    return std::pair(all[a].state, all[a].since) > std::pair(all[b].state, all[b].since);
  };
  std::vector<Peer*> giving;
  for (auto& [key, peer] : peers) {
    std::sort(peer.candidates.begin(), peer.candidates.end(), later);
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
  const auto chosen = choose_displaced(survey.all, std::max<std::size_t>(static_cast<std::size_t>(most_) / 100, 1), survey.now);
  std::vector<std::vector<std::uint64_t>> ids(holders_.size());
  for (const std::size_t index : chosen) ids[survey.holders[index]].push_back(survey.all[index].id);
  for (std::size_t i = 0; i < holders_.size(); ++i) {
    if (!ids[i].empty()) holders_[i]->displace(std::move(ids[i]));
  }
  if (!(chosen.empty() ? full_ : displaced_).is_due(survey.now)) return;
  log(LogLevel::warning, "max-connections: {} are open, {}", survey.all.size(),
      chosen.empty() ? "and none of them has been idle for a second; new ones wait"
                     : "those that have been idle longest are closed to make room for new ones");
}

}  // namespace spfd
