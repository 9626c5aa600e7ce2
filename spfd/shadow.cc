#include "spfd/shadow.h"

#include "common/receiver/receiver.h"

namespace spfd {

Shadow judge_shadow(const receiver::Request& request, const receiver::Policy& policy, const receiver::Reply& reply,
                    spf::AnswerSource& answers, receiver::Workspace& workspace) {
  answers.use_stale(false);
  const spf::Needs needs = receiver::decide(request, policy, answers, workspace);
  answers.use_stale(reply.is_stale);
  if (!needs.empty()) return {.state = Shadow::State::unknown};
  const receiver::Reply& other = workspace.reply;
  return {.state = Shadow::State::known, .action = other.would.value_or(other.action), .result = other.result};
}

}  // namespace spfd
