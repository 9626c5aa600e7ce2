// The bounds on look-ups for visitors: per network, and at a time.
//
// A network (IPv4 /24, IPv6 /56) may begin 10 at once and then one every 5 seconds. At most 20 run at a time, 5 of them for one
// network, so that slow look-ups of one network leave room for others. The table of networks has a bound; at the bound, the
// network that asked least recently and has no look-up under way is forgotten.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/base/ip.h"

namespace spfweb {

class Gate {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr int kBurst = 10;
  static constexpr std::chrono::seconds kInterval{5};
  static constexpr int kRunning = 20;
  static constexpr int kRunningPerNetwork = 5;
  static constexpr std::size_t kMaxNetworks = 20'000;

  // The permission for one look-up; destroying it makes room for others. It may outlive the gate.
  class Pass {
   public:
    Pass(std::shared_ptr<int> all, std::shared_ptr<int> of_network) : all_(std::move(all)), of_network_(std::move(of_network)) {
      ++*all_;
      ++*of_network_;
    }
    Pass(Pass&& other) = default;
    Pass& operator=(Pass&&) = delete;
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    ~Pass() {
      if (!all_) return;
      --*all_;
      --*of_network_;
    }

   private:
    std::shared_ptr<int> all_;
    std::shared_ptr<int> of_network_;
  };

  // Returns a pass, or nothing: the network has used up its share, or too many look-ups run. `client`: nothing if unknown; all of
  // these are one network.
  std::optional<Pass> enter(const std::optional<base::IpAddress>& client, Time now);

  [[nodiscard]] std::size_t networks() const { return used_.size(); }

 private:
  struct Entry {
    std::string network;
    Time full_at;  // when it may again begin kBurst at once
    std::shared_ptr<int> running = std::make_shared<int>(0);
  };

  Entry& entry_of(std::string network, Time now);

  std::list<Entry> used_;  // the one that asked least recently first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_network_;
  std::shared_ptr<int> running_ = std::make_shared<int>(0);
};

}  // namespace spfweb
