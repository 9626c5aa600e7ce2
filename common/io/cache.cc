#include "common/io/cache.h"

#include <algorithm>
#include <forward_list>
#include <iterator>
#include <list>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/guarded.h"

namespace io {

namespace {

// A question, by which its entry is found.
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
using Order = std::list<Entry*>;  // those with an answer; the newest first

struct Waiting {
  std::uint64_t ticket;
  Cache::Waiter waiter;
};

// An answer, or who waits for it. What a look reads stands together at the end, and the bytes of the name behind it in the same
// block: each line of memory that is touched is most likely one more wait.
struct Entry {
  std::forward_list<Waiting> waiting;  // the newest first
  Order::iterator place;
  std::uint32_t bytes = 0;
  bool was_used = false;  // since it was put in, or spared
  std::uint8_t name_size;
  dns::Type type;
  Cache::Clock::time_point expiry;
  SharedAnswer answer;  // null: under way
  EntryPtr next;        // of the same bucket
  std::uint64_t hash;

  static EntryPtr make(const KeyView& key) {
    void* const memory = ::operator new(sizeof(Entry) + key.name.size());
    EntryPtr entry(new (memory) Entry(key));
    key.name.copy(reinterpret_cast<char*>(entry.get() + 1), key.name.size());
    return entry;
  }

  [[nodiscard]] KeyView key() const { return {hash, {reinterpret_cast<const char*>(this + 1), name_size}, type}; }

 private:
  explicit Entry(const KeyView& key) : name_size(static_cast<std::uint8_t>(key.name.size())), type(key.type), hash(key.hash) {}
};

void FreeEntry::operator()(Entry* entry) const {
  entry->~Entry();
  ::operator delete(entry);
}

// A hash table with chains. std::unordered_map would touch another entry at each look, the one before, and keep names elsewhere.
class Entries {
 public:
  // Where the entry is, or would be: null then. Valid until the next insert().
  EntryPtr& find(const KeyView& key) {
    EntryPtr* place = &bucket(key.hash);
    while (*place != nullptr && (*place)->key() != key) place = &(*place)->next;
    return *place;
  }

  Entry& insert(const KeyView& key) {
    if (size_ == buckets_.size()) grow();
    EntryPtr entry = Entry::make(key);
    ++size_;
    return put(std::move(entry));
  }

  void erase(EntryPtr& place) {
    if (place == nullptr) return;
    place = std::move(place->next);
    --size_;
  }

  template <class Condition>
  void erase_if(Condition&& condition) {
    for (EntryPtr& first : buckets_) {
      for (EntryPtr* place = &first; *place != nullptr;) {
        if (condition(**place)) {
          erase(*place);
        } else {
          place = &(*place)->next;
        }
      }
    }
  }

 private:
  // The number of buckets is a power of two.
  EntryPtr& bucket(std::uint64_t hash) { return buckets_[hash & (buckets_.size() - 1)]; }

  Entry& put(EntryPtr entry) {
    EntryPtr& first = bucket(entry->hash);
    entry->next = std::move(first);
    first = std::move(entry);
    return *first;
  }

  void grow() {
    std::vector<EntryPtr> old(buckets_.size() * 2);
    old.swap(buckets_);
    for (EntryPtr& first : old) {
      while (first != nullptr) {
        EntryPtr rest = std::move(first->next);
        put(std::move(first));
        first = std::move(rest);
      }
    }
  }

  std::vector<EntryPtr> buckets_ = std::vector<EntryPtr>(16);
  std::size_t size_ = 0;
};

struct Table {
  Entries entries;
  Order order;
  std::uint64_t next_ticket = 1;
  CacheCounters counters;

  // The answer of `entry`, if it is there and not expired.
  SharedAnswer use(Entry* entry, Cache::Clock::time_point now) {
    if (entry == nullptr || entry->answer == nullptr || entry->expiry <= now) return nullptr;
    // Its place in the order stays: that would touch the memory of four others at each hit.
    if (!entry->was_used) entry->was_used = true;  // most were, and what is not written need not be sent between processors
    ++counters.hits;
    return entry->answer;
  }

  // The answer of `entry`, if there is one, is no longer kept.
  void forget(Entry& entry) {
    if (entry.answer == nullptr) return;
    entry.answer = nullptr;
    counters.bytes -= entry.bytes;
    --counters.entries;
    order.erase(entry.place);
  }

