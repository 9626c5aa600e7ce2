// The state of one run over the known answers: its progress, its counters and the questions it still needs.
//
// The first missing answer is the "frontier". After it the walk continues as if the pending term did not match, only to collect
// the questions that come next. Everything else found after the frontier is discarded, because the next run begins from zero. So
// the verdict cannot depend on what was collected, or on the order in which answers arrive.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "common/dns/answer.h"
#include "common/spf/answers.h"
#include "common/spf/problem.h"
#include "common/spf/query.h"
#include "common/spf/trace.h"

namespace spf {

class Walk {
 public:
  Walk(const Settings& settings, AnswerSource& answers) : settings_(settings), answers_(answers), trace_(settings.trace) {}

  // Returns the answer, or null when it is not known: then the question is added to the needs, and the caller's outcome is
  // "pending". `personal`: the question depends on sender, HELO name or client, and is not asked ahead of its turn.
  const KnownAnswer* ask(const dns::Question& question, bool personal = false);

  // Returns whether the walk is past the frontier: it collects questions, and nothing else counts.
  [[nodiscard]] bool is_collecting() const { return is_collecting_; }
  void reach_frontier();

  // Counts a term that asks DNS (RFC 7208 §4.6.4). Returns false when it exceeds the limit and must not be evaluated.
  bool count_lookup();
  // Counts the answer if it is void (RFC 7208 §4.6.4). Returns false when it exceeds the limit.
  bool count_void(const dns::Question& question, const dns::Answer& answer);

  // Keeps the first problem before the frontier; ignores later ones.
  void set_problem(ProblemKind kind, std::string problem);
  void set_failure(const dns::Question& question, const dns::Answer& answer);
  // Keeps the first failure that was caused by a limit of our own, or any failure after note_any_failure(). Called where a
  // failure counts as "no match".
  void note_own_failure(const dns::Question& question, const dns::Answer& answer);

  void note_any_failure() { notes_any_failure_ = true; }

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] ProblemKind problem_kind() const { return problem_kind_; }
  [[nodiscard]] const std::string& own_failure() const { return own_failure_; }
  // Returns the lowest TTL of the answers used so far, in seconds; 0 when there is none.
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
  ProblemKind problem_kind_ = ProblemKind::none;  // of problem_
  std::string own_failure_;
  bool notes_any_failure_ = false;
};

}  // namespace spf
