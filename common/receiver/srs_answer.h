// The reply to a request for rewriting.
#pragma once

#include <cstdint>

#include "common/receiver/next_hop.h"
#include "common/receiver/srs_request.h"
#include "common/spf/answers.h"
#include "common/srs/rewriter.h"

namespace receiver {

// How we rewrite.
struct SrsPolicy {
  srs::Rewriter rewriter;
  // A sender address that passes SPF there is not rewritten. Without outgoing addresses none passes.
  NextHop next_hop;
  // Rewrites a sender whose message failed SPF here, too: at the next hop it passes then.
  bool rewrites_fail = false;

  friend bool operator==(const SrsPolicy&, const SrsPolicy&) = default;
};

// Decides by what was found about the message, and by what the next host would make of it. The reply is complete when nothing is
// needed. Pure, by the need/answer protocol of spf::evaluate(). A sender that cannot be looked up is rewritten: rewriting in vain
// does less harm than a refused message. `answers` may be null: then nothing can be looked up.
// An address that is not turned back is `not_found`, not an error: a mail server then goes on with the address as it is, and
// finds no such user; after an error it would keep the message and try again.
spf::Needs answer(const SrsRequest& request, const SrsPolicy& policy, std::uint64_t time, spf::AnswerSource* answers,
                  SrsReply& reply);

}  // namespace receiver
