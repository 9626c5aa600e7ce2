// Finds out whether DNS answers, for request=health: asks a question that is in no cache, like any other question.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "common/dns/answer.h"
#include "common/protocol/codec.h"
#include "common/spf/answers.h"

namespace spfd {

// Load balancers that ask for health wait a few seconds at most.
inline constexpr std::chrono::milliseconds kProbeTime{2000};

class DnsProbe {
 public:
  // Asks for the A records of health_name_at(name, time).
  DnsProbe(std::string_view name, std::uint64_t time);

  // Runs as a step of io::Driver.
  spf::Needs look(spf::AnswerSource& answers);
  // Returns what DNS did. "No such name" is an answer; SERVFAIL, REFUSED, and silence for half of the probe's time are failures.
  // If spfd itself ends the probe earlier (to make room for other connections, or for lack of a slot, memory or descriptor), the
  // result is unknown.
  [[nodiscard]] protocol::Health::Dns found() const { return found_; }

 private:
  dns::Question question_;
  protocol::Health::Dns found_ = protocol::Health::Dns::unknown;
};

}  // namespace spfd
