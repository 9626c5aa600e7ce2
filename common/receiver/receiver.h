// The decisions that RFC 7208 leaves to the receiver: which identity is checked, and what the reply says and does (§2.4, §8, §9).
//
// Pure, and called like the evaluator: it returns a reply, or the DNS questions that are still open.
#pragma once

#include <string_view>

#include "common/receiver/request.h"
#include "common/receiver/rules.h"
#include "common/receiver/workspace.h"
#include "common/spf/answers.h"
#include "common/spf/query.h"

namespace receiver {

// Decides a request. The reply in the workspace is complete when the returned Needs are empty. The previous content of the
// workspace is replaced.
spf::Needs decide(const Request& request, const Policy& policy, spf::AnswerSource& answers, Workspace& workspace);

// Returns the reply to an invalid request; `error` is the reason, `id` that of receiver::Request.
Reply bad_request(const Policy& policy, std::string_view error, std::string_view id = {});
// Returns a temperror for a request that could not be checked for a reason of our own; `error` is the reason.
Reply not_checked(const Policy& policy, std::string_view error, std::string_view id = {});

}  // namespace receiver
