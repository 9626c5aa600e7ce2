#include "common/receiver/explanation.h"

#include <fmt/core.h>

#include "common/lint/why_questions.h"
#include "common/spf/question_budget.h"

namespace receiver {

namespace {

// The first part after those of the identities (judge.h).
constexpr std::size_t kPart = 16;
static_assert(kPart < spf::AnswerSource::kParts);

spf::Needs explain(const Policy& policy, spf::AnswerSource& answers, Workspace& workspace) {
  spf::QuestionBudget budget(answers);
  budget.set_impatient(answers.is_late());
  Why why;
  spf::Needs needs = lint::explain(workspace.query, policy.spf.limits, lint::kWhyLimits, budget, why);
  if (!needs.empty()) return needs;
  Reply& reply = workspace.reply;
  if (!reply.local_policy.empty()) {
    why.sentences.insert(why.sentences.begin(),
                         fmt::format("Local policy of this host had an effect: {}. The rest is about the published record alone.",
                                     lint::quoted_foreign(reply.local_policy, kMaxDetail)));
  }
  reply.why = std::move(why);
  return {};
}

}  // namespace

spf::Needs Explanation::run(const Policy& policy, spf::AnswerSource& answers, Workspace& workspace) {
  if (!workspace.reply.identity) {
    Why& why = workspace.reply.why.emplace();
    why.sentences.push_back(
        fmt::format("SPF was not checked: {}.", lint::quoted_foreign(workspace.reply.local_explanation, kMaxDetail)));
    return {};
  }
  answers.begin_part(kPart);
  return round_.run(answers, !answers.is_late(), [&] { return explain(policy, answers, workspace); });
}

Why not_explained(std::string_view reason) {
  Why why;
  why.missing.emplace_back(reason);
  return why;
}

}  // namespace receiver
