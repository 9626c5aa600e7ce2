#include "common/io/cache.h"

#include <algorithm>
#include <map>
#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "common/io/guarded.h"

namespace io {

namespace {

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
constexpr std::size_t kWaiterBytes = heap_block(4 * sizeof(void*) + sizeof(Waiters::value_type)) + heap_block(64);

// An answer, or the waiters for it. The members that a lookup reads are adjacent at the end, and the bytes of the name follow in
// the same block, because each further cache line is likely to be one more wait.
struct Entry {
  std::unique_ptr<Waiters> waiting;
  Entry* newer = nullptr;  // in the order of Table, if there is an answer
  Entry* older = nullptr;
  bool was_used = false;      // since it was added or spared
  std::uint8_t failures = 0;  // in a row
  std::uint8_t name_size;
  dns::Type type;
  Clock::time_point expiry;  // of the answer; if under way: when the next caller asks again
  SharedAnswer answer;       // null: under way
  EntryPtr next;             // in the same bucket
  std::uint64_t hash;

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

void FreeEntry::operator()(Entry* entry) const {
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

  // Without memory for more buckets, the chains grow longer.
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

class Table {
 public:
  explicit Table(std::size_t limit) : limit_(limit) {}

  SharedAnswer find(const KeyView& key, Clock::time_point now) { return use(entries_.find(key).get(), now); }

  // `own` holds the caller's waiter. If this throws, nothing has changed.
  Cache::Found find_or_join(const KeyView& key, Clock::time_point now, std::unique_ptr<Waiters>& own) {
    Entry* entry = entries_.find(key).get();
    if (SharedAnswer answer = use(entry, now)) return {Cache::Look::hit, std::move(answer), 0};
    const std::uint64_t ticket = own->begin()->first;
    const bool is_asked = entry != nullptr && entry->answer == nullptr && now < entry->expiry;
    const Cache::Look look = is_asked ? Cache::Look::join : Cache::Look::start;
    if (entry == nullptr) entry = &insert(key);
    forget(*entry);
    if (!is_asked) entry->expiry = now + Cache::kMaxUnderWay;
    if (entry->waiting == nullptr) {
      entry->waiting = std::move(own);
    } else {
      entry->waiting->merge(*own);
    }
    pending_bytes_ += kWaiterBytes;
    ++(look == Cache::Look::start ? counters_.misses : counters_.joins);
    evict();
    return {look, nullptr, ticket};
  }

  // Returns the waiter, so that it is destroyed outside of the lock.
  Waiters::node_type leave(const KeyView& key, std::uint64_t ticket) {
    const EntryPtr& place = entries_.find(key);
    if (place == nullptr || place->waiting == nullptr) return {};
    Waiters::node_type left = place->waiting->extract(ticket);
    if (left) pending_bytes_ -= kWaiterBytes;
    return left;
  }

  bool abandon(const KeyView& key) {
    EntryPtr& place = entries_.find(key);
    if (place == nullptr || place->answer != nullptr) return true;
    if (!place->waiting->empty()) return false;
    erase(place);
    return true;
  }

  // Ends the question, and returns the waiters. `lifetime` returns how long the answer is kept, and counts failures.
  template <class Lifetime>
  std::unique_ptr<Waiters> complete(const KeyView& key, const SharedAnswer& answer, Clock::time_point now, Lifetime&& lifetime) {
    std::unique_ptr<Waiters> waiters;
    EntryPtr& place = entries_.find(key);
    std::uint8_t failures = 0;
    if (place != nullptr) {
      waiters = std::move(place->waiting);
      if (waiters != nullptr) pending_bytes_ -= waiters->size() * kWaiterBytes;
      failures = place->failures;
      forget(*place);
    }
    const std::chrono::seconds kept_for = lifetime(failures);
    if (kept_for.count() == 0 || answer->bytes + Entry::bytes_with(key) > limit_) {
      erase(place);
      return waiters;
    }
    try {
      Entry& entry = place == nullptr ? insert(key) : *place;
      entry.failures = failures;
      keep(entry, answer, now + kept_for);
      evict();
    } catch (const std::bad_alloc&) {  // the answer is not kept
    }
    return waiters;
  }

  void clear() {
    while (oldest_ != nullptr) erase(entries_.find(oldest_->key()));
  }

  // Removes an answer; false: there is none.
  bool remove(const KeyView& key) {
    EntryPtr& place = entries_.find(key);
    if (place == nullptr || place->answer == nullptr) return false;
    erase(place);
    return true;
  }

  // Removes the answers about names that `is_chosen` returns true for; returns their number.
  template <class IsChosen>
  std::size_t remove_if(IsChosen&& is_chosen) {
    std::size_t removed = 0;
    for (Entry* entry = oldest_; entry != nullptr;) {
      Entry* const next = entry->newer;
      if (is_chosen(entry->key().name)) {
        erase(entries_.find(entry->key()));
        ++removed;
      }
      entry = next;
    }
    return removed;
  }

  std::optional<Cache::Peek> peek(const KeyView& key, Clock::time_point now) {
    const Entry* const entry = entries_.find(key).get();
    if (entry == nullptr || entry->expiry <= now) return {};
    return Cache::Peek{entry->answer, std::chrono::duration_cast<std::chrono::seconds>(entry->expiry - now),
                       entry->waiting == nullptr ? 0 : entry->waiting->size()};
  }

  [[nodiscard]] const CacheCounters& counters() const { return counters_; }

 private:
  // Returns the answer of `entry`, if there is one that has not expired.
  SharedAnswer use(Entry* entry, Clock::time_point now) {
    if (entry == nullptr || entry->answer == nullptr || entry->expiry <= now) return nullptr;
    // Its place in the order stays: moving it would touch the memory of two other entries at each hit.
    if (!entry->was_used) entry->was_used = true;  // not written without need, since a write must be sent to other processors
    ++counters_.hits;
    return entry->answer;
  }

  // Adds a question under way.
  Entry& insert(const KeyView& key) {
    Entry& entry = entries_.insert(key);
    pending_bytes_ += entry.own_bytes();
    return entry;
  }

  void erase(EntryPtr& place) {
    if (place == nullptr) return;
    forget(*place);
    pending_bytes_ -= place->own_bytes();
    entries_.erase(place);
  }

  // Drops the answer of `entry`, if there is one; the question is then under way.
  void forget(Entry& entry) {
    if (entry.answer == nullptr) return;
    counters_.bytes -= entry.own_bytes() + entry.answer->bytes;
    pending_bytes_ += entry.own_bytes();
    --counters_.entries;
    unlink(entry);
    entry.answer = nullptr;
  }

  void keep(Entry& entry, SharedAnswer answer, Clock::time_point expiry) {
    counters_.bytes += entry.own_bytes() + answer->bytes;
    pending_bytes_ -= entry.own_bytes();
    ++counters_.entries;
    entry.answer = std::move(answer);
    entry.expiry = expiry;
    entry.was_used = false;
    link(entry);
  }

  void evict() {
    while (oldest_ != nullptr && counters_.bytes + pending_bytes_ + entries_.bytes() > limit_) {
      Entry& oldest = *oldest_;
      if (std::exchange(oldest.was_used, false)) {  // a second chance
        unlink(oldest);
        link(oldest);
        continue;
      }
      erase(entries_.find(oldest.key()));
      ++counters_.evictions;
    }
  }

  // Makes the entry the newest.
  void link(Entry& entry) {
    entry.newer = nullptr;
    entry.older = newest_;
    (newest_ == nullptr ? oldest_ : newest_->newer) = &entry;
    newest_ = &entry;
  }

  void unlink(Entry& entry) {
    (entry.older == nullptr ? oldest_ : entry.older->newer) = entry.newer;
    (entry.newer == nullptr ? newest_ : entry.newer->older) = entry.older;
  }

  std::size_t limit_;
  Entries entries_;
  Entry* newest_ = nullptr;  // among those with an answer
  Entry* oldest_ = nullptr;
  std::size_t pending_bytes_ = 0;  // of questions under way, and their waiters
  CacheCounters counters_;
};

// Returns how long the answer is kept, after that number of failures in a row, which it updates.
std::chrono::seconds lifetime(const dns::Answer& answer, std::uint8_t& failures) {
  if (answer.status != dns::Status::failure) {
    failures = 0;
    return std::min(std::chrono::seconds{answer.ttl}, Cache::kMaxTtl);
  }
  if (answer.cause == dns::Cause::local) return std::chrono::seconds::zero();
  const auto kept_for = std::min(Cache::kFailureTtl * (1 << failures), Cache::kMaxFailureTtl);
  if (kept_for < Cache::kMaxFailureTtl) ++failures;
  return kept_for;
}

}  // namespace

struct Cache::Shard {
  explicit Shard(std::size_t limit) : table(limit) {}

