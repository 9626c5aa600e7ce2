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

bool SilentZones::has(const dns::Name& name) const {
  if (zones_.empty()) return false;
  const auto all = places(name);
  return std::any_of(all.begin(), all.end(), [&](const Place& place) {
    const auto found = zones_.find(place.zone);
    return found != zones_.end() && found->second.count == kNames;
  });
}

void SilentZones::on_silence(const dns::Name& name, Clock::time_point now) {
  forget_old(now);
  for (const Place& place : places(name)) {
    const auto found = zones_.find(place.zone);
    if (found == zones_.end() && zones_.size() >= kMost) continue;
    Zone& zone = found == zones_.end() ? zones_[place.zone] : found->second;
    zone.last = now;
    if (zone.count == kNames) return;  // names in a silent zone need no entry of their own
    const auto end = zone.silent.begin() + static_cast<std::ptrdiff_t>(zone.count);
    if (std::find(zone.silent.begin(), end, place.name) != end) continue;
    zone.silent.at(zone.count++) = place.name;
  }
}

void SilentZones::on_answer(const dns::Name& name) {
  if (zones_.empty()) return;
  for (const Place& place : places(name)) zones_.erase(place.zone);
}

void SilentZones::forget_old(Clock::time_point now) {
  const std::chrono::seconds interval(zones_.size() < kMost ? 60 : 1);
  if (now - last_sweep_ < interval) return;
  last_sweep_ = now;
  std::erase_if(zones_, [&](const auto& entry) { return now - entry.second.last > kMemory; });
}

}  // namespace io
