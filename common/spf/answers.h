// How the pure functions get at DNS: they look at the answers known so far and say which are still missing.
//
// A caller ("driver") asks what is needed, adds the answers and calls the function again, from the beginning. So the pure
// side has no state between two calls, and a check whose answers are all cached is finished by one call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/dns/answer.h"
#include "common/spf/record.h"

namespace spf {

// An answer together with the policy in it, so that a record is parsed once, not once a check.
struct KnownAnswer {
  explicit KnownAnswer(dns::Answer from);

  dns::Answer answer;
  PublishedPolicy policy;  // of a TXT answer
};

class AnswerSource {
 public:
  AnswerSource() = default;
  AnswerSource(const AnswerSource&) = delete;
  AnswerSource& operator=(const AnswerSource&) = delete;
  virtual ~AnswerSource() = default;

  // Null when not known yet. What was found once stays valid and the same as long as the source lives ("pinned").
  virtual const KnownAnswer* find(const dns::Question& question) = 0;

  // A check may evaluate several records: one per identity, and those of the receiver's own rules. Each is a part, and none uses
  // up what the limits grant another. What is asked from now on counts for `part`. A question that several parts ask counts for
  // each of them. A source without such limits ignores it.
  static constexpr std::size_t kParts = 16;
  virtual void begin_part(std::size_t /*part*/) {}

  // Half of the time of the check has passed: what must not take all of it goes on without what is not known yet.
  [[nodiscard]] virtual bool is_late() const { return false; }

  // What is left of the TTL of what find() gave, in seconds: less than what the answer came with, if it was kept for a while.
  [[nodiscard]] virtual std::uint32_t ttl_of(const dns::Question& /*question*/, const KnownAnswer& known) const {
    return known.answer.ttl;
  }
};

// Questions without which the function cannot go on. Each question stands once.
struct Needs {
  // Every checker would have to ask these next.
  std::vector<dns::Question> needed;
  // Questions that come next unless an earlier term matches. They carry nothing about sender, HELO or client.
  // The driver may ask some, all or none of them: neither verdict nor counters depend on it.
  std::vector<dns::Question> wanted;

  [[nodiscard]] bool empty() const { return needed.empty(); }
};

}  // namespace spf
