// Single evaluations, decisions and answers, without objects that are used again.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/protocol/query_lines.h"
#include "common/receiver/receiver.h"
#include "common/spf/evaluate.h"

namespace support {

inline spf::Query mailfrom_query(const base::IpAddress& client, std::string_view sender, std::string_view helo) {
  spf::Query query;
  spf::set_mailfrom_query(query, client, sender, helo);
  return query;
}
inline spf::Query helo_query(const base::IpAddress& client, std::string_view helo) {
  spf::Query query;
  spf::set_helo_query(query, client, helo);
  return query;
}

struct Evaluation {
  std::optional<spf::Verdict> verdict;
  spf::Needs needs;  // empty when there is a verdict
};
inline Evaluation evaluate(const spf::Query& query, const spf::Settings& settings, spf::AnswerSource& answers) {
  Evaluation evaluation;
  spf::Verdict verdict;
  evaluation.needs = spf::evaluate(query, settings, answers, verdict);
  if (evaluation.needs.empty()) evaluation.verdict = std::move(verdict);
  return evaluation;
}

struct Outcome {
  std::optional<receiver::Reply> reply;
  spf::Needs needs;  // empty when there is a reply
};
inline Outcome decide(const receiver::Request& request, const receiver::Policy& policy, spf::AnswerSource& answers) {
  Outcome outcome;
  receiver::Workspace workspace;
  outcome.needs = receiver::decide(request, policy, answers, workspace);
  if (outcome.needs.empty()) outcome.reply = std::move(workspace.reply);
  return outcome;
}

inline std::string encode_reply(const receiver::Reply& reply, const protocol::QueryLines& asked,
                                const protocol::DoorOptions& options) {
  std::string out;
  protocol::append_reply(reply, asked.format, asked.id, options, out);
  return out;
}

}  // namespace support
