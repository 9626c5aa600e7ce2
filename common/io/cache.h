// The DNS answers that all workers share, and the waiters for questions under way (thread-safe).
//
// One lookup decides hit, join or start: an entry is either an answer with its time of expiry or a list of waiters.
// TTLs are kept, up to kMaxTtl. Failures are kept for kFailureTtl, and longer each time that the same question fails again, up to
// kMaxFailureTtl. Our own failures (dns::Cause::local) are not kept.
// The byte limit is kept by evicting the oldest entry that has not been used since it was last considered (second chance). It
// covers all that the cache holds: answers with their parsed records, the table, and waiters.
// An answer with TTL 0 is given to its waiters, and not kept.
// When memory runs out (std::bad_alloc), find_or_join() throws and changes nothing; complete() always ends the question.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "common/dns/answer.h"
#include "common/io/kept_answer.h"
#include "common/io/keyed_hash.h"

namespace io {

struct CacheCounters {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;  // the caller had to ask DNS
  std::uint64_t joins = 0;   // the question was under way
  std::uint64_t evictions = 0;
  std::uint64_t entries = 0;  // answers held
  std::uint64_t bytes = 0;
  std::uint64_t waits = 0;  // a thread found a part of the table locked by another thread
};

class Cache {
 public:
  using Clock = io::Clock;
  // Receives the answer. Called in the thread that calls complete(), with no lock held. Must be quick (post to a loop). If it
  // throws std::bad_alloc, only this waiter gets no answer.
  using Waiter = std::function<void(const SharedAnswer&)>;

  // A question that fails repeatedly is kept for 5, 10, 20, 40, 60 seconds. RFC 2308 §7 allows 5 minutes, and RFC 9520 §3.2
  // requires that the time grows. The limit is a minute because a temperror defers mail, which is tried again after about that
  // time.
  static constexpr std::chrono::seconds kFailureTtl{5};
  static constexpr std::chrono::seconds kMaxFailureTtl{60};
  static constexpr std::chrono::seconds kMaxTtl{86400};
  // A question under way for longer was lost because memory ran out: the next caller starts it again.
  static constexpr std::chrono::seconds kMaxUnderWay{60};

  // bytes: memory for all answers; 0: nothing is kept (joining still works).
  explicit Cache(std::size_t bytes);
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // Returns the answer if it is cached and not expired, else null.
  SharedAnswer find(const dns::Question& question, Clock::time_point now);

  enum class Look : std::uint8_t {
    hit,    // `answer` holds it; the waiter is not kept
    join,   // the waiter was added to a question under way
    start,  // the waiter was added, and the caller must ask DNS and call complete(), or abandon() with success
  };
  struct Found {
    Look look = Look::start;
    SharedAnswer answer;
    std::uint64_t ticket = 0;  // the waiter's, for leave()
  };
  Found find_or_join(const dns::Question& question, Clock::time_point now, Waiter waiter);
  // Removes a waiter. (Another thread may be calling it at this moment.)
  void leave(const dns::Question& question, std::uint64_t ticket);
  // For the caller that asks DNS. If no waiter is left, the question is given up, and the next caller starts it again. False:
  // there are waiters, so go on.
  bool abandon(const dns::Question& question);
  // Stores the answer and calls the waiters.
  void complete(const dns::Question& question, dns::Answer answer, Clock::time_point now);

  // Removes all answers. Questions under way go on.
  void clear();
  // Removes the answers about a name, or about a zone: a name and all names below it. Questions under way go on. Returns how many
  // answers it removed. The second form visits all answers.
  std::size_t remove(const dns::Name& name);
  std::size_t remove_zone(const dns::Name& zone);

  // The content of the cache for a question.
  struct Peek {
    SharedAnswer answer;           // null: under way
    std::chrono::seconds left{0};  // until the answer expires
    std::size_t waiting = 0;       // checks that wait for the answer
  };
  // Returns it without counting it as used; nothing if neither an answer nor a question under way is held.
  std::optional<Peek> peek(const dns::Question& question, Clock::time_point now);
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
