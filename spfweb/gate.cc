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

Gate::Entry& Gate::entry_of(std::string network, Time now) {
  if (const auto found = by_network_.find(network); found != by_network_.end()) {
    used_.splice(used_.end(), used_, found->second);
    return used_.back();
  }
  if (used_.size() >= kMaxNetworks) {
    const auto idle = std::ranges::find_if(used_, [](const Entry& entry) { return *entry.running == 0; });
    by_network_.erase(idle->network);
    used_.erase(idle);
  }
  used_.push_back({std::move(network), now});
  by_network_.emplace(used_.back().network, std::prev(used_.end()));
  return used_.back();
}

std::optional<Gate::Pass> Gate::enter(const std::optional<base::IpAddress>& client, Time now) {
  if (*running_ >= kRunning) return std::nullopt;
  Entry& entry = entry_of(network_of(client), now);
  if (*entry.running >= kRunningPerNetwork) return std::nullopt;
  const Time next = std::max(entry.full_at, now) + kInterval;
  if (next - now > kBurst * kInterval) return std::nullopt;
  entry.full_at = next;
  return Pass(running_, entry.running);
}

}  // namespace spfweb
