// What RFC 7208 leaves to the receiver: which identity is checked, and what is said about the result (§2.4, §8, §9).
//
// Pure, like the evaluator, and by the same protocol: a reply, or the DNS questions still open.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/receiver/request.h"
#include "common/spf/answers.h"
#include "common/spf/query.h"

namespace receiver {

struct Policy {
  spf::Settings spf;
  std::string hostname;  // of the receiving host: in texts, headers and %{r} where the request names no receiver
  spf::Result bad_request_result = spf::Result::permerror;
};

// What a decision is made in. It may be used again for the next one, and then keeps its memory.
struct Workspace {
  spf::Query query;
  spf::Verdict verdict;
  std::string client;  // address, as text
  Reply reply;         // complete when nothing is needed
};

spf::Needs decide(const Request& request, const Policy& policy, spf::AnswerSource& answers, Workspace& workspace);

// The same, for a single decision.
struct Outcome {
  std::optional<Reply> reply;
  spf::Needs needs;  // empty when there is a reply
};
Outcome decide(const Request& request, const Policy& policy, spf::AnswerSource& answers);

// The sender without blanks and angle brackets around it; empty: the null sender.
std::string_view bare_sender(std::string_view sender);

// The reply to a request that could not be understood; `error` says why.
Reply bad_request(const Policy& policy, std::string_view error);

// An explanation that tells a refused sender what happened and whom to ask.
inline constexpr std::string_view kDefaultExplanation =
    "%{o} does not allow %{c} to send its mail (SPF). Send it through the mail server of %{o}, or ask postmaster@%{o} to allow "
    "%{c}.";

}  // namespace receiver
