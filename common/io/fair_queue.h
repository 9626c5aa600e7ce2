// A bounded number of slots with a queue that no zone and no check can fill at the expense of others.
//
// Each entry belongs to a check and to the zone that its question is about. The load of a zone or a check is the number of its
// entries that hold a slot, or have had one and are back in the queue. A free slot goes to the entry whose zone and check have
// the least load, counting the greater of both; among equals, to the check with the least load in its zone, and then to the one
// that came first. So neither a zone with many checks nor a check with many zones gets slots before the others. A zone never
// holds more than its part of the slots, so that another zone finds room at once.
//
// The owner of a slot gives it up and enters the queue again (`is_back`) when its try has brought no answer and new entries wait.
// Entries that are back come after all new ones. So slots change hands with the time of one try, however long questions without
// an answer may last.
//
// Several checks may wait for one question. join() lets its entry wait for all of them: a stand-in waits in the line of each
// further check, and whichever comes first gets the slot for the entry. So a question is never asked later than the best of its
// checks would be, however many others that check has that asked first.
//
// When the queue is full, an entry is turned away: of those that are back, the one that came back first; if there is none, the
// newest entry of the zone or the check with the most entries in the queue.
//
// Source: fair queuing by the least service received. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/io/loop.h"

namespace io {

class FairQueue {
 public:
  struct Limits {
    std::size_t slots = 1;     // slots in use at a time
    std::size_t per_zone = 1;  // of those, for one zone
    std::size_t waiting = 0;   // entries in the queue
  };
  struct Owner {
    std::uint64_t zone = 0;
    std::uint64_t check = 0;
  };
  enum class News : std::uint8_t { granted, turned_away };
  // Called once, from the loop, unless the slot was granted at once.
  using Callback = std::function<void(News)>;

 private:
  struct Entry;
  struct Leave {
    void operator()(Entry* entry) const;
  };

 public:
  // A place in the queue, or a slot. Destroying it leaves the queue or frees the slot. It must not outlive the queue, and may be
  // destroyed from its own callback.
  using Place = std::unique_ptr<Entry, Leave>;

  FairQueue(Loop& loop, Limits limits);
  ~FairQueue() = default;
  FairQueue(const FairQueue&) = delete;
  FairQueue& operator=(const FairQueue&) = delete;

  // Takes a slot, or a place in the queue (see has_slot()). `is_back`: the entry has had a slot before.
  Place enter(Owner owner, bool is_back, Callback callback);
  static bool has_slot(const Place& place);
  // Lets an entry that waits do so for a further check, too. At most kStandIns further checks count, those with the least
  // load.
  void join(const Place& place, std::uint64_t check);
  static constexpr std::size_t kStandIns = 4;
  // Returns the number of slots of a check, and of its entries that are back.
  [[nodiscard]] std::size_t load(std::uint64_t check) const;

  [[nodiscard]] std::size_t held() const { return held_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_; }
  // Returns whether an entry that has not had a slot yet would get the next one.
  [[nodiscard]] bool has_new() const { return !ranks_.empty() && std::get<0>(*ranks_.begin()) < kBack; }

 private:
  // Added to the load and the number of entries that are back.
  static constexpr std::uint64_t kBack = std::uint64_t{1} << 62;

  using Arrivals = std::map<std::uint64_t, Entry*>;  // by number, oldest first
  struct Zone;
  template <class Of>
  using Ranks = std::set<std::tuple<std::uint64_t, std::uint64_t, Of*>>;  // load, number of the oldest entry
  template <class Of>
  using Lengths = std::set<std::pair<std::size_t, Of*>>;
  struct Zone {
    std::size_t entries = 0;  // in any state
    std::size_t held = 0;
    std::size_t load = 0;
    Arrivals waiting;
    Ranks<Arrivals> ranks;  // of its checks that have entries in the queue
  };
  struct Check {
    std::size_t entries = 0;
    std::size_t load = 0;
    Arrivals waiting;
    std::unordered_map<Zone*, Arrivals> lines;  // the same, by zone; none is empty
  };
  enum class State : std::uint8_t { waiting, held, turned_away };

  static std::uint64_t load_of(std::uint64_t load, std::uint64_t oldest) { return load + (oldest >= kBack ? kBack : 0); }

  void rank(Zone& zone);
  void unrank(Zone& zone);
  void add_load(Entry& entry, int more);
  void set_waiting(Entry& entry, bool is_waiting);
  void make_room();
  void hold(Entry& entry);
  void queue(Entry& entry);
  void unqueue(Entry& entry);
  void turn_away(Entry& entry);
  void leave(Entry& entry);
  void forget(Entry& entry);
  void remove_stand_ins(Entry& entry);
  Entry& take_turn(Entry& first);
  [[nodiscard]] bool can_grant() const;
  void hand_out();

  Limits limits_;
  std::size_t held_ = 0;
  std::size_t waiting_ = 0;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint64_t, Zone> zones_;
  std::unordered_map<std::uint64_t, Check> checks_;
  Ranks<Zone> ranks_;  // zones that have entries in the queue and may hold one more slot
  Lengths<Zone> longest_zones_;
  Lengths<Check> longest_checks_;
  Arrivals back_;  // entries in the queue that have had a slot
  Arrivals turned_away_;
  Afterwards afterwards_;
};

}  // namespace io
