// check_host() (RFC 7208 §4): the verdict on a query, or the DNS questions still open.
//
// Pure: no I/O, no clock, no state between calls. It runs from the beginning each time; `answers` is what makes it get further.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/spf/answers.h"
#include "common/spf/query.h"
#include "common/spf/result.h"
#include "common/spf/trace.h"

namespace spf {

// Verdict::mechanism where no directive matched (RFC 7208 §9.1).
inline constexpr std::string_view kDefaultMechanism = "default";

struct Verdict {
  Result result = Result::none;
  // The directive that matched, as published, or kDefaultMechanism; for errors the term at fault, if there is one.
  std::string mechanism;
  // The domain whose record holds `mechanism`: the domain checked, or where redirect led.
  std::string domain;
  // none, temperror, permerror: why, in words that name term and domain.
  std::string problem;
  // The first look-up of ptr or %{p} that a limit of ours ended, such as the time. It counted as "no match" (RFC 7208 §5.5), but
  // DNS did not say so: the caller must not refuse mail for good because of it (§4.6.4). Empty: there was none.
  std::string own_failure;
  // The SPF record of the domain checked.
  std::string record;
  // fail: the text that the domain publishes by exp; empty if it has none that is usable.
  std::string authority_explanation;
  // fail without authority_explanation: Settings::default_explanation and Settings::why_url, expanded.
  std::string default_explanation;
  std::string why_url;
  int lookups = 0;  // DNS terms used (RFC 7208 §4.6.4)
  int void_lookups = 0;
  // Seconds that the result holds: the least TTL of the answers that made it. 0 for temperror.
  std::uint32_t ttl = 0;
  // No term decided but the record's last word, its "all" or its end: here terms of our own may be put in before it. Not for
  // a record that is only "-all", which means that the domain sends no mail.
  bool at_last_word = false;
  // pass: by a term that lets a large part of the Internet pass ("all", or a network wider than kWideNetwork4 or 6).
  bool is_wide = false;
  std::vector<TraceStep> trace;  // when Settings::trace

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// The verdict is complete when nothing is needed. It is set as a whole: it may have been used before (base::renew()).
Needs evaluate(const Query& query, const Settings& settings, AnswerSource& answers, Verdict& verdict);
// By a record of our own instead of the one that the domain of the query publishes. The query must have a domain, the record's
// current domain. `title` stands in the trace for it.
Needs evaluate_record(const Query& query, const Record& record, std::string_view title, const Settings& settings,
                      AnswerSource& answers, Verdict& verdict);

// Bits of a prefix. The large senders of today publish /13 and narrower.
inline constexpr int kWideNetwork4 = 12;
inline constexpr int kWideNetwork6 = 24;

}  // namespace spf
