#include "common/io/cache.h"

#include <algorithm>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/guarded.h"

namespace io {

namespace {

// A question without the 253 bytes that dns::Name always has.
struct KeyView {
  std::uint64_t hash;
  std::string_view name;
  dns::Type type;

  friend bool operator==(const KeyView&, const KeyView&) = default;
};

struct Key {
  std::uint64_t hash;
  std::string name;
  dns::Type type;

  explicit Key(const KeyView& from) : hash(from.hash), name(from.name), type(from.type) {}
  [[nodiscard]] KeyView view() const { return {hash, name, type}; }
};

KeyView view_of(const Key& key) { return key.view(); }
KeyView view_of(const KeyView& key) { return key; }

struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(const auto& key) const noexcept { return key.hash; }
};

struct KeyEqual {
  using is_transparent = void;
  bool operator()(const auto& a, const auto& b) const noexcept { return view_of(a) == view_of(b); }
};

using Order = std::list<const Key*>;  // the newest first

struct Ready {
  SharedAnswer answer;
  Cache::Clock::time_point expiry;
  std::size_t bytes = 0;
  Order::iterator place;
  bool was_used = false;  // since it was put in, or spared
};

struct Pending {
  struct Waiting {
    std::uint64_t ticket;
    Cache::Waiter waiter;
  };
  std::vector<Waiting> waiting;
};

using Entry = std::variant<Ready, Pending>;

struct Table {
  std::unordered_map<Key, Entry, KeyHash, KeyEqual> entries;
  Order order;
  std::uint64_t next_ticket = 1;
  CacheCounters counters;

  using Place = decltype(entries)::iterator;

  // The answer at `place`, if it is there and not expired.
  SharedAnswer use(Place place, Cache::Clock::time_point now) {
    if (place == entries.end()) return nullptr;
    auto* const ready = std::get_if<Ready>(&place->second);
    if (ready == nullptr || ready->expiry <= now) return nullptr;
    // Its place in the order stays: that would touch the memory of four others at each hit.
    ready->was_used = true;
    ++counters.hits;
    return ready->answer;
  }

  // What is at `place` stops being an answer, which is no longer counted.
  void forget(Place place) {
    if (const auto* const ready = std::get_if<Ready>(&place->second)) {
      counters.bytes -= ready->bytes;
      --counters.entries;
      order.erase(ready->place);
    }
  }

  void keep(Place place, SharedAnswer answer, Cache::Clock::time_point expiry, std::size_t bytes, std::size_t limit) {
    order.push_front(&place->first);
    place->second = Ready{std::move(answer), expiry, bytes, order.begin()};
    counters.bytes += bytes;
    ++counters.entries;
    while (counters.bytes > limit) {
      const Place oldest = entries.find(order.back()->view());
      auto& ready = std::get<Ready>(oldest->second);
      if (std::exchange(ready.was_used, false)) {
        order.splice(order.begin(), order, ready.place);  // a second chance
        continue;
      }
      forget(oldest);
      entries.erase(oldest);
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
  std::size_t bytes = heap(sizeof(std::pair<const Key, Entry>) + 2 * sizeof(void*)) + heap(name.size()) +
                      heap(sizeof(void*) * 3) + heap(sizeof(spf::KnownAnswer) + 16);
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
  return shard_of(key.hash).table.with([&](Table& table) { return table.use(table.entries.find(key), now); });
}

Cache::Found Cache::find_or_join(const dns::Question& question, Clock::time_point now, Waiter waiter) {
  const KeyView key{hash_of(question), question.name.text(), question.type};
  return shard_of(key.hash).table.with([&](Table& table) {
    auto place = table.entries.find(key);
    if (SharedAnswer answer = table.use(place, now)) return Found{Look::hit, std::move(answer), 0};
    Look look = Look::join;
    if (place == table.entries.end()) {
      place = table.entries.emplace(Key{key}, Pending{}).first;
      look = Look::start;
    } else if (!std::holds_alternative<Pending>(place->second)) {
      table.forget(place);
      place->second = Pending{};
      look = Look::start;
    }
    ++(look == Look::start ? table.counters.misses : table.counters.joins);
    const std::uint64_t ticket = table.next_ticket++;
    std::get<Pending>(place->second).waiting.push_back({ticket, std::move(waiter)});
    return Found{look, nullptr, ticket};
  });
}

void Cache::leave(const dns::Question& question, std::uint64_t ticket) {
  const KeyView key{hash_of(question), question.name.text(), question.type};
  // The waiter dies outside the lock, like everything that is not ours.
  const Waiter left = shard_of(key.hash).table.with([&](Table& table) -> Waiter {
    const auto place = table.entries.find(key);
    if (place == table.entries.end()) return nullptr;
    auto* const pending = std::get_if<Pending>(&place->second);
    if (pending == nullptr) return nullptr;
    auto& waiting = pending->waiting;
    const auto own = std::find_if(waiting.begin(), waiting.end(), [&](const auto& one) { return one.ticket == ticket; });
    if (own == waiting.end()) return nullptr;
    Waiter waiter = std::move(own->waiter);
    waiting.erase(own);
    return waiter;
  });
}

bool Cache::abandon(const dns::Question& question) {
  const KeyView key{hash_of(question), question.name.text(), question.type};
  return shard_of(key.hash).table.with([&](Table& table) {
    const auto place = table.entries.find(key);
    if (place == table.entries.end()) return true;
    const auto* const pending = std::get_if<Pending>(&place->second);
    if (pending == nullptr) return true;
    if (!pending->waiting.empty()) return false;
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

  const auto waiting = shard_of(key.hash).table.with([&](Table& table) -> std::vector<Pending::Waiting> {
    std::vector<Pending::Waiting> waiters;
    auto place = table.entries.find(key);
    if (place != table.entries.end()) {
      if (auto* const pending = std::get_if<Pending>(&place->second)) waiters = std::move(pending->waiting);
      table.forget(place);
      if (!is_kept) table.entries.erase(place);
    } else if (is_kept) {
      place = table.entries.emplace(Key{key}, Pending{}).first;
    }
    if (is_kept) table.keep(place, known, now + ttl, bytes, shard_bytes_);
    return waiters;
  });
  for (const Pending::Waiting& one : waiting) one.waiter(known);
}

void Cache::clear() {
  for (Shard& shard : *shards_) {
    shard.table.with([](Table& table) {
      std::erase_if(table.entries, [](const auto& entry) { return std::holds_alternative<Ready>(entry.second); });
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
