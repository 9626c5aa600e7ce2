// Remembers zones whose name servers do not answer, so that a zone with many names cannot keep questions, connections and slots
// busy for a whole deadline per name.
//
// A question that ended unanswered is a *silence* if our own name servers answered other questions meanwhile. The servers of a
// zone count as silent after silences about kNames different names in it, with no answer about any of its names between them; so
// neither a lost packet nor one broken name harms a zone whose servers answer. The zone is a guess: the likely zone of a name
// (dns::likely_zone()), and the names one label below it. In the likely zone, all names below one such label count as one name;
// so one silent owner says nothing about others who share a domain with him.
//
// A question about a silent zone is asked once, for the time of one try, instead of repeatedly until its asker's patience ends.
// It is always asked: a guessed zone may hold domains of several owners, and an owner of many silent ones must not be able to
// defer the mail of the others. So no question is refused or rationed: a name whose servers answer within one try is not
// affected, and its answer ends the silence of the zone.
//
// The table is bounded, and outsiders choose its zones. So it is divided: one half has the zones about which fewer than kNames
// names are known, the other half the silent ones. When a half is full, the zone whose last silence is oldest is removed from it.
// An attacker with many silent names can therefore not keep another zone out, nor remove one that mail depends on, since each
// question about such a zone renews its entry.
//
// Each worker has its own object; they share nothing.
// Pure: the time is a parameter. One thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string_view>
#include <unordered_map>

#include "common/dns/name.h"
#include "common/io/keyed_hash.h"

namespace io {

class SilentZones {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t kNames = 8;
  // A zone without a silence for this time is forgotten.
  static constexpr std::chrono::minutes kMemory{5};
  // Zones in the table.
  static constexpr std::size_t kMost = 4096;

  explicit SilentZones(const HashKey& key) : key_(key) {}

  // Returns whether `name` is in a silent zone.
  [[nodiscard]] bool has(const dns::Name& name) const;
  void on_silence(const dns::Name& name, Clock::time_point now);
  // Records that a question about `name` was answered, and not by a failure.
  void on_answer(const dns::Name& name);

  [[nodiscard]] std::size_t size() const { return suspects_.size() + silent_.size(); }

 private:
  struct Zone {
    std::uint64_t id = 0;
    std::array<std::uint64_t, kNames> silent{};  // hashes of names
    std::size_t count = 0;                       // of those names
    Clock::time_point last;                      // time of the last silence
  };
  // Half of the table. Its zones are in the order of their last silences.
  class Half {
   public:
    [[nodiscard]] bool has(std::uint64_t id) const { return index_.contains(id); }
    // Returns the zone, added if it is missing; `now` is its last silence.
    Zone& renew(std::uint64_t id, Clock::time_point now);
    void remove(std::uint64_t id);
    void forget_before(Clock::time_point time);
    [[nodiscard]] std::size_t size() const { return zones_.size(); }

   private:
    std::list<Zone> zones_;
    std::unordered_map<std::uint64_t, std::list<Zone>::iterator> index_;
  };
  // The place of a name in one of the two zones: identifiers of the zone, and of the name in it.
  struct Place {
    std::uint64_t zone;
    std::uint64_t name;
  };
  [[nodiscard]] std::array<Place, 2> places(const dns::Name& name) const;
  [[nodiscard]] std::uint64_t hash(std::string_view text, std::uint64_t kind) const;

  HashKey key_;
  Half suspects_;
  Half silent_;
};

}  // namespace io
