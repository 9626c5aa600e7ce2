// The counts that a resolver keeps about each of its name servers.
#pragma once

#include <array>
#include <cstdint>

#include "common/base/histogram.h"
#include "common/io/name_server.h"

namespace io {

// Bounds of the time until an answer, in nanoseconds.
inline constexpr std::array<std::uint64_t, 14> kDnsTimes = {
    500'000,     1'000'000,   2'000'000,   5'000'000,     10'000'000,    20'000'000,    50'000'000,
    100'000'000, 200'000'000, 500'000'000, 1'000'000'000, 2'000'000'000, 5'000'000'000, 10'000'000'000};

struct ServerCounters {
  NameServer server;
  std::uint64_t udp = 0;          // datagrams sent
  std::uint64_t tcp = 0;          // connections begun
  std::uint64_t timeouts = 0;     // tries without an answer in their time
  std::uint64_t unreachable = 0;  // nothing listens there
  std::uint64_t refused = 0;      // SERVFAIL, REFUSED and the like
  std::uint64_t unreadable = 0;
  std::uint64_t tcp_failed = 0;
  base::Histogram<kDnsTimes> duration;  // from a datagram to the answer, over TCP too

  // Adds the counts of another server, or of another resolver.
  void add(const ServerCounters& other);
};

}  // namespace io
