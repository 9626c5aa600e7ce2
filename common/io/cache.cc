#include "common/io/cache.h"

#include <algorithm>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "common/io/cache_table.h"
#include "common/io/guarded.h"

namespace io {

struct Cache::Shard {
  explicit Shard(CacheOptions options) : table(options) {}

  Guarded<CacheTable> table;
};

Cache::Cache(CacheOptions options) : hash_key_(HashKey::random()), no_memory_(own_failure("out of memory")) {
  options.bytes /= kShards;
  for (std::unique_ptr<Shard>& shard : shards_) shard = std::make_unique<Shard>(options);
}

Cache::~Cache() = default;

Clock::time_point Cache::expiry_of(const KeptAnswer& answer) {
  return answer.came + std::min(std::chrono::seconds{answer.answer.ttl}, kMaxTtl);
}

std::uint64_t Cache::hash_of(const dns::Question& question) const {
  const HashKey key{hash_key_.k0 ^ static_cast<std::uint64_t>(question.type), hash_key_.k1};
  return keyed_hash(key, question.name.text());
}

// Uses the high bits, since the tables use the low ones.
Cache::Shard& Cache::shard_of(std::uint64_t hash) { return *shards_[(hash >> 60) % kShards]; }

template <class Use>
auto Cache::with(const dns::Question& question, Use&& use) {
  const KeyView key{hash_of(question), question.name.text(), question.type};
  return shard_of(key.hash).table.with([&](CacheTable& table) { return use(table, key); });
}

SharedAnswer Cache::find(const dns::Question& question, Clock::time_point now, bool* is_due) {
  return with(question, [&](CacheTable& table, const KeyView& key) { return table.find(key, now, is_due); });
}

Cache::Found Cache::find_or_join(const dns::Question& question, Clock::time_point now, Waiter waiter) {
  auto own = std::make_unique<Pending>();
  own->waiters.emplace(next_ticket_++, std::move(waiter));
  return with(question, [&](CacheTable& table, const KeyView& key) { return table.find_or_join(key, now, own); });
}

void Cache::leave(const dns::Question& question, std::uint64_t ticket) {
  const auto left = with(question, [&](CacheTable& table, const KeyView& key) { return table.leave(key, ticket); });
}

void Cache::set_asking(const dns::Question& question, std::weak_ptr<Asking> asking) {
  with(question, [&](CacheTable& table, const KeyView& key) { table.set_asking(key, std::move(asking)); });
}

bool Cache::abandon(const dns::Question& question, Clock::time_point now) {
  return with(question, [&](CacheTable& table, const KeyView& key) { return table.abandon(key, now); });
}

void Cache::complete(const dns::Question& question, dns::Answer answer, Clock::time_point now) {
  SharedAnswer known = no_memory_;
  try {
    SharedAnswer stale;
    if (answer.status == dns::Status::failure && answer.cause != dns::Cause::local)
      stale = with(question, [&](CacheTable& table, const KeyView& key) { return table.stale_of(key, now); });
    known = std::make_shared<const KeptAnswer>(std::move(answer), now, std::move(stale));
  } catch (const std::bad_alloc&) {  // the waiters get a failure
  }
  const auto asked = with(question, [&](CacheTable& table, const KeyView& key) { return table.complete(key, known, now); });
  if (asked == nullptr) return;
  for (const auto& [ticket, waiter] : asked->waiters) {
    try {
      waiter(known);
    } catch (const std::bad_alloc&) {  // this one waits until its deadline
    }
  }
}

void Cache::refreshed(const dns::Question& question, dns::Answer answer, Clock::time_point now) {
  const bool has_failed = answer.status == dns::Status::failure;
  if (has_failed && with(question, [&](CacheTable& table, const KeyView& key) { return table.keep_old(key, now); })) return;
  complete(question, std::move(answer), now);
}

SharedAnswer Cache::expired(const dns::Question& question, Clock::time_point now) {
  return with(question, [&](CacheTable& table, const KeyView& key) { return table.stale_of(key, now); });
}

void Cache::clear() {
  for (const auto& shard : shards_) {
    shard->table.with([](CacheTable& table) { table.clear(); });
  }
}

std::size_t Cache::remove(const dns::Name& name) {
  std::size_t removed = 0;
  for (const dns::Type type : dns::kTypes) {
    if (with({name, type}, [](CacheTable& table, const KeyView& key) { return table.remove(key); })) ++removed;
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
  for (const auto& shard : shards_) {
    removed += shard->table.with([&](CacheTable& table) { return table.remove_if(is_within); });
  }
  return removed;
}

std::optional<Cache::Peek> Cache::peek(const dns::Question& question, Clock::time_point now) {
  return with(question, [&](CacheTable& table, const KeyView& key) { return table.peek(key, now); });
}

CacheCounters Cache::counters() {
  CacheCounters sum;
  for (const auto& shard : shards_) {
    const CacheCounters part = shard->table.with([](const CacheTable& table) { return table.counters(); });
    sum.hits += part.hits;
    sum.misses += part.misses;
    sum.joins += part.joins;
    sum.evictions += part.evictions;
    sum.prefetches += part.prefetches;
    sum.entries += part.entries;
    sum.bytes += part.bytes;
    sum.waits += shard->table.waits();
  }
  return sum;
}

void Cache::each_part(const std::function<bool(const std::vector<Kept>&)>& use) {
  for (const auto& shard : shards_) {
    if (!use(shard->table.with([](CacheTable& table) { return table.all(); }))) return;
  }
}

bool Cache::add(const Kept& kept, Clock::time_point now) {
  return with(kept.question, [&](CacheTable& table, const KeyView& key) { return table.add(key, kept, now); });
}

}  // namespace io
