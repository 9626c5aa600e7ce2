// Whether one name server answers, as far as the questions to it show.
//
// A question that gets no answer says little about the server: its zone's servers may be the silent ones. So a server is down
//   - when nothing listens there (ICMP says so),
//   - when another server answered a question that it left unanswered, and it has said nothing since,
//   - or when questions of kSilentZones different zones in a row got no answer.
// A server that is down is asked after the others, and by one probe from time to time: a copy of a question that the others
// are asked too, so that nobody waits for it. Any answer brings it back. The resolver owns one of these per server.
#pragma once

#include <chrono>
#include <cstdint>

namespace io {

class ServerHealth {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr int kSilentZones = 3;
  // Between probes; doubled each time.
  static constexpr std::chrono::seconds kFirstProbe{1};
  static constexpr std::chrono::seconds kLastProbe{60};

  [[nodiscard]] bool is_down() const { return is_down_; }
  [[nodiscard]] Clock::time_point last_answer() const { return last_answer_; }

  // Each returns true when the server came back or went down by it.
  bool on_answer(Clock::time_point now);
  // Nothing listens there.
  bool on_unreachable(Clock::time_point now);
  // A question about `zone`, sent at `sent`, got no answer in its time.
  bool on_silence(std::uint64_t zone, Clock::time_point sent, Clock::time_point now);
  // Another server answered a question that was sent here at `sent`, and got no answer in its time.
  bool on_other_answered(Clock::time_point sent, Clock::time_point now);

  // True: it is down, and it is time for a probe, which the caller sends.
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
