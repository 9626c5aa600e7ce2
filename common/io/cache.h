// The DNS answers that all workers share, and who waits for which (thread-safe).
//
// One look decides hit, join or start: an entry is either an answer with its time of expiry or a list of waiters.
// True TTLs up to kMaxTtl; failures are kept for kFailureTtl, and for longer each time that the same question fails again, up to
// kMaxFailureTtl; our own (dns::Cause::local) not at all.
// The byte limit is kept by evicting the oldest that was not used since it was last looked at (second chance). It covers all
// that the cache holds: answers with their parsed records, the table, and those who wait.
// An answer of TTL 0 is handed to those who wait, and not kept.
// When memory runs out (std::bad_alloc), find_or_join() throws and changes nothing; complete() always ends the question.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "common/dns/answer.h"
#include "common/io/kept_answer.h"
#include "common/io/keyed_hash.h"

namespace io {

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
  using Clock = io::Clock;
  // Gets the answer; called in the thread that calls complete(), with no lock held. It must be quick (post to a loop).
  // If it throws std::bad_alloc, it alone has no answer.
  using Waiter = std::function<void(const SharedAnswer&)>;

  // For the same question again and again: 5, 10, 20, 40, 60 seconds. RFC 2308 §7 allows 5 minutes, and RFC 9520 §3.2 wants the
  // time to grow. No more than a minute, because a temperror defers mail, and its next try is about as far away.
  static constexpr std::chrono::seconds kFailureTtl{5};
  static constexpr std::chrono::seconds kMaxFailureTtl{60};
  static constexpr std::chrono::seconds kMaxTtl{86400};
  // A question that has been under way for longer was lost, for want of memory: the next one who wants it asks anew.
  static constexpr std::chrono::seconds kMaxUnderWay{60};

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
  std::array<std::unique_ptr<Shard>, kShards> shards_;
  std::atomic<std::uint64_t> next_ticket_{1};
  SharedAnswer no_memory_;
};

}  // namespace io
