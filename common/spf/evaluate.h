// check_host() (RFC 7208 §4): returns the verdict on a query, or the DNS questions that are still open.
//
// Pure: no I/O, no clock, no state between calls. Each call runs from the beginning and gets further as `answers` grows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/spf/answers.h"
#include "common/spf/problem.h"
#include "common/spf/query.h"
#include "common/spf/result.h"
#include "common/spf/trace.h"

namespace spf {

// The value of Verdict::mechanism when no directive matched (RFC 7208 §9.1).
inline constexpr std::string_view kDefaultMechanism = "default";

struct Verdict {
  Result result = Result::none;
  // The directive that matched, as published, or kDefaultMechanism; for errors the term at fault, if there is one.
  std::string mechanism;
  // The domain whose record contains `mechanism`: the domain checked, or the target of redirect.
  std::string domain;
  // none, temperror, permerror: the reason, in words that name term and domain.
  std::string problem;
  // temperror, permerror: its kind.
  ProblemKind problem_kind = ProblemKind::none;
  // The first lookup of ptr or %{p} that failed at one of our own limits, such as the deadline; for evaluate_record() the first
  // that failed at all. It counted as "no match"
  // (RFC 7208 §5.5), although DNS did not answer: the caller must not reject mail permanently because of it (§4.6.4). Empty if
  // there was none.
  std::string own_failure;
  // The SPF record of the domain checked.
  std::string record;
  // fail: the text that the domain publishes with exp; empty if there is no usable one.
  std::string authority_explanation;
  // Expanded: Settings::default_explanation (fail without authority_explanation), Settings::why_url (fail, permerror).
  std::string default_explanation;
  std::string why_url;
  int lookups = 0;  // DNS terms used (RFC 7208 §4.6.4)
  int void_lookups = 0;
  // Seconds that the result is valid: the lowest TTL of the answers used. 0 for temperror.
  std::uint32_t ttl = 0;
  // Only "all", or the end of the record, decided: local terms may be inserted before it. False for a record that consists of
  // "-all" alone, because its domain sends no mail.
  bool at_last_word = false;
  // The record of the domain checked lets nobody pass but the MX hosts of the domain, which has a null MX (RFC 7505), so the
  // domain neither sends nor accepts mail. False unless the mx was evaluated.
  bool names_only_null_mx = false;
  // pass: the term that matched covers a large part of the Internet ("all", or a network wider than kWideNetwork4 or 6).
  bool is_wide = false;
  std::vector<TraceStep> trace;  // empty without Settings::trace

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// Evaluates the record that the query's domain publishes. The verdict is complete when the returned Needs are empty. Every member
// of `verdict` is set, so it may be reused (base::renew()).
Needs evaluate(const Query& query, const Settings& settings, AnswerSource& answers, Verdict& verdict);
// Like evaluate(), but with a record of our own. The query must have a domain, which is the current domain of that record.
// `title` names the record in the trace.
Needs evaluate_record(const Query& query, const Record& record, std::string_view title, const Settings& settings,
                      AnswerSource& answers, Verdict& verdict);

// Prefix lengths, in bits. Today's large senders publish /13 and narrower.
inline constexpr int kWideNetwork4 = 12;
inline constexpr int kWideNetwork6 = 24;

}  // namespace spf
