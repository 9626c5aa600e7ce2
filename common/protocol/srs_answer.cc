#include "common/protocol/srs_answer.h"

#include <string>
#include <utility>

#include "common/spf/result.h"
#include "common/srs/stamp.h"

namespace protocol {

namespace {

SrsReply refused(const srs::Error& error) {
  const bool is_ours = error.check == srs::Check::digest;
  return {is_ours ? SrsReply::Kind::temporary : SrsReply::Kind::not_found, error.text, {}};
}

SrsReply forwarded(base::Result<srs::Forwarded, srs::Error>&& outcome) {
  if (!outcome) return refused(outcome.error());
  if (outcome->outcome == srs::Forwarded::Outcome::rewritten) return {SrsReply::Kind::ok, std::move(outcome->address), {}};
  return {SrsReply::Kind::unchanged, std::move(outcome->address), std::string(srs::outcome_text(outcome->outcome))};
}

// There would be something to rewrite, whether that is possible or not.
bool is_concerned(const base::Result<srs::Forwarded, srs::Error>& outcome) {
  if (outcome) return outcome->outcome == srs::Forwarded::Outcome::rewritten;
  return outcome.error().check == srs::Check::local_part_length || outcome.error().check == srs::Check::path_length;
}

}  // namespace

SrsReply answer(const SrsRequest& request, const srs::Rewriter& rewriter, std::uint64_t day) {
  switch (request.kind) {
    case SrsRequest::Kind::forward: return forwarded(rewriter.forward(request.address, request.alias, day));
    case SrsRequest::Kind::reverse: {
      auto reversed = rewriter.reverse(request.address, day);
      if (!reversed) return refused(reversed.error());
      return {SrsReply::Kind::ok, std::move(*reversed), {}};
    }
    case SrsRequest::Kind::too_long: return {SrsReply::Kind::not_found, request.error, {}};
    case SrsRequest::Kind::invalid: break;
  }
  return {SrsReply::Kind::permanent, request.error, {}};
}

spf::Needs answer(const SrsRequest& request, const SrsPolicy& policy, std::uint64_t time, spf::AnswerSource& answers,
                  receiver::Foresight& foresight, SrsReply& reply) {
  const std::uint64_t day = srs::day_of(time);
  if (request.kind != SrsRequest::Kind::forward || policy.next_hop.outgoing.empty()) {
    reply = answer(request, policy.rewriter, day);
    return {};
  }
  auto outcome = policy.rewriter.forward(request.address, request.alias, day);
  const bool asks = is_concerned(outcome);
  reply = forwarded(std::move(outcome));
  if (!asks) return {};
  spf::Needs needs = receiver::foresee(request.address, policy.next_hop, time, answers, foresight);
  if (!needs.empty()) return needs;
  if (foresight.passes) {
    reply = {SrsReply::Kind::unchanged, request.address, "the sender passes SPF from all outgoing addresses"};
  } else if (reply.kind == SrsReply::Kind::ok) {
    reply.reason = "SPF would be " + std::string(spf::result_name(foresight.verdict.result));
  }
  return {};
}

}  // namespace protocol
