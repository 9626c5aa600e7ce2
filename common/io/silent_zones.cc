#include "common/io/silent_zones.h"

#include <algorithm>

#include "common/dns/likely_zone.h"

namespace io {

std::uint64_t SilentZones::hash(std::string_view text, std::uint64_t kind) const {
  return keyed_hash({key_.k0 ^ kind, key_.k1}, text);
}

std::array<SilentZones::Place, 2> SilentZones::places(const dns::Name& name) const {
  const std::string_view all = name.text();
  const std::string_view zone = dns::likely_zone(name);
  std::string_view below = zone;  // with one more label, if there is one
  if (all.size() > zone.size() + 1) {
    const std::size_t dot = all.rfind('.', all.size() - zone.size() - 2);
    below = dot == std::string_view::npos ? all : all.substr(dot + 1);
  }
  const std::uint64_t below_hash = hash(below, 1);
  return {{{hash(zone, 0), below_hash}, {below_hash, hash(all, 2)}}};
}

SilentZones::Zone& SilentZones::Half::renew(std::uint64_t id, Clock::time_point now) {
  auto found = index_.find(id);
  if (found == index_.end()) {
    if (zones_.size() >= kMost / 2) remove(zones_.front().id);
    std::list<Zone> added(1, Zone{.id = id, .last = now});
    found = index_.emplace(id, added.begin()).first;
    zones_.splice(zones_.end(), added);
  } else {
    zones_.splice(zones_.end(), zones_, found->second);
  }
  found->second->last = now;
  return *found->second;
}

void SilentZones::Half::remove(std::uint64_t id) {
  const auto found = index_.find(id);
  if (found == index_.end()) return;
  zones_.erase(found->second);
  index_.erase(found);
}

void SilentZones::Half::forget_before(Clock::time_point time) {
  while (!zones_.empty() && zones_.front().last < time) remove(zones_.front().id);
}

bool SilentZones::has(const dns::Name& name) const {
  if (silent_.size() == 0) return false;
  const auto all = places(name);
  return std::any_of(all.begin(), all.end(), [&](const Place& place) { return silent_.has(place.zone); });
}

void SilentZones::on_silence(const dns::Name& name, Clock::time_point now) {
  suspects_.forget_before(now - kMemory);
  silent_.forget_before(now - kMemory);
  for (const Place& place : places(name)) {
    if (silent_.has(place.zone)) {
      silent_.renew(place.zone, now);
      return;  // names in a silent zone need no entry of their own
    }
    Zone& zone = suspects_.renew(place.zone, now);
    const auto end = zone.silent.begin() + static_cast<std::ptrdiff_t>(zone.count);
    if (std::find(zone.silent.begin(), end, place.name) != end) continue;
    zone.silent.at(zone.count++) = place.name;
    if (zone.count < kNames) continue;
    silent_.renew(place.zone, now);
    suspects_.remove(place.zone);
  }
}

void SilentZones::on_answer(const dns::Name& name) {
  if (size() == 0) return;
  for (const Place& place : places(name)) {
    suspects_.remove(place.zone);
    silent_.remove(place.zone);
  }
}

}  // namespace io
