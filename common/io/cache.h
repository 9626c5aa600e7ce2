// The DNS answers that all workers share, and the waiters for questions under way (thread-safe).
//
// One lookup decides hit, join or start: an entry has an answer with its time of expiry, or a list of waiters, or both while its
// answer is refreshed.
// TTLs are kept, up to kMaxTtl. Failures are kept for kFailureTtl, and longer each time that the same question fails again, up to
// kMaxFailureTtl. Our own failures (dns::is_own()) are not kept.
// The byte limit is kept by evicting the oldest entry that has not been used since it was last considered (second chance). It
// covers all that the cache holds: answers with their parsed records, the table, and waiters. Expired answers have no second
// chance, and each eviction searches a few entries for them first.
// An answer with TTL 0 is given to its waiters, and not kept.
// Refresh-ahead (CacheOptions::refreshes_ahead): find() reports to its caller that a question is to be asked again. Serve stale
// (CacheOptions::stale): an expired answer stays while its question is asked again. A failure then carries it
// (KeptAnswer::stale), and is kept for kStaleRetry. The check decides whether it uses the expired answer. A limit of our own
// (dns::Cause::local) says nothing about DNS: such a failure carries no expired answer, which stays for the next question. When
// memory runs out (std::bad_alloc), find_or_join() throws and changes nothing; complete() always ends the question.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "common/dns/answer.h"
#include "common/io/kept_answer.h"
#include "common/io/keyed_hash.h"

namespace io {

struct CacheCounters {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;  // the caller had to ask DNS
  std::uint64_t joins = 0;   // the question was under way
  std::uint64_t evictions = 0;
  std::uint64_t prefetches = 0;  // answers that were asked again before they expired
  std::uint64_t entries = 0;     // answers held
  std::uint64_t bytes = 0;
  std::uint64_t waits = 0;  // a thread found a part of the table locked by another thread
};

struct CacheOptions {
  std::size_t bytes = 0;         // memory for all answers; 0: nothing is kept (joining still works)
  bool refreshes_ahead = false;  // ask again for answers in use before they expire
  std::chrono::seconds stale{};  // how long after its expiry an answer may replace a failure
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
  // A failure that carries an expired answer is kept for this time (RFC 8767 §5: at least 30 seconds between two tries).
  static constexpr std::chrono::seconds kStaleRetry{30};
  // A question under way for longer was lost because memory ran out: the next caller starts it again.
  static constexpr std::chrono::seconds kMaxUnderWay{60};
  // An answer used this often is asked again in the last part of its TTL, a 10th, at its next use. It is asked once; answers
  // with a TTL below kLeastRefreshed are not.
  static constexpr std::uint8_t kWorthRefreshing = 3;
  static constexpr int kRefreshPart = 10;
  static constexpr std::chrono::seconds kLeastRefreshed{10};
  // Misses per refresh, so that refreshes add at most 5 % to the questions. Misses without refreshes add up to kMostCredit in
  // each shard.
  static constexpr int kMissesPerRefresh = 20;
  static constexpr int kMostCredit = 1000;

  explicit Cache(CacheOptions options);
  explicit Cache(std::size_t bytes) : Cache(CacheOptions{.bytes = bytes}) {}
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // Returns the answer if it is cached and not expired, else null. Sets *is_due if the caller must ask DNS to refresh the answer,
  // and call refreshed().
  SharedAnswer find(const dns::Question& question, Clock::time_point now, bool* is_due = nullptr);
  // Ends a refresh. A failure changes nothing, unless the old answer has expired meanwhile and checks wait for the new one.
  void refreshed(const dns::Question& question, dns::Answer answer, Clock::time_point now);

  // The asker of a question under way.
  class Asking {
   public:
    Asking() = default;
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;
    virtual ~Asking() = default;
    // Reports that a further check waits for the answer. Called in the thread of that check.
    virtual void joined(std::uint64_t check) = 0;
  };

  enum class Look : std::uint8_t {
    hit,    // `answer` holds it; the waiter is not kept
    join,   // the waiter was added to a question under way
    start,  // the waiter was added, and the caller must ask DNS and call complete(), or abandon() with success
  };
  struct Found {
    Look look = Look::start;
    SharedAnswer answer;
    std::uint64_t ticket = 0;           // the waiter's, for leave()
    bool has_expired = false;           // an expired answer may replace a failure
    std::weak_ptr<Asking> asking = {};  // the asker that the caller has joined, if it is known
  };
  Found find_or_join(const dns::Question& question, Clock::time_point now, Waiter waiter);
  // Records who asks a question under way.
  void set_asking(const dns::Question& question, std::weak_ptr<Asking> asking);
  // Removes a waiter. (Another thread may be calling it at this moment.)
  void leave(const dns::Question& question, std::uint64_t ticket);
  // Gives up a question for which the caller asks DNS, if no waiter is left; the next caller starts it again. Returns false if
  // the caller must continue: there are waiters, or an expired answer, which the next check may use only after the question has
  // failed.
  bool abandon(const dns::Question& question, Clock::time_point now);
  // Stores the answer and calls the waiters.
  void complete(const dns::Question& question, dns::Answer answer, Clock::time_point now);
  // Returns the expired answer that may replace a failure now; null: there is none. Changes nothing.
  SharedAnswer expired(const dns::Question& question, Clock::time_point now);

  // Removes all answers. Questions under way are not affected.
  void clear();
  // Removes the answers about a name, or about a zone: a name and all names below it. Questions under way are not affected.
  // Returns the number of answers that it removed. The second form visits all answers.
  std::size_t remove(const dns::Name& name);
  std::size_t remove_zone(const dns::Name& zone);

  // The content of the cache for a question.
  struct Peek {
    SharedAnswer answer;           // null: under way, without an answer that has not expired
    std::chrono::seconds left{0};  // until the answer expires
    std::size_t waiting = 0;       // checks that wait for the answer
    std::uint8_t uses = 0;         // of the answer, up to kWorthRefreshing
    SharedAnswer stale;            // the expired answer that may replace a failure; null: none
    std::chrono::seconds stale_left{0};
    bool is_under_way = false;
  };
  // Returns the content without counting it as a use; nothing if the cache has neither an answer nor a question under way.
  std::optional<Peek> peek(const dns::Question& question, Clock::time_point now);
  [[nodiscard]] CacheCounters counters();

  // An answer as it is held, for a copy of the cache. Failures are not copied.
  struct Kept {
    dns::Question question;
    SharedAnswer answer;
    std::uint8_t uses = 0;
  };
  // Returns when an answer that is not a failure expires.
  static Clock::time_point expiry_of(const KeptAnswer& answer);
  // Calls `use` with the answers of one part of the cache after the other, newest first, as long as it returns true. No lock is
  // held during the call.
  void each_part(const std::function<bool(const std::vector<Kept>&)>& use);
  // Adds an answer as the oldest one. Returns false, and adds nothing, if the question has an entry, the answer has expired, or
  // the cache is full.
  bool add(const Kept& kept, Clock::time_point now);

 private:
  struct Shard;
  static constexpr std::size_t kShards = 16;

  Shard& shard_of(std::uint64_t hash);
  // Calls use(table, key) for the question, under the lock.
  template <class Use>
  auto with(const dns::Question& question, Use&& use);
  [[nodiscard]] std::uint64_t hash_of(const dns::Question& question) const;

  HashKey hash_key_;
  std::array<std::unique_ptr<Shard>, kShards> shards_;
  std::atomic<std::uint64_t> next_ticket_{1};
  SharedAnswer no_memory_;
};

}  // namespace io
