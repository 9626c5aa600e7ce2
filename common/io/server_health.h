// Whether a name server answers, judged by the questions sent to it.
//
// A question without an answer says little about the server, since the servers of the zone in question may be silent. So a server
// counts as down
//   - when nothing listens there (ICMP reports it),
//   - when another server has answered a question that this one left unanswered, and it has been silent since,
//   - or when questions about kSilentZones different zones in a row got no answer.
// A server that is down is asked after the others. From time to time it gets a probe: a copy of a question that the others are
// asked too, so that no check waits for it. Any answer brings it back. The resolver owns one object per server.
#pragma once

#include <chrono>
#include <cstdint>

namespace io {

class ServerHealth {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr int kSilentZones = 3;
  // Time between probes; doubled each time.
  static constexpr std::chrono::seconds kFirstProbe{1};
  static constexpr std::chrono::seconds kLastProbe{60};

  [[nodiscard]] bool is_down() const { return is_down_; }
  [[nodiscard]] Clock::time_point last_answer() const { return last_answer_; }

  // Each returns true if the server came back or went down by it.
  bool on_answer(Clock::time_point now);
  // Records that nothing listens there.
  bool on_unreachable(Clock::time_point now);
  // Records that a question about `zone`, sent at `sent`, got no answer in its time.
  bool on_silence(std::uint64_t zone, Clock::time_point sent, Clock::time_point now);
  // Records that another server answered a question that was sent here at `sent` and got no answer in its time.
  bool on_other_answered(Clock::time_point sent, Clock::time_point now);

  // Returns whether the server is down and the caller must send a probe now.
  bool take_probe(Clock::time_point now);

 private:
  bool go_down(Clock::time_point now);

  bool is_down_ = false;
  int silent_zones_ = 0;
  std::uint64_t last_silent_zone_ = 0;
  Clock::time_point last_answer_;
  Clock::time_point next_probe_;
  std::chrono::seconds probe_interval_{kFirstProbe};
};

}  // namespace io
