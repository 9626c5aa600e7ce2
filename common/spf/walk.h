// The state of one run over the known answers: how far it got, what it used up, what it still needs.
//
// When an answer is missing, the "frontier" is reached: from there on the walk goes on as if the pending term did not match,
// only to collect the questions that come next. All it finds behind the frontier is thrown away, since the next run begins from
// zero; so the verdict cannot depend on what was collected, nor on the order in which answers come.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "common/dns/answer.h"
#include "common/spf/answers.h"
#include "common/spf/query.h"
#include "common/spf/trace.h"

namespace spf {

class Walk {
 public:
  Walk(const Settings& settings, AnswerSource& answers) : settings_(settings), answers_(answers), trace_(settings.trace) {}

  // The answer; null when it is not known, and then the question stands among the needs: the caller's outcome is "pending".
  // personal: the question depends on sender, HELO or client, and is not asked ahead of its turn.
  const KnownAnswer* ask(const dns::Question& question, bool personal = false);

  // Behind the frontier: questions are collected, nothing counts any more.
  [[nodiscard]] bool is_collecting() const { return is_collecting_; }
  void reach_frontier();

  // RFC 7208 §4.6.4: counts a term that asks DNS. False when it is one too many; then it must not be asked.
  bool count_lookup();
  // RFC 7208 §4.6.4: counts the answer if it is void. False when it is one too many.
  bool count_void(const dns::Question& question, const dns::Answer& answer);

  // The first problem before the frontier is the one that counts.
  void set_problem(std::string problem);
  void set_failure(const dns::Question& question, const dns::Answer& answer);
  // Where a failure counts as "no match": keeps the first one that was a limit of our own, and not an answer of DNS.
  void note_own_failure(const dns::Question& question, const dns::Answer& answer);

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] const std::string& own_failure() const { return own_failure_; }
  // The least TTL of the answers used so far; 0 when there is none.
  [[nodiscard]] std::uint32_t ttl() const { return ttl_ == kNoTtl ? 0 : ttl_; }
  Trace& trace() { return trace_; }
  Needs take_needs() { return std::move(needs_); }

 private:
  static constexpr std::uint32_t kNoTtl = std::numeric_limits<std::uint32_t>::max();

  [[nodiscard]] bool may_collect(const dns::Question& question, bool personal) const;

  const Settings& settings_;
  AnswerSource& answers_;
  Trace trace_;
  bool is_collecting_ = false;
  Needs needs_;
  Counters counters_;
  std::uint32_t ttl_ = kNoTtl;
  std::string problem_;
  std::string own_failure_;
};

}  // namespace spf
