#include "common/receiver/srs_answer.h"

#include <fmt/core.h>

#include <string>
#include <utility>

#include "common/spf/result.h"
#include "common/srs/stamp.h"

namespace receiver {

namespace {

SrsReply refused(const srs::Error& error) {
  const bool is_ours = error.reason == srs::Reason::digest;
  return {is_ours ? SrsReply::Kind::temporary : SrsReply::Kind::not_found, error.text, {}};
}

SrsReply forwarded(base::Result<srs::Forwarded, srs::Error>&& outcome) {
  if (!outcome) return refused(outcome.error());
  if (outcome->outcome == srs::Forwarded::Outcome::rewritten) {
    return {SrsReply::Kind::ok, std::move(outcome->address), std::move(outcome->warning)};
  }
  return {SrsReply::Kind::unchanged, std::move(outcome->address), std::string(srs::outcome_text(outcome->outcome))};
}

// Returns whether the sender has to be rewritten, even if that is not possible.
bool is_concerned(const base::Result<srs::Forwarded, srs::Error>& outcome) {
  if (outcome) return outcome->outcome == srs::Forwarded::Outcome::rewritten;
  return outcome.error().reason == srs::Reason::local_part_length || outcome.error().reason == srs::Reason::path_length;
}

// Returns the reply to a request of any kind except forward.
SrsReply answer_of_its_kind(const SrsRequest& request, const srs::Rewriter& rewriter, std::uint64_t day) {
  switch (request.kind) {
    case SrsRequest::Kind::reverse: {
      auto reversed = rewriter.reverse(request.address, day);
      if (!reversed) return refused(reversed.error());
      return {SrsReply::Kind::ok, std::move(*reversed), {}};
    }
    case SrsRequest::Kind::too_long: return {SrsReply::Kind::not_found, request.error, {}};
    case SrsRequest::Kind::given_up: return {SrsReply::Kind::temporary, request.error, {}};
    case SrsRequest::Kind::forward:
    case SrsRequest::Kind::invalid: break;
  }
  return {SrsReply::Kind::permanent, request.error, {}};
}

}  // namespace

spf::Needs answer(const SrsRequest& request, const SrsPolicy& policy, std::uint64_t time, spf::AnswerSource* answers,
                  SrsReply& reply) {
  const std::uint64_t day = srs::day_of(time);
  if (request.kind != SrsRequest::Kind::forward) {
    reply = answer_of_its_kind(request, policy.rewriter, day);
    reply.in_rule_set = request.in_rule_set;
    return {};
  }
  auto outcome = policy.rewriter.forward(request.address, request.alias, day);
  const bool is_for_rewriting = is_concerned(outcome);
  reply = forwarded(std::move(outcome));
  reply.in_rule_set = request.in_rule_set;
  if (!is_for_rewriting) return {};
  const auto leave = [&](std::string_view why) {
    reply.kind = SrsReply::Kind::unchanged;
    reply.text = request.address;
    reply.reason = why;
  };
  if (request.spf == spf::Result::fail && !policy.rewrites_fail) {
    leave("the sender has failed SPF");
    return {};
  }
  if (policy.next_hop.outgoing.empty() || answers == nullptr) return {};
  Foresight foresight;
  spf::Needs needs = foresee(request.address, policy.next_hop, time, *answers, foresight);
  if (!needs.empty()) return needs;
  if (foresight.passes) {
    leave("the sender passes SPF from all outgoing addresses");
  } else if (reply.kind == SrsReply::Kind::ok) {
    const std::string warning = std::move(reply.reason);
    reply.reason =
        fmt::format("SPF would be {}{}{}", spf::result_name(foresight.verdict.result), warning.empty() ? "" : "; ", warning);
  }
  return {};
}

}  // namespace receiver
