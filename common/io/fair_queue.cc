#include "common/io/fair_queue.h"

#include <algorithm>

namespace io {

struct FairQueue::Entry {
  FairQueue& home;
  Owner owner;
  Callback callback;
  Zone& zone;
  Check* check;
  std::uint64_t number;
  bool is_back;
  State state = State::waiting;
  Entry* stands_for = nullptr;                         // set for a stand-in, which has no load and no callback
  std::vector<std::unique_ptr<Entry>> stand_ins = {};  // all wait, and only while this entry waits
};

void FairQueue::Leave::operator()(Entry* entry) const {
  entry->home.leave(*entry);
  delete entry;
}

FairQueue::FairQueue(Loop& loop, Limits limits) : limits_(limits), afterwards_(loop, [this] { hand_out(); }) {}

bool FairQueue::has_slot(const Place& place) { return place != nullptr && place->state == State::held; }

FairQueue::Place FairQueue::enter(Owner owner, bool is_back, Callback callback) {
  Zone& zone = zones_[owner.zone];
  ++zone.entries;
  Check& check = checks_[owner.check];
  ++check.entries;
  Place place(new Entry{*this, owner, std::move(callback), zone, &check, ++last_number_ + (is_back ? kBack : 0), is_back});
  Entry& entry = *place;
  if (is_back) add_load(entry, 1);
  // Waiting entries go first, except those of zones that hold their part already.
  if (held_ < limits_.slots && zone.held < limits_.per_zone && !can_grant()) {
    hold(entry);
    return place;
  }
  queue(entry);
  if (waiting_ > limits_.waiting) make_room();
  if (can_grant()) afterwards_.set();
  return place;
}

// ---- the order -----------------------------------------------------------------------------------------------------------

// Takes the zone out of the order of all zones; rank() puts it back. Every change of a zone, or of the order of its lines, must
// be between the two calls.
void FairQueue::unrank(Zone& zone) {
  if (zone.ranks.empty() || zone.held >= limits_.per_zone) return;
  const auto& [load, number, line] = *zone.ranks.begin();
  ranks_.erase({std::max<std::uint64_t>(zone.load, load), number, &zone});
}

void FairQueue::rank(Zone& zone) {
  if (zone.ranks.empty() || zone.held >= limits_.per_zone) return;
  const auto& [load, number, line] = *zone.ranks.begin();
  ranks_.emplace(std::max<std::uint64_t>(zone.load, load), number, &zone);
}

void FairQueue::add_load(Entry& entry, int more) {
  unrank(entry.zone);
  entry.zone.load += static_cast<std::size_t>(more);
  rank(entry.zone);
  const std::size_t before = entry.check->load;
  const std::size_t after = before + static_cast<std::size_t>(more);
  for (auto& [zone, line] : entry.check->lines) {
    const std::uint64_t oldest = line.begin()->first;
    unrank(*zone);
    zone->ranks.erase({load_of(before, oldest), oldest, &line});
    zone->ranks.emplace(load_of(after, oldest), oldest, &line);
    rank(*zone);
  }
  entry.check->load = after;
}

void FairQueue::hold(Entry& entry) {
  unrank(entry.zone);
  ++entry.zone.held;
  ++held_;
  rank(entry.zone);
  entry.state = State::held;
  if (!entry.is_back) add_load(entry, 1);
}

// Adds the entry to the queue, or removes it.
void FairQueue::set_waiting(Entry& entry, bool is_waiting) {
  const auto change = [&](Arrivals& arrivals) {
    if (is_waiting) {
      arrivals.emplace(entry.number, &entry);
    } else {
      arrivals.erase(entry.number);
    }
  };
  const auto change_length = [&](auto& lengths, auto& of) {
    lengths.erase({of.waiting.size(), &of});
    change(of.waiting);
    if (!of.waiting.empty()) lengths.emplace(of.waiting.size(), &of);
  };
  change_length(longest_zones_, entry.zone);
  change_length(longest_checks_, *entry.check);
  if (entry.is_back) change(back_);

  Arrivals& line = entry.check->lines.try_emplace(&entry.zone).first->second;
  unrank(entry.zone);
  if (!line.empty()) entry.zone.ranks.erase({load_of(entry.check->load, line.begin()->first), line.begin()->first, &line});
  change(line);
  if (!line.empty()) entry.zone.ranks.emplace(load_of(entry.check->load, line.begin()->first), line.begin()->first, &line);
  rank(entry.zone);
  if (line.empty()) entry.check->lines.erase(&entry.zone);
}

void FairQueue::queue(Entry& entry) {
  set_waiting(entry, true);
  ++waiting_;
}

void FairQueue::unqueue(Entry& entry) {
  set_waiting(entry, false);
  --waiting_;
}

void FairQueue::make_room() {
  if (!back_.empty()) return turn_away(*back_.begin()->second);
  const auto& [zone_length, zone] = *longest_zones_.rbegin();
  const auto& [check_length, check] = *longest_checks_.rbegin();
  turn_away(*(zone_length >= check_length ? zone->waiting : check->waiting).rbegin()->second);
}

void FairQueue::turn_away(Entry& entry) {
  if (entry.stands_for != nullptr) {
    auto& others = entry.stands_for->stand_ins;
    unqueue(entry);
    forget(entry);
    others.erase(std::find_if(others.begin(), others.end(), [&](const auto& other) { return other.get() == &entry; }));
    return;
  }
  remove_stand_ins(entry);
  unqueue(entry);
  entry.state = State::turned_away;
  turned_away_.emplace(entry.number, &entry);
  afterwards_.set();
}

void FairQueue::leave(Entry& entry) {
  switch (entry.state) {
    case State::waiting:
      remove_stand_ins(entry);
      unqueue(entry);
      break;
    case State::turned_away: turned_away_.erase(entry.number); break;
    case State::held:
      unrank(entry.zone);
      --entry.zone.held;
      --held_;
      rank(entry.zone);
      break;
  }
  if (entry.state == State::held || entry.is_back) add_load(entry, -1);
  if (can_grant()) afterwards_.set();
  forget(entry);
}

void FairQueue::forget(Entry& entry) {
  if (--entry.zone.entries == 0) zones_.erase(entry.owner.zone);
  if (--entry.check->entries == 0) checks_.erase(entry.owner.check);
}

// ---- stand-ins -----------------------------------------------------------------------------------------------------------

std::size_t FairQueue::load(std::uint64_t check) const {
  const auto found = checks_.find(check);
  return found == checks_.end() ? 0 : found->second.load;
}

void FairQueue::join(const Place& place, std::uint64_t check) {
  if (place == nullptr || place->state != State::waiting || place->owner.check == check) return;
  Entry& entry = *place;
  auto& others = entry.stand_ins;
  if (std::any_of(others.begin(), others.end(), [&](const auto& other) { return other->owner.check == check; })) return;
  if (others.size() >= kStandIns) {
    const auto worst = std::max_element(others.begin(), others.end(),
                                        [](const auto& one, const auto& two) { return one->check->load < two->check->load; });
    if ((*worst)->check->load <= load(check)) return;
    turn_away(**worst);
  }
  others.reserve(kStandIns);
  Check& further = checks_[check];
  ++further.entries;
  ++entry.zone.entries;
  const std::uint64_t number = ++last_number_ + (entry.is_back ? kBack : 0);
  const Owner owner{entry.owner.zone, check};
  others.emplace_back(new Entry{*this, owner, {}, entry.zone, &further, number, entry.is_back, State::waiting, &entry});
  queue(*others.back());
  if (waiting_ > limits_.waiting) make_room();
  if (can_grant()) afterwards_.set();
}

void FairQueue::remove_stand_ins(Entry& entry) {
  for (const auto& other : std::exchange(entry.stand_ins, {})) {
    unqueue(*other);
    forget(*other);
  }
}

// Takes the first entry out of the queue. Returns the one that gets the slot: if a stand-in came first, its entry, which belongs
// to the check of the stand-in from then on.
FairQueue::Entry& FairQueue::take_turn(Entry& first) {
  Entry& entry = first.stands_for == nullptr ? first : *first.stands_for;
  unqueue(entry);
  if (&entry != &first) {
    unqueue(first);
    if (entry.is_back) add_load(entry, -1);
    std::swap(entry.owner, first.owner);
    std::swap(entry.check, first.check);
    if (entry.is_back) add_load(entry, 1);
    queue(first);  // in the line that the entry has left
  }
  remove_stand_ins(entry);
  return entry;
}

// ---- who is next ---------------------------------------------------------------------------------------------------------

bool FairQueue::can_grant() const { return held_ < limits_.slots && !ranks_.empty(); }

void FairQueue::hand_out() {
  // Callbacks may destroy any place and add others, so nothing is kept across them.
  while (!turned_away_.empty()) {
    Entry& entry = *turned_away_.begin()->second;
    turned_away_.erase(turned_away_.begin());
    const Callback callback = std::move(entry.callback);
    callback(News::turned_away);
  }
  while (can_grant()) {
    Zone& zone = *std::get<2>(*ranks_.begin());
    Entry& entry = take_turn(*std::get<2>(*zone.ranks.begin())->begin()->second);
    hold(entry);
    const Callback callback = std::move(entry.callback);
    callback(News::granted);
  }
}

}  // namespace io
