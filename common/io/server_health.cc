#include "common/io/server_health.h"

#include <algorithm>
#include <utility>

namespace io {

bool ServerHealth::on_answer(Clock::time_point now) {
  last_answer_ = now;
  silent_zones_ = 0;
  return std::exchange(is_down_, false);
}

bool ServerHealth::on_unreachable(Clock::time_point now) { return go_down(now); }

bool ServerHealth::on_silence(std::uint64_t zone, Clock::time_point sent, Clock::time_point now) {
  if (last_answer_ > sent) return false;
  if (silent_zones_ > 0 && zone == last_silent_zone_) return false;
  last_silent_zone_ = zone;
  return ++silent_zones_ >= kSilentZones && go_down(now);
}

bool ServerHealth::on_other_answered(Clock::time_point sent, Clock::time_point now) {
  return last_answer_ <= sent && go_down(now);
}

bool ServerHealth::go_down(Clock::time_point now) {
  if (is_down_) return false;
  is_down_ = true;
  probe_interval_ = kFirstProbe;
  next_probe_ = now + probe_interval_;
  return true;
}

bool ServerHealth::take_probe(Clock::time_point now) {
  if (!is_down_ || now < next_probe_) return false;
  probe_interval_ = std::min(probe_interval_ * 2, kLastProbe);
  next_probe_ = now + probe_interval_;
  return true;
}

}  // namespace io
