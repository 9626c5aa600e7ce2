// The reply to a request for rewriting.
#pragma once

#include <cstdint>

#include "common/protocol/srs_request.h"
#include "common/receiver/next_hop.h"
#include "common/spf/answers.h"
#include "common/srs/rewriter.h"

namespace protocol {

// What an address is not turned back for is `not_found`, not an error: a mail server then goes on with the address as it is,
// and finds no such user, while an error would make it keep the message and try again.
SrsReply answer(const SrsRequest& request, const srs::Rewriter& rewriter, std::uint64_t day);

// How we rewrite.
struct SrsPolicy {
  srs::Rewriter rewriter;
  // A sender who passes SPF there stays as it is. Without outgoing addresses nobody does.
  receiver::NextHop next_hop;
  // Rewrites a sender whose message failed SPF here, too: at the next hop it passes then.
  bool rewrites_fail = false;
};

// The same by what was found about the message, and with a look at the next hop. The reply is complete when nothing is needed.
// Pure, by the need/answer protocol of spf::evaluate(). What cannot be looked up is rewritten: a sender rewritten in vain does
// less harm than a refused message.
spf::Needs answer(const SrsRequest& request, const SrsPolicy& policy, std::uint64_t time, spf::AnswerSource& answers,
                  SrsReply& reply);

}  // namespace protocol
