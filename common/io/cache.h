// The DNS answers that all workers share, and who waits for which (thread-safe).
//
// One look decides hit, join or start: an entry is either an answer with its time of expiry or a list of waiters.
// True TTLs; failures are kept for kFailureTtl; the byte limit is kept by evicting what was used least recently.
// An answer of TTL 0 is handed to those who wait, and not kept.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "common/dns/answer.h"
#include "common/spf/answers.h"

namespace io {

using SharedAnswer = std::shared_ptr<const spf::KnownAnswer>;

struct CacheCounters {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;  // the asker has to ask DNS
  std::uint64_t joins = 0;   // somebody already asks
  std::uint64_t evictions = 0;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

class Cache {
 public:
  using Clock = std::chrono::steady_clock;
  // Gets the answer; called in the thread that calls complete(), with no lock held. It must be quick (post to a loop).
  using Waiter = std::function<void(const SharedAnswer&)>;

  static constexpr std::chrono::seconds kFailureTtl{5};

  // bytes: what entries may take in all, estimated with their overhead; 0: nothing is kept (joining still works).
  explicit Cache(std::size_t bytes);
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // The answer if it is there and not expired; null otherwise.
  SharedAnswer find(const dns::Question& question, Clock::time_point now);

  enum class Look : std::uint8_t {
    hit,    // `answer` holds it; the waiter is not kept
    join,   // the waiter was added to a question under way
    start,  // the waiter was added, and the caller must ask DNS and call complete()
  };
  struct Found {
    Look look = Look::start;
    SharedAnswer answer;
    std::uint64_t ticket = 0;  // of the waiter, for leave()
  };
  Found find_or_join(const dns::Question& question, Clock::time_point now, Waiter waiter);
  // The waiter is not to be called any more. (It may be under way in another thread at this moment.)
  void leave(const dns::Question& question, std::uint64_t ticket);
  // Somebody waits for this question.
  [[nodiscard]] bool is_wanted(const dns::Question& question);
  // Stores the answer and calls the waiters.
  void complete(const dns::Question& question, dns::Answer answer, Clock::time_point now);

  void clear();
  [[nodiscard]] CacheCounters counters();

 private:
  struct Shard;
  static constexpr std::size_t kShards = 16;
  Shard& shard_of(const dns::Question& question);
  std::unique_ptr<Shard[]> shards_;
  std::size_t shard_bytes_;
};

}  // namespace io
