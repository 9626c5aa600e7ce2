#include "common/io/cache_table.h"

#include <algorithm>
#include <new>
#include <utility>

namespace io {

namespace {

constexpr std::size_t kPendingBytes = heap_block(sizeof(Pending));
// Entries that an eviction searches for expired answers.
constexpr int kSearched = 16;

}  // namespace

// ---- lookups -------------------------------------------------------------------------------------------------------------

// Returns the answer of `entry`, if there is one that has not expired.
SharedAnswer CacheTable::use(Entry* entry, Time now, bool* is_due) {
  if (entry == nullptr || now >= entry->fresh_until) return use_late(entry, now, is_due);
  // Its place in the order stays: moving it would touch the memory of two other entries at each hit.
  if (!entry->was_used) entry->was_used = true;  // written only if needed, since a write must be sent to other processors
  if (entry->uses < Cache::kWorthRefreshing) count_use(*entry);
  ++counters_.hits;
  return entry->answer;
}

// Does the same when the answer has expired, or is about to expire.
SharedAnswer CacheTable::use_late(Entry* entry, Time now, bool* is_due) {
  if (entry == nullptr || entry->answer == nullptr || now >= entry->expiry) return nullptr;
  entry->was_used = true;
  if (is_due != nullptr) *is_due = begin_refresh(*entry, now);
  ++counters_.hits;
  return entry->answer;
}

void CacheTable::count_use(Entry& entry) const {
  if (++entry.uses < Cache::kWorthRefreshing || !options_.refreshes_ahead) return;
  const KeptAnswer& known = *entry.answer;
  if (known.answer.status == dns::Status::failure || entry.expiry - known.came < Cache::kLeastRefreshed) return;
  entry.fresh_until = entry.expiry - (entry.expiry - known.came) / Cache::kRefreshPart;
}

// Returns whether the caller must ask.
bool CacheTable::begin_refresh(Entry& entry, Time now) {
  if (entry.asked != nullptr || credit_ < Cache::kMissesPerRefresh) return false;
  try {
    begin_question(entry, std::make_unique<Pending>(), now);
  } catch (const std::bad_alloc&) {
    return false;
  }
  entry.fresh_until = entry.expiry;  // not again
  credit_ -= Cache::kMissesPerRefresh;
  ++counters_.prefetches;
  return true;
}

Cache::Found CacheTable::find_or_join(const KeyView& key, Time now, std::unique_ptr<Pending>& own) {
  Entry* entry = entries_.find(key).get();
  if (SharedAnswer answer = use(entry, now, nullptr)) return {Cache::Look::hit, std::move(answer), 0};
  const std::uint64_t ticket = own->waiters.begin()->first;
  const bool is_asked = entry != nullptr && entry->asked != nullptr && now < entry->asked->lost;
  if (entry == nullptr) entry = &insert(key);
  SharedAnswer stale = usable(entry->answer, now);
  forget(*entry);
  if (entry->asked == nullptr) {
    begin_question(*entry, std::move(own), now);
  } else {
    entry->asked->waiters.merge(own->waiters);
    if (!is_asked) entry->asked->lost = now + Cache::kMaxUnderWay;
  }
  pending_bytes_ += kWaiterBytes;
  if (stale != nullptr) set_stale(*entry->asked, std::move(stale));
  if (is_asked) {
    ++counters_.joins;
  } else {
    ++counters_.misses;
    credit_ = std::min(credit_ + 1, Cache::kMostCredit);
  }
  evict(now);
  Cache::Found found{.look = is_asked ? Cache::Look::join : Cache::Look::start, .answer = nullptr, .ticket = ticket};
  found.has_expired = entry->asked->stale != nullptr;
  if (is_asked) found.asking = entry->asked->asking;
  return found;
}

void CacheTable::set_asking(const KeyView& key, std::weak_ptr<Cache::Asking> asking) {
  const EntryPtr& place = entries_.find(key);
  if (place != nullptr && place->asked != nullptr) place->asked->asking = std::move(asking);
}

Waiters::node_type CacheTable::leave(const KeyView& key, std::uint64_t ticket) {
  const EntryPtr& place = entries_.find(key);
  if (place == nullptr || place->asked == nullptr) return {};
  Waiters::node_type left = place->asked->waiters.extract(ticket);
  if (left) pending_bytes_ -= kWaiterBytes;
  return left;
}

std::optional<Cache::Peek> CacheTable::peek(const KeyView& key, Time now) {
  const Entry* const entry = entries_.find(key).get();
  if (entry == nullptr) return {};
  const auto seconds_until = [now](Time time) { return std::chrono::duration_cast<std::chrono::seconds>(time - now); };
  Cache::Peek peek;
  if (entry->answer != nullptr && now < entry->expiry) {
    peek.answer = entry->answer;
    peek.left = seconds_until(entry->expiry);
    peek.uses = entry->uses;
  }
  if (entry->asked != nullptr && now < entry->asked->lost) {
    peek.is_under_way = true;
    peek.waiting = entry->asked->waiters.size();
  }
  peek.stale = stale_of(key, now);
  if (peek.stale != nullptr) peek.stale_left = seconds_until(stale_end(*peek.stale));
  if (peek.answer == nullptr && peek.stale == nullptr && !peek.is_under_way) return {};
  return peek;
}

// ---- the end of questions ------------------------------------------------------------------------------------------------

bool CacheTable::abandon(const KeyView& key, Time now) {
  EntryPtr& place = entries_.find(key);
  if (place == nullptr || place->asked == nullptr) return true;
  if (!place->asked->waiters.empty() || usable(place->asked->stale, now) != nullptr) return false;
  end_question(*place);
  if (place->answer == nullptr) erase(place);
  return true;
}

std::unique_ptr<Pending> CacheTable::complete(const KeyView& key, const SharedAnswer& answer, Time now) {
  std::unique_ptr<Pending> asked;
  EntryPtr& place = entries_.find(key);
  std::uint8_t failures = 0;
  if (place != nullptr) {
    if (place->asked != nullptr) asked = end_question(*place);
    failures = place->failures;
    forget(*place);
  }
  const Clock::duration kept_for = lifetime(*answer, now, failures);
  if (kept_for <= Clock::duration::zero() || answer->bytes + Entry::bytes_with(key) > options_.bytes) {
    const bool is_news = answer->answer.status != dns::Status::failure || !dns::is_own(answer->answer.cause);
    put_back(place, is_news || asked == nullptr ? nullptr : usable(asked->stale, now), now);
    return asked;
  }
  try {
    Entry& entry = place == nullptr ? insert(key) : *place;
    entry.failures = failures;
    keep(entry, answer, now + kept_for);
    evict(now);
  } catch (const std::bad_alloc&) {  // the answer is not kept
  }
  return asked;
}

bool CacheTable::keep_old(const KeyView& key, Time now) {
  Entry* const entry = entries_.find(key).get();
  if (entry == nullptr || entry->asked == nullptr || !entry->asked->waiters.empty()) return false;
  if (entry->answer == nullptr || now >= entry->expiry) return false;
  end_question(*entry);
  return true;
}

Clock::duration CacheTable::lifetime(const KeptAnswer& known, Time now, std::uint8_t& failures) const {
  if (known.answer.status != dns::Status::failure) {
    failures = 0;
    return Cache::expiry_of(known) - now;
  }
  if (known.stale != nullptr) return std::min<Clock::duration>(Cache::kStaleRetry, stale_end(*known.stale) - now);
  if (dns::is_own(known.answer.cause)) return Clock::duration::zero();
  const auto kept_for = std::min(Cache::kFailureTtl * (1 << failures), Cache::kMaxFailureTtl);
  if (kept_for < Cache::kMaxFailureTtl) ++failures;
  return kept_for;
}

// ---- expired answers -----------------------------------------------------------------------------------------------------

SharedAnswer CacheTable::usable(const SharedAnswer& answer, Time now) const {
  if (answer == nullptr || options_.stale.count() == 0) return nullptr;
  const SharedAnswer& one = answer->answer.status == dns::Status::failure ? answer->stale : answer;
  return one != nullptr && now < stale_end(*one) ? one : nullptr;
}

SharedAnswer CacheTable::stale_of(const KeyView& key, Time now) {
  const Entry* const entry = entries_.find(key).get();
  if (entry == nullptr) return nullptr;
  if (entry->asked != nullptr && entry->asked->stale != nullptr) return usable(entry->asked->stale, now);
  const bool is_fresh = entry->answer != nullptr && now < entry->expiry && entry->answer->answer.status != dns::Status::failure;
  return is_fresh ? nullptr : usable(entry->answer, now);
}

void CacheTable::put_back(EntryPtr& place, SharedAnswer stale, Time now) {
  if (place == nullptr || stale == nullptr) return erase(place);
  const Time expiry = Cache::expiry_of(*stale);
  keep(*place, std::move(stale), expiry);
  evict(now);
}

void CacheTable::set_stale(Pending& asked, SharedAnswer stale) {
  if (asked.stale != nullptr) pending_bytes_ -= asked.stale->bytes;
  asked.stale = std::move(stale);
  if (asked.stale != nullptr) pending_bytes_ += asked.stale->bytes;
}

// ---- entries -------------------------------------------------------------------------------------------------------------

// Adds an entry without an answer.
Entry& CacheTable::insert(const KeyView& key) {
  Entry& entry = entries_.insert(key);
  pending_bytes_ += entry.own_bytes();
  return entry;
}

void CacheTable::erase(EntryPtr& place) {
  if (place == nullptr) return;
  forget(*place);
  pending_bytes_ -= place->own_bytes();
  entries_.erase(place);
}

void CacheTable::begin_question(Entry& entry, std::unique_ptr<Pending> asked, Time now) {
  entry.asked = std::move(asked);
  entry.asked->lost = now + Cache::kMaxUnderWay;
  pending_bytes_ += kPendingBytes;
}

std::unique_ptr<Pending> CacheTable::end_question(Entry& entry) {
  pending_bytes_ -= kPendingBytes + entry.asked->waiters.size() * kWaiterBytes;
  if (entry.asked->stale != nullptr) pending_bytes_ -= entry.asked->stale->bytes;
  return std::move(entry.asked);
}

// Drops the answer of `entry`, if there is one.
void CacheTable::forget(Entry& entry) {
  if (entry.answer == nullptr) return;
  counters_.bytes -= entry.own_bytes() + entry.answer->bytes;
  pending_bytes_ += entry.own_bytes();
  --counters_.entries;
  unlink(entry);
  entry.answer = nullptr;
  entry.fresh_until = Entry::kNever;
}

void CacheTable::keep(Entry& entry, SharedAnswer answer, Time expiry) {
  counters_.bytes += entry.own_bytes() + answer->bytes;
  pending_bytes_ -= entry.own_bytes();
  ++counters_.entries;
  entry.answer = std::move(answer);
  entry.expiry = entry.fresh_until = expiry;
  entry.was_used = false;
  entry.uses = 0;
  link_newest(entry);
}

void CacheTable::drop(Entry& entry) {
  if (entry.asked != nullptr) return forget(entry);
  erase(entries_.find(entry.key()));
}

bool CacheTable::remove(EntryPtr& place) {
  const bool had_answer = place->answer != nullptr;
  if (place->asked != nullptr) {
    set_stale(*place->asked, nullptr);
    forget(*place);
  } else {
    erase(place);
  }
  return had_answer;
}

bool CacheTable::remove(const KeyView& key) {
  EntryPtr& place = entries_.find(key);
  return place != nullptr && remove(place);
}

void CacheTable::clear() {
  entries_.each([this](EntryPtr& place) { remove(place); });
}

// ---- a copy of the cache -------------------------------------------------------------------------------------------------

std::vector<Cache::Kept> CacheTable::all() {
  std::vector<Cache::Kept> kept;
  kept.reserve(counters_.entries);
  const auto add = [&](const Entry& entry, const SharedAnswer& answer) {
    const SharedAnswer& one = answer->answer.status == dns::Status::failure ? answer->stale : answer;
    if (one != nullptr) kept.push_back({{*dns::Name::parse(entry.key().name), entry.type}, one, entry.uses});
  };
  for (const Entry* entry = newest_; entry != nullptr; entry = entry->older) add(*entry, entry->answer);
  entries_.each([&](const EntryPtr& place) {
    if (place->answer == nullptr && place->asked->stale != nullptr) add(*place, place->asked->stale);
  });
  return kept;
}

bool CacheTable::add(const KeyView& key, const Cache::Kept& kept, Time now) {
  if (entries_.find(key) != nullptr || now >= stale_end(*kept.answer)) return false;
  if (bytes() + kept.answer->bytes + Entry::bytes_with(key) > options_.bytes) return false;
  Entry& entry = insert(key);
  keep(entry, kept.answer, Cache::expiry_of(*kept.answer));
  unlink(entry);
  link_oldest(entry);
  while (entry.uses < std::min(kept.uses, Cache::kWorthRefreshing)) count_use(entry);
  return true;
}

// ---- the limit -----------------------------------------------------------------------------------------------------------

void CacheTable::evict(Time now) {
  for (int i = 0; i < kSearched && bytes() > options_.bytes; ++i) {
    if (sought_ == nullptr) sought_ = oldest_;
    if (sought_ == nullptr) return;
    Entry& entry = *std::exchange(sought_, sought_->newer);
    if (!is_old(entry, now)) continue;
    drop(entry);
    ++counters_.evictions;
  }
  while (oldest_ != nullptr && bytes() > options_.bytes) {
    Entry& oldest = *oldest_;
    if (std::exchange(oldest.was_used, false) && !is_old(oldest, now)) {  // a second chance
      unlink(oldest);
      link_newest(oldest);
      continue;
    }
    drop(oldest);
    ++counters_.evictions;
  }
}

void CacheTable::link_newest(Entry& entry) {
  entry.newer = nullptr;
  entry.older = newest_;
  (newest_ == nullptr ? oldest_ : newest_->newer) = &entry;
  newest_ = &entry;
}

void CacheTable::link_oldest(Entry& entry) {
  entry.older = nullptr;
  entry.newer = oldest_;
  (oldest_ == nullptr ? newest_ : oldest_->older) = &entry;
  oldest_ = &entry;
}

void CacheTable::unlink(Entry& entry) {
  if (sought_ == &entry) sought_ = entry.newer;
  (entry.older == nullptr ? oldest_ : entry.older->newer) = entry.newer;
  (entry.newer == nullptr ? newest_ : entry.newer->older) = entry.older;
}

}  // namespace io
