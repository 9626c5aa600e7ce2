// The DNS answers that all workers share, and who waits for which (thread-safe).
//
// One look decides hit, join or start: an entry is either an answer with its time of expiry or a list of waiters.
// True TTLs up to kMaxTtl; failures are kept for kFailureTtl; the byte limit is kept by evicting the oldest
// that was not used since it was last looked at (second chance).
// An answer of TTL 0 is handed to those who wait, and not kept. Bytes are estimated, with the overhead of the tables.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "common/dns/answer.h"
#include "common/io/keyed_hash.h"
#include "common/spf/answers.h"

namespace io {

using SharedAnswer = std::shared_ptr<const spf::KnownAnswer>;

struct CacheCounters {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;  // the asker has to ask DNS
  std::uint64_t joins = 0;   // somebody already asks
  std::uint64_t evictions = 0;
  std::uint64_t entries = 0;  // answers kept
  std::uint64_t bytes = 0;
  std::uint64_t waits = 0;  // a thread found a part of the table locked by another one
};

class Cache {
 public:
  using Clock = std::chrono::steady_clock;
  // Gets the answer; called in the thread that calls complete(), with no lock held. It must be quick (post to a loop).
  using Waiter = std::function<void(const SharedAnswer&)>;

  static constexpr std::chrono::seconds kFailureTtl{5};
  static constexpr std::chrono::seconds kMaxTtl{86400};

  // bytes: what answers may take in all; 0: nothing is kept (joining still works).
  explicit Cache(std::size_t bytes);
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // The answer if it is there and not expired; null otherwise.
  SharedAnswer find(const dns::Question& question, Clock::time_point now);

  enum class Look : std::uint8_t {
    hit,    // `answer` holds it; the waiter is not kept
    join,   // the waiter was added to a question under way
    start,  // the waiter was added, and the caller must ask DNS and call complete(), or abandon() with success
  };
  struct Found {
    Look look = Look::start;
    SharedAnswer answer;
    std::uint64_t ticket = 0;  // of the waiter, for leave()
  };
  Found find_or_join(const dns::Question& question, Clock::time_point now, Waiter waiter);
  // The waiter is not to be called any more. (It may be under way in another thread at this moment.)
  void leave(const dns::Question& question, std::uint64_t ticket);
  // For the one who asks DNS: if nobody waits any more the question is given up, and the next who wants it starts it anew.
  // False: somebody waits, go on.
  bool abandon(const dns::Question& question);
  // Stores the answer and calls the waiters.
  void complete(const dns::Question& question, dns::Answer answer, Clock::time_point now);

  // Forgets the answers. Questions under way go on.
  void clear();
  [[nodiscard]] CacheCounters counters();

 private:
  struct Shard;
  static constexpr std::size_t kShards = 16;

  Shard& shard_of(std::uint64_t hash);
  [[nodiscard]] std::uint64_t hash_of(const dns::Question& question) const;

  HashKey hash_key_;
  std::unique_ptr<std::array<Shard, kShards>> shards_;
  std::size_t shard_bytes_;
};

}  // namespace io
