#include "common/receiver/next_hop.h"

#include "common/base/reuse.h"
#include "common/spf/question_budget.h"
#include "common/spf/result.h"

namespace receiver {

spf::Needs foresee(std::string_view sender, const NextHop& next_hop, std::uint64_t time, spf::AnswerSource& answers,
                   Foresight& out) {
  base::renew(out);
  spf::Query query;
  spf::QuestionBudget budget(answers);
  for (const base::IpAddress& address : next_hop.outgoing) {
    spf::set_mailfrom_query(query, address, sender, next_hop.hostname);
    query.receiver = "unknown";  // RFC 7208 §7.3
    query.time = time;
    budget.begin_part(0);
    if (spf::Needs needs = spf::evaluate(query, next_hop.spf, budget, out.verdict); !needs.empty()) return needs;
    if (out.verdict.result != spf::Result::pass) return {};
  }
  out.passes = !next_hop.outgoing.empty();
  return {};
}

}  // namespace receiver
