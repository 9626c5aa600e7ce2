// Whether DNS answers, for request=health: a question that no cache holds, asked as every other is.
#pragma once

#include <chrono>
#include <cstdint>

#include "common/dns/answer.h"
#include "common/protocol/codec.h"
#include "common/spf/answers.h"

namespace spfd {

// A pool that asks for health waits a few seconds at most.
inline constexpr std::chrono::milliseconds kProbeTime{2000};

class DnsProbe {
 public:
  // A name in .invalid (RFC 6761 §6.4), which every resolver answers by itself or asks the root for; another one each second.
  explicit DnsProbe(std::uint64_t time);

  // A step for io::Driver.
  spf::Needs look(spf::AnswerSource& answers);
  // What DNS did. "No such name" is an answer; SERVFAIL, REFUSED, and silence for half of the probe's time are failures. A probe
  // that spfd itself ends earlier, because its connection makes room for others or for want of a slot, memory or descriptor,
  // leaves it unknown.
  [[nodiscard]] protocol::Health::Dns found() const { return found_; }

 private:
  dns::Question question_;
  protocol::Health::Dns found_ = protocol::Health::Dns::unknown;
};

}  // namespace spfd
