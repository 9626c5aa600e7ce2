// How the pure functions use DNS: they read the answers known so far and report which ones are missing.
//
// The caller ("driver") asks the missing questions, adds the answers and calls the function again, from the beginning. So the
// pure functions keep no state between two calls, and one call completes a check whose answers are all cached.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/dns/answer.h"
#include "common/spf/record.h"

namespace spf {

// An answer together with the SPF record in it, so that a record is parsed once and not once per check.
struct KnownAnswer {
  explicit KnownAnswer(dns::Answer from);

  dns::Answer answer;
  PublishedRecord record;  // of a TXT answer
};

// The TTL of expired answers, in seconds (RFC 8767 §4).
inline constexpr std::uint32_t kStaleTtl = 30;

class AnswerSource {
 public:
  AnswerSource() = default;
  AnswerSource(const AnswerSource&) = delete;
  AnswerSource& operator=(const AnswerSource&) = delete;
  virtual ~AnswerSource() = default;

  // Returns the answer, or null when it is not known yet. An answer that was returned once stays valid and unchanged for the
  // lifetime of the source ("pinned").
  virtual const KnownAnswer* find(const dns::Question& question) = 0;

  // Counts the questions from now on for `part`. A check may evaluate several records: one per identity, and those of the
  // receiver's own rules. Each of them is a part with limits of its own. A question that several parts ask counts for each of
  // them. A source without such limits ignores the call.
  static constexpr std::size_t kParts = 24;
  virtual void begin_part(std::size_t /*part*/) {}

  // Returns whether half of the check's time has passed. Steps that must not use all of it then continue without missing answers.
  [[nodiscard]] virtual bool is_late() const { return false; }

  // Returns whether expired answers could replace failures that find() has returned (RFC 8767).
  [[nodiscard]] virtual bool has_stale() const { return false; }
  // Lets find() return them in this step, or failures again.
  virtual void use_stale(bool /*on*/) {}

  // Returns the remaining TTL, in seconds, of an answer from find(); less than the original TTL if the answer was cached.
  [[nodiscard]] virtual std::uint32_t ttl_of(const dns::Question& /*question*/, const KnownAnswer& known) const {
    return known.answer.ttl;
  }

  // Returns the number of CNAMEs that lead from a question to its answer from find().
  [[nodiscard]] virtual int cnames_to(const dns::Question& /*question*/, const KnownAnswer& known) const {
    return known.answer.cnames;
  }
};

// The questions whose answers are missing. No question is listed twice.
struct Needs {
  // Questions that every checker would have to ask next.
  std::vector<dns::Question> needed;
  // Questions that will follow unless an earlier term matches. They reveal nothing about sender, HELO name or client.
  // The driver may ask any of them or none: neither verdict nor counters depend on it.
  std::vector<dns::Question> wanted;

  [[nodiscard]] bool empty() const { return needed.empty(); }
};

}  // namespace spf
