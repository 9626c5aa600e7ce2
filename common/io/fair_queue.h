// A bounded number of slots with a queue that no zone and no check can fill at the expense of others.
//
// Each entry belongs to a check and to the zone that its question is about. A free slot goes to the zone that holds the fewest
// slots, within the zone to the check that holds the fewest, and among equals to the one that came first. So entries of a zone
// whose servers never answer, which keep their slots as long as they may, get slots after those of zones that answer. A zone
// never holds more than its part of the slots, so that another zone finds room at once. When the queue is full, the newest entry
// of the zone with the most entries is turned away.
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

  // Takes a slot, or a place in the queue (see has_slot()).
  Place enter(Owner owner, Callback callback);
  static bool has_slot(const Place& place);

  [[nodiscard]] std::size_t held() const { return held_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_; }

 private:
  using Arrivals = std::map<std::uint64_t, Entry*>;                       // by number, oldest first
  using Ranks = std::set<std::tuple<std::size_t, std::uint64_t, void*>>;  // slots held, number of the oldest entry, zone or check
  struct Check {
    std::size_t entries = 0;  // in any state
    std::size_t held = 0;
    Arrivals waiting;
  };
  struct Zone {
    std::size_t held = 0;
    Arrivals waiting;
    std::unordered_map<std::uint64_t, Check> checks;
    Ranks ranks;  // checks that have entries in the queue
  };
  enum class State : std::uint8_t { waiting, held, turned_away };

  void file(Zone& zone, Check& check);
  void unfile(Zone& zone, Check& check);
  void hold(Entry& entry);
  void queue(Entry& entry);
  void unqueue(Entry& entry);
  void turn_away(Entry& entry);
  void leave(Entry& entry);
  [[nodiscard]] bool can_grant() const;
  void hand_out();

  Limits limits_;
  std::size_t held_ = 0;
  std::size_t waiting_ = 0;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint64_t, Zone> zones_;
  Ranks ranks_;                                      // zones that have entries in the queue
  std::set<std::pair<std::size_t, Zone*>> longest_;  // the same zones, by the number of their entries
  Arrivals turned_away_;
  Afterwards afterwards_;
};

}  // namespace io
