#include "spfd/connection_limit.h"

#include <fmt/core.h>

#include <algorithm>
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

// The connections of a peer that may be closed, where the last one is closed first, and the weight of all its connections.
struct Share {
  std::size_t weight = 0;
  std::vector<std::size_t> candidates;
};
using Shares = std::map<Peer, Share>;

// Returns candidates that together weigh at least `goal`, or all that may be taken if they weigh less. Each candidate is one of
// the peer that is the heaviest after the earlier ones were taken. A peer of the weight `kept` or less keeps its connections.
template <class Weight>
std::vector<std::size_t> take_from_heaviest(Shares& shares, std::size_t goal, std::size_t kept, Weight&& weight_of) {
  // Among peers of equal weight, the first in the map counts as the heaviest.
  const auto is_lighter = [](const Shares::value_type* a, const Shares::value_type* b) {
    return std::pair(a->second.weight, b->first) < std::pair(b->second.weight, a->first);
  };
  std::priority_queue<Shares::value_type*, std::vector<Shares::value_type*>, decltype(is_lighter)> heaviest(is_lighter);
  for (auto& entry : shares) {
    if (!entry.second.candidates.empty()) heaviest.push(&entry);
  }
  std::vector<std::size_t> chosen;
  for (std::size_t taken = 0; taken < goal && !heaviest.empty();) {
    Shares::value_type* const entry = heaviest.top();
    heaviest.pop();
    Share& share = entry->second;
    if (share.weight <= kept) break;
    chosen.push_back(share.candidates.back());
    share.candidates.pop_back();
    const std::size_t weight = weight_of(chosen.back());
    taken += weight;
    share.weight -= weight;
    if (!share.candidates.empty()) heaviest.push(entry);
  }
  return chosen;
}

}  // namespace

std::vector<std::size_t> choose_displaced(const std::vector<HeldConnection>& all, std::size_t most, Clock::time_point now) {
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(all[a].state, all[a].since) > std::pair(all[b].state, all[b].since);
  });
  const auto choose = [&](std::size_t kept, const auto& may_be_given_up) {
    Shares shares;
    for (const HeldConnection& one : all) ++shares[one.peer].weight;
    for (const std::size_t i : order) {
      if (may_be_given_up(all[i])) shares[all[i].peer].candidates.push_back(i);
    }
    return take_from_heaviest(shares, most, kept, [](std::size_t) { return std::size_t{1}; });
  };
  const auto waits = [&](const HeldConnection& one, State least) {
    return one.state < least && now - one.since >= kShortestWait;
  };
  const auto waits_for_client = [&](const HeldConnection& one) { return waits(one, State::in_message); };
  const auto is_old = [&](const HeldConnection& one) { return now - one.opened >= kShortestWait; };
  const auto waits_in_message = [&](const HeldConnection& one) { return waits(one, State::checking); };
  // A peer's last connection that waits for its client is closed before any check is given up, since that defers no mail.
  std::vector<std::size_t> chosen = choose(1, waits_for_client);
  if (chosen.empty()) chosen = choose(0, waits_for_client);
  if (chosen.empty()) chosen = choose(1, is_old);
  if (chosen.empty()) chosen = choose(0, waits_in_message);
  return chosen;
}

std::vector<std::size_t> choose_heaviest(const std::vector<HeldConnection>& all, std::size_t excess) {
  Shares shares;
  for (std::size_t i = 0; i < all.size(); ++i) {
    shares[all[i].peer].weight += all[i].bytes;
    shares[all[i].peer].candidates.push_back(i);
  }
  for (auto& [peer, share] : shares) {
    std::sort(share.candidates.begin(), share.candidates.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(all[a].bytes, all[b].since) < std::pair(all[b].bytes, all[a].since);
    });
  }
  return take_from_heaviest(shares, excess, 0, [&](std::size_t i) { return all[i].bytes; });
}

// The reports of the holders, until the last one has reported.
struct ConnectionLimit::Survey {
  Clock::time_point now;
  std::size_t missing = 0;
  std::vector<HeldConnection> all;
  std::vector<std::size_t> holders;  // index of the holder of each connection
};

void ConnectionLimit::make_room(Clock::time_point now) {
  if (is_making_room_.exchange(true)) return;
  // The survey ends with the last report, or when a holder ends without one.
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
      : has_checks   ? "and none is idle: the oldest checks of the client with the most connections are given up (temperror)"
                     : "those that have been idle longest are closed to make room for new ones");
}

}  // namespace spfd
