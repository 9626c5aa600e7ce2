// A part of the cache: a table of entries with a byte limit. Not thread-safe: Cache holds a lock for each part.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "common/io/cache.h"
#include "common/io/cache_entries.h"

namespace io {

class CacheTable {
 public:
  using Time = Clock::time_point;

  // options.bytes: the limit of this part.
  explicit CacheTable(CacheOptions options) : options_(options) {}

  // Cache describes these functions. `own` holds the caller's waiter; if find_or_join() throws, nothing has changed.
  SharedAnswer find(const KeyView& key, Time now, bool* is_due) { return use(entries_.find(key).get(), now, is_due); }
  Cache::Found find_or_join(const KeyView& key, Time now, std::unique_ptr<Pending>& own);
  void set_asking(const KeyView& key, std::weak_ptr<Cache::Asking> asking);
  // Returns the waiter, so that it is destroyed outside of the lock.
  Waiters::node_type leave(const KeyView& key, std::uint64_t ticket);
  bool abandon(const KeyView& key, Time now);
  // Ends the question, and returns the waiters.
  std::unique_ptr<Pending> complete(const KeyView& key, const SharedAnswer& answer, Time now);
  // Ends a refresh that has failed; false: the question must be completed.
  bool keep_old(const KeyView& key, Time now);
  // Returns the expired answer that may replace a failure now.
  SharedAnswer stale_of(const KeyView& key, Time now);

  void clear();
  // Removes an answer; false: there is none.
  bool remove(const KeyView& key);
  // Removes the answers about names that `is_chosen` returns true for; returns their number.
  template <class IsChosen>
  std::size_t remove_if(IsChosen&& is_chosen) {
    std::size_t removed = 0;
    entries_.each([&](EntryPtr& place) {
      if (is_chosen(place->key().name) && remove(place)) ++removed;
    });
    return removed;
  }

  [[nodiscard]] std::optional<Cache::Peek> peek(const KeyView& key, Time now);
  [[nodiscard]] const CacheCounters& counters() const { return counters_; }

  [[nodiscard]] std::vector<Cache::Kept> all();
  bool add(const KeyView& key, const Cache::Kept& kept, Time now);

 private:
  SharedAnswer use(Entry* entry, Time now, bool* is_due);
  SharedAnswer use_late(Entry* entry, Time now, bool* is_due);
  void count_use(Entry& entry) const;
  bool begin_refresh(Entry& entry, Time now);

  [[nodiscard]] Time stale_end(const KeptAnswer& answer) const { return Cache::expiry_of(answer) + options_.stale; }
  // Returns the answer, or the expired one that it carries, if that is not a failure and may still be used.
  [[nodiscard]] SharedAnswer usable(const SharedAnswer& answer, Time now) const;
  // Returns how long the answer is kept, after that number of failures in a row, which it updates.
  [[nodiscard]] Clock::duration lifetime(const KeptAnswer& known, Time now, std::uint8_t& failures) const;

  Entry& insert(const KeyView& key);
  void erase(EntryPtr& place);
  // Removes the answer, and the expired one of a question under way; false: there was no answer.
  bool remove(EntryPtr& place);
  // Removes the answer, and the entry unless its question is under way.
  void drop(Entry& entry);
  void forget(Entry& entry);
  void keep(Entry& entry, SharedAnswer answer, Time expiry);
  void set_stale(Pending& asked, SharedAnswer stale);
  // Puts an expired answer back into an entry whose question has ended without news, or erases the entry.
  void put_back(EntryPtr& place, SharedAnswer stale, Time now);
  // Takes the question under way off the entry.
  std::unique_ptr<Pending> end_question(Entry& entry);
  void begin_question(Entry& entry, std::unique_ptr<Pending> asked, Time now);

  [[nodiscard]] std::size_t bytes() const { return counters_.bytes + pending_bytes_ + entries_.bytes(); }
  [[nodiscard]] static bool is_old(const Entry& entry, Time now) { return now >= entry.expiry || entry.answer->stale != nullptr; }
  void evict(Time now);
  void link_newest(Entry& entry);
  void link_oldest(Entry& entry);
  void unlink(Entry& entry);

  CacheOptions options_;
  Entries entries_;
  Entry* newest_ = nullptr;  // among those with an answer
  Entry* oldest_ = nullptr;
  Entry* sought_ = nullptr;        // where the search for expired answers continues; null: at the oldest
  std::size_t pending_bytes_ = 0;  // of entries without an answer, questions under way, and their waiters
  int credit_ = 0;                 // misses that may pay for refreshes
  CacheCounters counters_;
};

}  // namespace io
