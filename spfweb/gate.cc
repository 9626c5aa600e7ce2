#include "spfweb/gate.h"

#include <algorithm>

namespace spfweb {

namespace {

std::string network_of(const std::optional<base::IpAddress>& client) {
  if (!client) return {};
  const auto bytes = client->bytes().substr(0, client->is_v4() ? 3 : 7);
  return std::string(bytes.begin(), bytes.end());
}

}  // namespace

std::optional<Gate::Pass> Gate::enter(const std::optional<base::IpAddress>& client, Time now) {
  if (*running_ >= kRunning) return std::nullopt;
  const std::string network = network_of(client);
  auto found = by_network_.find(network);
  if (found == by_network_.end()) {
    if (used_.size() >= kMaxNetworks) {
      by_network_.erase(used_.front().network);
      used_.pop_front();
    }
    used_.push_back({network, now});
    found = by_network_.emplace(network, std::prev(used_.end())).first;
  } else {
    used_.splice(used_.end(), used_, found->second);
  }
  Time& full_at = found->second->full_at;
  const Time next = std::max(full_at, now) + kInterval;
  if (next - now > kBurst * kInterval) return std::nullopt;
  full_at = next;
  return Pass(running_);
}

}  // namespace spfweb
