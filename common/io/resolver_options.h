// How a resolver asks: its servers, times and limits.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

#include "common/io/name_server.h"

namespace io {

struct ResolverOptions {
  std::vector<NameServer> servers;
  std::chrono::milliseconds try_timeout{1500};  // for the first try; doubled with each round over the servers
  int tries = 3;                                // rounds after which that time no longer grows
  std::chrono::milliseconds tcp_timeout{3000};  // from connecting until the answer is complete; doubled likewise

  // Questions asked at a time; of those, over TCP; and questions that may wait for a slot.
  std::size_t max_in_flight = 10000;
  std::size_t max_tcp = 200;
  std::size_t max_waiting = 10000;

  // Returns how often the time for a try is doubled at most.
  [[nodiscard]] int max_doublings() const;
  // Returns the time in which one server gets all `tries`, at most kMaxSchedule. A question that ends earlier, because its
  // patience does, says nothing about its name.
  [[nodiscard]] std::chrono::milliseconds schedule() const;
  static constexpr std::chrono::seconds kMaxSchedule{20};

  // Called when a server has stopped answering or answers again; in the resolver's thread. It must not use the resolver.
  std::function<void(const NameServer& server, bool is_down)> on_change = nullptr;
};

}  // namespace io