  void keep(Entry& entry, SharedAnswer answer, Cache::Clock::time_point expiry, std::size_t bytes, std::size_t limit) {
    order.push_front(&entry);
    entry.answer = std::move(answer);
    entry.expiry = expiry;
    entry.bytes = static_cast<std::uint32_t>(bytes);
    entry.place = order.begin();
    entry.was_used = false;
    counters.bytes += bytes;
    ++counters.entries;
    while (counters.bytes > limit) {
      Entry& oldest = *order.back();
      if (std::exchange(oldest.was_used, false)) {
        order.splice(order.begin(), order, oldest.place);  // a second chance
        continue;
      }
      forget(oldest);
      entries.erase(entries.find(oldest.key()));
      ++counters.evictions;
    }
  }
};

std::chrono::seconds lifetime(const dns::Answer& answer) {
  if (answer.status == dns::Status::failure) return Cache::kFailureTtl;
  return std::min(std::chrono::seconds{answer.ttl}, Cache::kMaxTtl);
}

// A block of the heap that holds so many bytes.
constexpr std::size_t heap(std::size_t bytes) { return bytes == 0 ? 0 : bytes + 16; }

std::size_t heap(const std::vector<std::string>& texts) {
  std::size_t bytes = heap(texts.capacity() * sizeof(std::string));
  for (const std::string& text : texts) bytes += heap(text.capacity());
  return bytes;
}

// What an answer costs, with its place in the table.
std::size_t footprint(std::string_view name, const spf::KnownAnswer& known) {
  std::size_t bytes =
      2 * sizeof(EntryPtr) + heap(sizeof(Entry) + name.size()) + heap(sizeof(void*) * 3) + heap(sizeof(spf::KnownAnswer) + 16);
  const dns::Answer& answer = known.answer;
  bytes += heap(answer.addresses.capacity() * sizeof(base::IpAddress)) + heap(answer.names) + heap(answer.texts);
  bytes += heap(answer.problem.capacity());
  if (const auto* const record = std::get_if<spf::Record>(&known.policy)) {
    bytes += heap(record->text.capacity()) + heap(record->directives.capacity() * sizeof(spf::Directive)) +
             heap(record->domain_specs.capacity() * sizeof(spf::MacroString));
    for (const spf::MacroString& spec : record->domain_specs) bytes += heap(spec.text().capacity()) + heap(spec.parts_bytes());
  }
  return bytes;
}

}  // namespace

struct Cache::Shard {
  base::Guarded<Table> table;
};

Cache::Cache(std::size_t bytes)
    : hash_key_(HashKey::random()), shards_(std::make_unique<std::array<Shard, kShards>>()), shard_bytes_(bytes / kShards) {}

Cache::~Cache() = default;

std::uint64_t Cache::hash_of(const dns::Question& question) const {
  const HashKey key{hash_key_.k0 ^ static_cast<std::uint64_t>(question.type), hash_key_.k1};
  return keyed_hash(key, question.name.text());
}

// The tables inside use the low bits.
Cache::Shard& Cache::shard_of(std::uint64_t hash) { return (*shards_)[(hash >> 60) % kShards]; }

SharedAnswer Cache::find(const dns::Question& question, Clock::time_point now) {
  const KeyView key{hash_of(question), question.name.text(), question.type};
  return shard_of(key.hash).table.with([&](Table& table) { return table.use(table.entries.find(key).get(), now); });
}

Cache::Found Cache::find_or_join(const dns::Question& question, Clock::time_point now, Waiter waiter) {
  const KeyView key{hash_of(question), question.name.text(), question.type};
  return shard_of(key.hash).table.with([&](Table& table) {
    Entry* entry = table.entries.find(key).get();
    if (SharedAnswer answer = table.use(entry, now)) return Found{Look::hit, std::move(answer), 0};
    const Look look = entry == nullptr || entry->answer != nullptr ? Look::start : Look::join;
    if (entry == nullptr) entry = &table.entries.insert(key);
    table.forget(*entry);
    ++(look == Look::start ? table.counters.misses : table.counters.joins);
    const std::uint64_t ticket = table.next_ticket++;
    entry->waiting.push_front({ticket, std::move(waiter)});
    return Found{look, nullptr, ticket};
  });
}

void Cache::leave(const dns::Question& question, std::uint64_t ticket) {
  const KeyView key{hash_of(question), question.name.text(), question.type};
  // The waiter dies outside the lock, like everything that is not ours.
  const auto left = shard_of(key.hash).table.with([&](Table& table) {
    std::forward_list<Waiting> own;
    const EntryPtr& place = table.entries.find(key);
    if (place == nullptr) return own;
    auto& waiting = place->waiting;
    for (auto before = waiting.before_begin(); std::next(before) != waiting.end(); ++before) {
      if (std::next(before)->ticket != ticket) continue;
      own.splice_after(own.before_begin(), waiting, before);
      break;
    }
    return own;
  });
}

bool Cache::abandon(const dns::Question& question) {
  const KeyView key{hash_of(question), question.name.text(), question.type};
  return shard_of(key.hash).table.with([&](Table& table) {
    EntryPtr& place = table.entries.find(key);
    if (place == nullptr || place->answer != nullptr) return true;
    if (!place->waiting.empty()) return false;
    table.entries.erase(place);
    return true;
  });
}

void Cache::complete(const dns::Question& question, dns::Answer answer, Clock::time_point now) {
  const auto known = std::make_shared<const spf::KnownAnswer>(std::move(answer));
  const std::chrono::seconds ttl = lifetime(known->answer);
  const KeyView key{hash_of(question), question.name.text(), question.type};
  const std::size_t bytes = footprint(key.name, *known);
  const bool is_kept = ttl.count() > 0 && bytes <= shard_bytes_;

  auto waiting = shard_of(key.hash).table.with([&](Table& table) {
    std::forward_list<Waiting> waiters;
    EntryPtr& place = table.entries.find(key);
    if (place != nullptr) {
      waiters = std::move(place->waiting);
      table.forget(*place);
    }
    if (is_kept) {
      Entry& entry = place == nullptr ? table.entries.insert(key) : *place;
      table.keep(entry, known, now + ttl, bytes, shard_bytes_);
    } else if (place != nullptr) {
      table.entries.erase(place);
    }
    return waiters;
  });
  waiting.reverse();
  for (const Waiting& one : waiting) one.waiter(known);
}

void Cache::clear() {
  for (Shard& shard : *shards_) {
    shard.table.with([](Table& table) {
      table.entries.erase_if([](const Entry& entry) { return entry.answer != nullptr; });
      table.order.clear();
      table.counters.bytes = 0;
      table.counters.entries = 0;
    });
  }
}

CacheCounters Cache::counters() {
  CacheCounters sum;
  for (Shard& shard : *shards_) {
    const CacheCounters part = shard.table.with([](const Table& table) { return table.counters; });
    sum.hits += part.hits;
    sum.misses += part.misses;
    sum.joins += part.joins;
    sum.evictions += part.evictions;
    sum.entries += part.entries;
    sum.bytes += part.bytes;
    sum.waits += shard.table.waits();
  }
  return sum;
}

}  // namespace io
