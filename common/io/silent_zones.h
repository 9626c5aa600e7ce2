// Which zones have name servers that do not answer, so that a zone with many names cannot keep questions, connections and slots
// busy by each of them anew.
//
// A question that ended unanswered is a *silence*, if our own name servers answered other questions meanwhile. The servers of a
// zone count as silent after silences about kNames different names in it, with no answer about any of its names between them;
// so neither a lost packet nor one broken name harms a zone whose servers answer. What counts as a zone is guessed: the likely
// zone of a name (dns::likely_zone()), and the names one label below it. In the likely zone, all names below one such label
// count as one name; so where several owners share it, a silent one among them says nothing about the others.
//
// Questions about a silent zone are not asked, but for one probe per kProbeInterval, until one of them has an answer. So a zone
// is tried again much sooner than after the 5 minutes that RFC 2308 §7.2 allows. Not asking is a decision of ours
// (dns::Cause::local), which no cache keeps.
// Pure but for the time that it is given. One thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "common/dns/name.h"
#include "common/io/keyed_hash.h"

namespace io {

class SilentZones {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t kNames = 8;
  static constexpr std::chrono::seconds kProbeInterval{30};
  // A zone without a silence or probe for so long is forgotten.
  static constexpr std::chrono::minutes kMemory{5};
  // Zones in the table. When it is full, no further zone is remembered.
  static constexpr std::size_t kMost = 4096;

  explicit SilentZones(const HashKey& key) : key_(key) {}

  // A question about `name` may be asked. If its zone is silent, it is the probe.
  bool may_ask(const dns::Name& name, Clock::time_point now);
  void on_silence(const dns::Name& name, Clock::time_point now);
  // A question about `name` was answered, and not by a failure.
  void on_answer(const dns::Name& name);

  [[nodiscard]] std::size_t size() const { return zones_.size(); }

 private:
  struct Zone {
    std::array<std::uint64_t, kNames> silent{};  // hashes of names
    std::size_t count = 0;
    Clock::time_point last;  // silence, or probe
    Clock::time_point next_probe;
  };
  // A name as a question about two zones: what identifies each, and the name within it.
  struct Place {
    std::uint64_t zone;
    std::uint64_t name;
  };
  [[nodiscard]] std::array<Place, 2> places(const dns::Name& name) const;
  [[nodiscard]] std::uint64_t hash(std::string_view text, std::uint64_t kind) const;
  void forget_old(Clock::time_point now);

  HashKey key_;
  std::unordered_map<std::uint64_t, Zone> zones_;
  Clock::time_point last_sweep_;
};

}  // namespace io