  Guarded<Table> table;
};

Cache::Cache(std::size_t bytes) : hash_key_(HashKey::random()), no_memory_(own_failure("out of memory")) {
  for (std::unique_ptr<Shard>& shard : shards_) shard = std::make_unique<Shard>(bytes / kShards);
}

Cache::~Cache() = default;

std::uint64_t Cache::hash_of(const dns::Question& question) const {
  const HashKey key{hash_key_.k0 ^ static_cast<std::uint64_t>(question.type), hash_key_.k1};
  return keyed_hash(key, question.name.text());
}

// Uses the high bits, since the tables use the low ones.
Cache::Shard& Cache::shard_of(std::uint64_t hash) { return *shards_[(hash >> 60) % kShards]; }

SharedAnswer Cache::find(const dns::Question& question, Clock::time_point now) {
  const KeyView key{hash_of(question), question.name.text(), question.type};
  return shard_of(key.hash).table.with([&](Table& table) { return table.find(key, now); });
}

Cache::Found Cache::find_or_join(const dns::Question& question, Clock::time_point now, Waiter waiter) {
  const KeyView key{hash_of(question), question.name.text(), question.type};
  auto own = std::make_unique<Waiters>();
  own->emplace(next_ticket_++, std::move(waiter));
  return shard_of(key.hash).table.with([&](Table& table) { return table.find_or_join(key, now, own); });
}

void Cache::leave(const dns::Question& question, std::uint64_t ticket) {
  const KeyView key{hash_of(question), question.name.text(), question.type};
  const auto left = shard_of(key.hash).table.with([&](Table& table) { return table.leave(key, ticket); });
}

bool Cache::abandon(const dns::Question& question) {
  const KeyView key{hash_of(question), question.name.text(), question.type};
  return shard_of(key.hash).table.with([&](Table& table) { return table.abandon(key); });
}

void Cache::complete(const dns::Question& question, dns::Answer answer, Clock::time_point now) {
  SharedAnswer known = no_memory_;
  try {
    known = std::make_shared<const KeptAnswer>(std::move(answer), now);
  } catch (const std::bad_alloc&) {  // the waiters get a failure
  }
  const KeyView key{hash_of(question), question.name.text(), question.type};
  const auto waiters = shard_of(key.hash).table.with([&](Table& table) {
    return table.complete(key, known, now, [&](std::uint8_t& failures) { return lifetime(known->answer, failures); });
  });
  if (waiters == nullptr) return;
  for (const auto& [ticket, waiter] : *waiters) {
    try {
      waiter(known);
    } catch (const std::bad_alloc&) {  // this one waits until its deadline
    }
  }
}

void Cache::clear() {
  for (const auto& shard : shards_) {
    shard->table.with([](Table& table) { table.clear(); });
  }
}

std::size_t Cache::remove(const dns::Name& name) {
  std::size_t removed = 0;
  for (const dns::Type type : dns::kTypes) {
    const dns::Question question{name, type};
    const KeyView key{hash_of(question), name.text(), type};
    if (shard_of(key.hash).table.with([&](Table& table) { return table.remove(key); })) ++removed;
  }
  return removed;
}

std::size_t Cache::remove_zone(const dns::Name& zone) {
  const auto is_within = [&](std::string_view name) {
    if (!name.ends_with(zone.text())) return false;
    const std::size_t rest = name.size() - zone.text().size();
    return rest == 0 || zone.is_root() || name[rest - 1] == '.';
  };
  std::size_t removed = 0;
  for (const auto& shard : shards_) removed += shard->table.with([&](Table& table) { return table.remove_if(is_within); });
  return removed;
}

std::optional<Cache::Peek> Cache::peek(const dns::Question& question, Clock::time_point now) {
  const KeyView key{hash_of(question), question.name.text(), question.type};
  return shard_of(key.hash).table.with([&](Table& table) { return table.peek(key, now); });
}

CacheCounters Cache::counters() {
  CacheCounters sum;
  for (const auto& shard : shards_) {
    const CacheCounters part = shard->table.with([](const Table& table) { return table.counters(); });
    sum.hits += part.hits;
    sum.misses += part.misses;
    sum.joins += part.joins;
    sum.evictions += part.evictions;
    sum.entries += part.entries;
    sum.bytes += part.bytes;
    sum.waits += shard->table.waits();
  }
  return sum;
}

}  // namespace io
