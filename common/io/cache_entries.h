// The entries of a part of the cache, and the hash table that finds them. Used by cache_table.h only, under its lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "common/io/cache.h"

namespace io {

// The key of an entry: a question with its hash.
struct KeyView {
  std::uint64_t hash;
  std::string_view name;
  dns::Type type;

  friend bool operator==(const KeyView&, const KeyView&) = default;
};

struct Entry;
struct FreeEntry {
  void operator()(Entry* entry) const;
};
using EntryPtr = std::unique_ptr<Entry, FreeEntry>;
// By ticket, and so in order of arrival. Thousands may wait for one question, and each may leave.
using Waiters = std::map<std::uint64_t, Cache::Waiter>;
// Memory per waiter: the node of the map, and the captures of the function (a mailbox, a check and a number).
inline constexpr std::size_t kWaiterBytes = heap_block(4 * sizeof(void*) + sizeof(Waiters::value_type)) + heap_block(64);

// A question under way.
struct Pending {
  Waiters waiters;
  Clock::time_point lost;  // when the next caller asks again
  SharedAnswer stale;      // the expired answer that may replace a failure; null: none
  std::weak_ptr<Cache::Asking> asking;
};

// An answer, or a question under way, or both: an answer that is refreshed. The members that a lookup reads are adjacent at the
// end, and the bytes of the name follow in the same block, because each further cache line is likely to be one more wait.
struct Entry {
  std::unique_ptr<Pending> asked;
  Entry* newer = nullptr;  // in the order of Table, if there is an answer
  Entry* older = nullptr;
  Clock::time_point expiry;   // of the answer
  bool was_used = false;      // since it was added or spared
  std::uint8_t failures = 0;  // in a row
  std::uint8_t uses = 0;      // of the answer, up to Cache::kWorthRefreshing
  std::uint8_t name_size;
  dns::Type type;
  // Until then the answer is used without further tests: the expiry, or the beginning of the time in which the next use refreshes
  // the answer; kNever without an answer.
  Clock::time_point fresh_until = kNever;
  SharedAnswer answer;
  EntryPtr next;  // in the same bucket
  std::uint64_t hash;

  static constexpr Clock::time_point kNever = Clock::time_point::min();

  static EntryPtr make(const KeyView& key) {
    void* const memory = ::operator new(sizeof(Entry) + key.name.size());
    EntryPtr entry(new (memory) Entry(key));
    key.name.copy(reinterpret_cast<char*>(entry.get() + 1), key.name.size());
    return entry;
  }

  // Without the answer and the waiters.
  [[nodiscard]] std::size_t own_bytes() const { return bytes_with(key()); }
  static std::size_t bytes_with(const KeyView& key) { return heap_block(sizeof(Entry) + key.name.size()); }
  [[nodiscard]] KeyView key() const { return {hash, {reinterpret_cast<const char*>(this + 1), name_size}, type}; }

 private:
  explicit Entry(const KeyView& key) : name_size(static_cast<std::uint8_t>(key.name.size())), type(key.type), hash(key.hash) {}
};

inline void FreeEntry::operator()(Entry* entry) const {
  entry->~Entry();
  ::operator delete(entry);
}

// A hash table with chains. std::unordered_map would touch one more entry per lookup, the previous one, and keep names elsewhere.
class Entries {
 public:
  // Returns the pointer to the entry, or the null pointer where it would be added. Valid until the next insert().
  EntryPtr& find(const KeyView& key) {
    EntryPtr* place = &bucket(key.hash);
    while (*place != nullptr && (*place)->key() != key) place = &(*place)->next;
    return *place;
  }

  Entry& insert(const KeyView& key) {
    EntryPtr entry = Entry::make(key);
    if (size_ == buckets_.size()) grow();
    ++size_;
    return put(std::move(entry));
  }

  void erase(EntryPtr& place) {
    if (place == nullptr) return;
    place = std::move(place->next);
    --size_;
  }

  // Calls `visit` with the pointer to each entry, which may be erased there.
  template <class Visit>
  void each(Visit&& visit) {
    for (EntryPtr& first : buckets_) {
      for (EntryPtr* place = &first; *place != nullptr;) {
        const Entry* const here = place->get();
        visit(*place);
        if (place->get() == here) place = &(*place)->next;
      }
    }
  }

  // Returns the memory of the table itself.
  [[nodiscard]] std::size_t bytes() const { return heap_block(buckets_.capacity() * sizeof(EntryPtr)); }

 private:
  static constexpr std::size_t kFirstBuckets = 16;

  // The number of buckets is a power of two.
  EntryPtr& bucket(std::uint64_t hash) { return buckets_[hash & (buckets_.size() - 1)]; }

  Entry& put(EntryPtr entry) {
    EntryPtr& first = bucket(entry->hash);
    entry->next = std::move(first);
    first = std::move(entry);
    return *first;
  }

  // Adds buckets. Without memory for them, the chains grow longer.
  void grow() {
    std::vector<EntryPtr> old;
    try {
      old = std::vector<EntryPtr>(buckets_.size() * 2);
    } catch (const std::bad_alloc&) {
      return;
    }
    old.swap(buckets_);
    for (EntryPtr& first : old) {
      while (first != nullptr) {
        EntryPtr rest = std::move(first->next);
        put(std::move(first));
        first = std::move(rest);
      }
    }
  }

  std::vector<EntryPtr> buckets_ = std::vector<EntryPtr>(kFirstBuckets);
  std::size_t size_ = 0;
};

}  // namespace io
