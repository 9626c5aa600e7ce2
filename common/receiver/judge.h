// What the receiver's rules make of an identity: first the domain's own record speaks, then local policy about its result.
//
// In this order: a fallback record and the best guess for a domain without a record; local terms before the record's last "all";
// trusted forwarders, for fail and softfail; secondary MX hosts, for whatever would count against the client. A rule that is
// absent costs nothing. Pure; by the need/answer protocol of spf::evaluate().
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/receiver/request.h"
#include "common/receiver/rules.h"
#include "common/receiver/workspace.h"
#include "common/spf/answers.h"
#include "common/spf/evaluate.h"
#include "common/spf/query.h"

namespace receiver {

class Judge {
 public:
  // The arguments must outlive it. own_terms: local terms that the request brings; null: none.
  Judge(const Request& request, const Policy& policy, const RulesInForce& rules, const Terms* own_terms,
        const spf::Settings& settings, spf::AnswerSource& answers)
      : request_(request), policy_(policy), rules_(rules), own_terms_(own_terms), settings_(settings), answers_(answers) {}

  // The judgement is complete when nothing is needed.
  spf::Needs judge(const spf::Query& query, Judgement& out);

  // The verdict of terms alone: pass or neutral; none for a query without a domain.
  spf::Needs guess(const spf::Query& query, const Terms& terms, spf::Verdict& out);

 private:
  // What a list of terms says about the client: the first that matches counts.
  struct Match {
    spf::Needs needs;                     // not empty: it is not known yet
    std::optional<spf::Verdict> verdict;  // of the term that matched
    std::string what;                     // it: the term, or "mx of example.org"
    std::string problem;                  // none matched, but one could not be looked up
  };
  Match match(const spf::Query& query, const Terms& terms, std::string_view name, std::vector<spf::TraceStep>& trace);

  // Each does its part, and gives what it needs for that.
  spf::Needs fall_back(const spf::Query& query, Judgement& out);
  spf::Needs guess_none(const spf::Query& query, Judgement& out);
  spf::Needs add_local(const spf::Query& query, const Terms& terms, Judgement& out);
  spf::Needs trust_forwarder(const spf::Query& query, Judgement& out);
  spf::Needs spare_secondary(const spf::Query& query, Judgement& out);

  const Request& request_;
  const Policy& policy_;
  const RulesInForce& rules_;
  const Terms* own_terms_;
  const spf::Settings& settings_;
  spf::AnswerSource& answers_;
  std::string unknown_;  // rules that could not be looked up
};

// The terms of the best guess of 2003.
const Terms& best_guess();

}  // namespace receiver
