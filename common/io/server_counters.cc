#include "common/io/server_counters.h"

namespace io {

void ServerCounters::add(const ServerCounters& other) {
  udp += other.udp;
  tcp += other.tcp;
  timeouts += other.timeouts;
  unreachable += other.unreachable;
  refused += other.refused;
  unreadable += other.unreadable;
  tcp_failed += other.tcp_failed;
  for (std::size_t i = 0; i < duration.counts.size(); ++i) duration.counts[i] += other.duration.counts[i];
  duration.sum += other.duration.sum;
}

}  // namespace io
