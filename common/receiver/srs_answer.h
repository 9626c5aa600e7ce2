// Answers requests to rewrite a sender or to reverse that.
#pragma once

#include <cstdint>

#include "common/receiver/next_hop.h"
#include "common/receiver/srs_request.h"
#include "common/spf/answers.h"
#include "common/srs/rewriter.h"

namespace receiver {

// The site's decisions about rewriting.
struct SrsPolicy {
  srs::Rewriter rewriter;
  // A sender that passes SPF at the next hop is not rewritten. Without outgoing addresses all senders are rewritten.
  NextHop next_hop;
  // Also rewrite senders whose message failed SPF here, so that it passes at the next hop.
  bool rewrites_fail = false;

  friend bool operator==(const SrsPolicy&, const SrsPolicy&) = default;
};

// Decides whether to rewrite by the message's SPF result here and by the predicted one at the next hop. The reply is complete
// when the returned Needs are empty. Pure. `time`: seconds since 1970. `answers` may be null: then nothing is looked up. A sender
// that cannot be looked up is rewritten, because needless rewriting does less harm than a refused message.
// An address that cannot be reversed is `not_found` and not an error: the mail server then keeps the address and finds no such
// user; after an error it would keep the message and try again.
spf::Needs answer(const SrsRequest& request, const SrsPolicy& policy, std::uint64_t time, spf::AnswerSource* answers,
                  SrsReply& reply);

}  // namespace receiver
