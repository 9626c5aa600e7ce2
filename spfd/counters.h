// Counts of what spfd has done since its start, logged at SIGUSR1. Each worker has its own; they are added up for the log.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "common/io/cache.h"
#include "common/io/resolver.h"
#include "common/protocol/codec.h"
#include "common/receiver/srs_request.h"
#include "common/spf/result.h"

namespace spfd {

struct Counters {
  std::uint64_t connections = 0;                        // accepted
  std::uint64_t open = 0;                               // of those: open now
  std::uint64_t requests = 0;                           // of any kind
  std::array<std::uint64_t, protocol::kDoors> doors{};  // requests by protocol::Door
  std::uint64_t bad_requests = 0;                       // requests that could not be understood
  std::uint64_t pings = 0;
  std::array<std::uint64_t, spf::kResults> results{};            // answers by spf::Result
  std::array<std::uint64_t, receiver::kSrsReplies> rewriting{};  // answers by receiver::SrsReply::Kind
  std::uint64_t running = 0;                                     // checks under way
  std::uint64_t dropped = 0;                                     // checks whose client closed its connection
  std::uint64_t idle_timeouts = 0;                               // connections closed because no complete request came
  std::uint64_t write_timeouts = 0;                              // connections closed because answers were not taken
  std::uint64_t displaced = 0;                                   // connections closed to make room for others
  std::uint64_t failed = 0;                                      // checks and connections ended by an exception
  io::ResolverCounters dns;

  void add(const Counters& other);
};

// lost_lines: of the log. refused_calls: by the sandbox.
std::vector<std::string> counter_lines(const Counters& counters, const io::CacheCounters& cache, std::uint64_t lost_lines,
                                       std::uint64_t refused_calls);

}  // namespace spfd
