// What RFC 7208 leaves to the receiver: which identity is checked, and what is said about the result (§2.4, §8, §9).
//
// Pure, like the evaluator, and by the same protocol: a reply, or the DNS questions still open.
#pragma once

#include <string>
#include <string_view>

#include "common/receiver/request.h"
#include "common/receiver/rules.h"
#include "common/receiver/workspace.h"
#include "common/spf/answers.h"
#include "common/spf/query.h"

namespace receiver {

// The reply, in the workspace, is complete when nothing is needed. It replaces what the workspace held.
spf::Needs decide(const Request& request, const Policy& policy, spf::AnswerSource& answers, Workspace& workspace);

// The reply to a request that could not be understood; `error` says why.
Reply bad_request(const Policy& policy, std::string_view error);
// The reply, a temperror, to a request that could not be checked for a reason of ours; `error` says why.
Reply not_checked(const Policy& policy, std::string_view error);

// An explanation that tells a refused sender what happened and whom to ask.
inline constexpr std::string_view kDefaultExplanation =
    "%{o} does not allow %{c} to send its mail (SPF). Send it through the mail server of %{o}, or ask postmaster@%{o} to allow "
    "%{c}.";
spf::MacroString default_explanation();

}  // namespace receiver
