// The kinds of problems that end an evaluation with temperror or permerror, for counters: a closed set, whose names are stable.
// Verdict::problem has the words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/enums.h"

namespace spf {

enum class ProblemKind : std::uint8_t {
  none,               // neither temperror nor permerror
  dns_error,          // a name server reported a failure
  dns_silent,         // the name servers of a zone do not answer
  dns_unavailable,    // no name server of this host answers, or none over TCP
  own_limit,          // the deadline or another limit of our own
  syntax,             // a record that cannot be parsed
  several_records,    // more than one record (RFC 7208 §4.5)
  missing_record,     // include or redirect leads to a domain without a record
  bad_target,         // include or redirect does not name a valid domain
  lookup_limit,       // too many terms that require DNS lookups (RFC 7208 §4.6.4)
  void_lookup_limit,  // too many void lookups
  mx_limit,           // too many MX hosts
  request,            // the request cannot be evaluated
};

// Returns the word for counters, such as "dns-error".
constexpr std::string_view problem_name(ProblemKind kind) {
  switch (kind) {
    case ProblemKind::none: return "none";
    case ProblemKind::dns_error: return "dns-error";
    case ProblemKind::dns_silent: return "dns-silent";
    case ProblemKind::dns_unavailable: return "dns-unavailable";
    case ProblemKind::own_limit: return "own-limit";
    case ProblemKind::syntax: return "syntax";
    case ProblemKind::several_records: return "several-records";
    case ProblemKind::missing_record: return "missing-record";
    case ProblemKind::bad_target: return "bad-target";
    case ProblemKind::lookup_limit: return "lookup-limit";
    case ProblemKind::void_lookup_limit: return "void-lookup-limit";
    case ProblemKind::mx_limit: return "mx-limit";
    case ProblemKind::request: return "request";
  }
  return "";
}
inline constexpr std::size_t kProblemKinds = base::count_named(problem_name);

}  // namespace spf
