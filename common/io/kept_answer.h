// An answer that several checks share: with its parsed record, its time of arrival and its size in memory.
//
// Immutable. It is not tied to the cache: an answer lives as long as a check holds it, also after the cache has dropped it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "common/dns/answer.h"
#include "common/spf/answers.h"

namespace io {

using Clock = std::chrono::steady_clock;

struct KeptAnswer final : spf::KnownAnswer {
  // came: kAgeless for an answer whose TTL does not run down, such as one of a zone file or a failure of our own.
  KeptAnswer(dns::Answer from, Clock::time_point came, std::shared_ptr<const KeptAnswer> stale = nullptr);

  static constexpr Clock::time_point kAgeless = Clock::time_point::max();

  // Returns the rest of the TTL, in seconds (RFC 1035 §3.2.1).
  [[nodiscard]] std::uint32_t ttl_left(Clock::time_point now) const {
    if (now <= came) return answer.ttl;
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - came).count();
    return age < static_cast<std::int64_t>(answer.ttl) ? answer.ttl - static_cast<std::uint32_t>(age) : 0;
  }

  Clock::time_point came;
  // The expired answer that may replace a failure (RFC 8767); null: there is none.
  std::shared_ptr<const KeptAnswer> stale;
  std::size_t bytes;  // heap memory of this object and all that it holds, with the allocator's overhead
};

using SharedAnswer = std::shared_ptr<const KeptAnswer>;

// Makes a failure of our own, which says nothing about DNS.
SharedAnswer own_failure(std::string problem);

// Returns the heap memory that a block of `bytes` takes with glibc's overhead: 8 bytes per block, multiples of 16, at least 32.
constexpr std::size_t heap_block(std::size_t bytes) {
  if (bytes == 0) return 0;
  const std::size_t block = (bytes + sizeof(std::size_t) + 15) / 16 * 16;
  return block < 32 ? 32 : block;
}

}  // namespace io
