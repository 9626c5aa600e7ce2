// The counts of a resolver since its start; server_counters.h has those of each server.
#pragma once

#include <cstdint>

namespace io {

struct ResolverCounters {
  std::uint64_t questions = 0;
  std::uint64_t sent = 0;  // datagrams, with retries
  std::uint64_t tcp = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t failures = 0;     // answers of status failure
  std::uint64_t strays = 0;       // datagrams that answered no question of ours
  std::uint64_t queued = 0;       // times that a question waited for a slot, UDP or TCP
  std::uint64_t turned_away = 0;  // found the queue full
  std::uint64_t brief = 0;        // asked only once, since the servers of the zone are silent
};

}  // namespace io
