// Counts of what spfd has done since its start, logged at SIGUSR1. Each worker has its own; they are added up for the log.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/histogram.h"
#include "common/io/cache.h"
#include "common/io/driver.h"
#include "common/io/resolver_counters.h"
#include "common/protocol/codec.h"
#include "common/receiver/request.h"
#include "common/receiver/srs_request.h"
#include "common/spf/problem.h"
#include "common/spf/result.h"
#include "spfd/shadow.h"

namespace spfd {

inline constexpr std::size_t kCheckDoors = 3;  // the first doors: query, policy, milter
inline constexpr std::size_t kActions = 3;     // receiver::Action
// Identities in counters: 0 if none was checked.
inline constexpr std::size_t kCheckedIdentities = 3;
std::string_view checked_identity_name(std::size_t index);

// Bounds of histograms: nanoseconds from a request to its answer, terms that need lookups, DNS questions.
inline constexpr std::array<std::uint64_t, 19> kCheckTimes = {
    20'000,        50'000,        100'000,       200'000,        500'000,       1'000'000,   2'000'000,
    5'000'000,     10'000'000,    20'000'000,    50'000'000,     100'000'000,   200'000'000, 500'000'000,
    1'000'000'000, 2'000'000'000, 5'000'000'000, 10'000'000'000, 20'000'000'000};
inline constexpr std::array<std::uint64_t, 11> kLookups = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
inline constexpr std::array<std::uint64_t, 10> kQuestions = {0, 1, 2, 5, 10, 20, 50, 100, 200, 500};

// The answers to requests to check a message, and to rewrite a sender.
struct CheckCounters {
  std::array<std::uint64_t, protocol::kDoors * kCheckedIdentities * spf::kResults> answers{};  // by door, identity, result
  std::array<std::uint64_t, protocol::kDoors * kActions * 2> actions{};                        // by door, action, dry run
  std::array<std::uint64_t, spf::kProblemKinds> problems{};  // answers temperror and permerror, by spf::ProblemKind
  // Checks with a second policy, by our action and its action; the last one: unknown.
  std::array<std::uint64_t, kActions*(kActions + 1)> shadow{};
  std::uint64_t shadow_differs = 0;  // of those: action or result is another one
  std::uint64_t weak_passes = 0;
  std::uint64_t stale = 0;            // answers with the help of expired DNS answers
  base::Histogram<kCheckTimes> warm;  // checks for which DNS was not asked
  base::Histogram<kCheckTimes> cold;
  base::Histogram<kLookups> lookups;
  base::Histogram<kQuestions> questions;
  std::array<std::uint64_t, 2 * receiver::kSrsReplies> rewriting{};  // by direction, receiver::SrsReply::Kind

  void count(protocol::Door door, const receiver::Reply& reply);
  void count(const receiver::Reply& reply, const Shadow& shadow);
  // Counts the work of a check that was carried out.
  void count(const receiver::Reply& reply, const io::CheckCost& cost, std::chrono::nanoseconds time);
  void count(protocol::Door door, const receiver::SrsReply& reply) {
    ++rewriting[(door == protocol::Door::srs_forward ? 0 : receiver::kSrsReplies) + static_cast<std::size_t>(reply.kind)];
  }
};

// The longest time of any worker.
struct Lag {
  std::uint64_t nanoseconds = 0;
};

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
  std::uint64_t waits = 0;                                       // times that a client waited for room
  std::array<std::uint64_t, protocol::kDoors> open_by_door{};    // open connections by the door of their socket
  CheckCounters checks;
  Lag lag;  // until the worker began to report its counters
  io::ResolverCounters dns;
  std::vector<io::ServerCounters> servers;

  void add(const Counters& other);
};

// The counters of a line of the log, which begins with the name; empty: the line has none.
struct CounterGroup {
  std::string_view name;
  std::vector<std::pair<std::string_view, std::uint64_t>> counters;

  // Returns "cache hits=1 misses=2".
  [[nodiscard]] std::string line() const;
};
// lost_lines: of the log. refused_calls: by the sandbox.
std::vector<CounterGroup> counter_groups(const Counters& counters, const io::CacheCounters& cache, std::uint64_t lost_lines,
                                         std::uint64_t refused_calls);

}  // namespace spfd
