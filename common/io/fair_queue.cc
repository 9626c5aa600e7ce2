#include "common/io/fair_queue.h"

namespace io {

struct FairQueue::Entry {
  FairQueue& home;
  Owner owner;
  Callback callback;
  Zone& zone;
  Check& check;
  std::uint64_t number;
  State state = State::waiting;
};

void FairQueue::Leave::operator()(Entry* entry) const {
  entry->home.leave(*entry);
  delete entry;
}

FairQueue::FairQueue(Loop& loop, Limits limits) : limits_(limits), afterwards_(loop, [this] { hand_out(); }) {}

bool FairQueue::has_slot(const Place& place) { return place != nullptr && place->state == State::held; }

FairQueue::Place FairQueue::enter(Owner owner, Callback callback) {
  Zone& zone = zones_[owner.zone];
  Check& check = zone.checks[owner.check];
  ++check.entries;
  Place place(new Entry{*this, owner, std::move(callback), zone, check, ++last_number_});
  Entry& entry = *place;
  // Waiting entries go first, except those of zones that hold their part already.
  if (held_ < limits_.slots && zone.held < limits_.per_zone && !can_grant()) {
    hold(entry);
    return place;
  }
  queue(entry);
  if (waiting_ > limits_.waiting) turn_away(*longest_.rbegin()->second->waiting.rbegin()->second);
  if (can_grant()) afterwards_.set();
  return place;
}

// ---- the order -----------------------------------------------------------------------------------------------------------

// Every change of a zone or check must be between unfile() and file().
void FairQueue::unfile(Zone& zone, Check& check) {
  if (zone.waiting.empty()) return;
  ranks_.erase({zone.held, zone.waiting.begin()->first, &zone});
  longest_.erase({zone.waiting.size(), &zone});
  if (!check.waiting.empty()) zone.ranks.erase({check.held, check.waiting.begin()->first, &check});
}

void FairQueue::file(Zone& zone, Check& check) {
  if (zone.waiting.empty()) return;
  ranks_.emplace(zone.held, zone.waiting.begin()->first, &zone);
  longest_.emplace(zone.waiting.size(), &zone);
  if (!check.waiting.empty()) zone.ranks.emplace(check.held, check.waiting.begin()->first, &check);
}

void FairQueue::hold(Entry& entry) {
  unfile(entry.zone, entry.check);
  entry.state = State::held;
  ++entry.zone.held;
  ++entry.check.held;
  ++held_;
  file(entry.zone, entry.check);
}

void FairQueue::queue(Entry& entry) {
  unfile(entry.zone, entry.check);
  entry.zone.waiting.emplace(entry.number, &entry);
  entry.check.waiting.emplace(entry.number, &entry);
  ++waiting_;
  file(entry.zone, entry.check);
}

void FairQueue::unqueue(Entry& entry) {
  unfile(entry.zone, entry.check);
  entry.zone.waiting.erase(entry.number);
  entry.check.waiting.erase(entry.number);
  --waiting_;
  file(entry.zone, entry.check);
}

void FairQueue::turn_away(Entry& entry) {
  unqueue(entry);
  entry.state = State::turned_away;
  turned_away_.emplace(entry.number, &entry);
  afterwards_.set();
}

void FairQueue::leave(Entry& entry) {
  switch (entry.state) {
    case State::waiting: unqueue(entry); break;
    case State::turned_away: turned_away_.erase(entry.number); break;
    case State::held:
      unfile(entry.zone, entry.check);
      --entry.zone.held;
      --entry.check.held;
      --held_;
      file(entry.zone, entry.check);
      if (can_grant()) afterwards_.set();
      break;
  }
  if (--entry.check.entries > 0) return;
  entry.zone.checks.erase(entry.owner.check);
  if (entry.zone.checks.empty()) zones_.erase(entry.owner.zone);
}

// ---- who is next ---------------------------------------------------------------------------------------------------------

bool FairQueue::can_grant() const {
  return held_ < limits_.slots && !ranks_.empty() && std::get<0>(*ranks_.begin()) < limits_.per_zone;
}

void FairQueue::hand_out() {
  // Callbacks may destroy any place and add others, so nothing is kept across them.
  while (!turned_away_.empty()) {
    Entry& entry = *turned_away_.begin()->second;
    turned_away_.erase(turned_away_.begin());
    const Callback callback = std::move(entry.callback);
    callback(News::turned_away);
  }
  while (can_grant()) {
    Zone& zone = *static_cast<Zone*>(std::get<2>(*ranks_.begin()));
    Check& check = *static_cast<Check*>(std::get<2>(*zone.ranks.begin()));
    Entry& entry = *check.waiting.begin()->second;
    unqueue(entry);
    hold(entry);
    const Callback callback = std::move(entry.callback);
    callback(News::granted);
  }
}

}  // namespace io
