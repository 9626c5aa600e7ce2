// What spfd has done since its start, for the log at SIGUSR1. Each worker has its own; they are added up when asked for.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "common/io/cache.h"
#include "common/io/resolver.h"
#include "common/protocol/codec.h"

namespace spfd {

struct Counters {
  std::uint64_t connections = 0;                        // accepted
  std::uint64_t open = 0;                               // of those: still there
  std::uint64_t questions = 0;                          // of any kind
  std::array<std::uint64_t, protocol::kDoors> doors{};  // of those: by protocol::Door
  std::uint64_t bad_questions = 0;                      // not understood
  std::uint64_t pings = 0;
  std::array<std::uint64_t, 7> results{};                        // answers by spf::Result
  std::array<std::uint64_t, receiver::kSrsReplies> rewriting{};  // answers by receiver::SrsReply::Kind
  std::uint64_t running = 0;                                     // checks under way
  std::uint64_t dropped = 0;                                     // checks whose client had gone
  std::uint64_t idle_timeouts = 0;                               // connections closed for want of a question
  std::uint64_t write_timeouts = 0;                              // connections closed because the answer was not taken
  std::uint64_t displaced = 0;                                   // connections closed to make room for others
  std::uint64_t failed = 0;                                      // checks and connections for which there was no memory
  io::ResolverCounters dns;

  void add(const Counters& other);
};

std::vector<std::string> counter_lines(const Counters& counters, const io::CacheCounters& cache);

}  // namespace spfd
