// What the receiver's rules make of an identity: first the domain's own record speaks, then local policy about its result.
//
// The rules are the rows of a table (judge.cc), in their order: when a rule applies, its list of terms, and what a match does.
// A rule that is absent costs nothing. Pure; by the need/answer protocol of spf::evaluate().
#pragma once

#include <array>
#include <cstdint>
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
  // Judgements per decision: one per identity. Each has its own share of the questions, and so has each rule in it.
  enum class Turn : std::uint8_t { helo_first, last };

  // The arguments must outlive it. own_terms: local terms that the request brings; null: none.
  Judge(const Request& request, const Policy& policy, const RulesInForce& rules, const Terms* own_terms,
        const spf::Settings& settings, spf::AnswerSource& answers, Turn turn)
      : request_(request),
        policy_(policy),
        rules_(rules),
        own_terms_(own_terms),
        settings_(settings),
        answers_(answers),
        turn_(turn) {}

  // The names of the rules' options in the order of the rules, which is that of spfd(8).
  static std::vector<std::string_view> rule_names();

  // The judgement is complete when nothing is needed.
  spf::Needs evaluate(const spf::Query& query, Judgement& out);

  // Sets the verdict of terms alone: pass or neutral; none for a query without a domain.
  spf::Needs guess(const spf::Query& query, const Terms& terms, spf::Verdict& out);

 private:
  // What asks DNS on its own account (see spf::AnswerSource::begin_part()).
  enum class Part : std::uint8_t { record, fallback, guess, own_terms, local, forwarders, secondary, told_guess };
  static constexpr std::size_t kPartsPerTurn = static_cast<std::size_t>(Part::told_guess) + 1;
  static_assert(2 * kPartsPerTurn <= spf::AnswerSource::kParts);
  void begin(Part part) { answers_.begin_part(static_cast<std::size_t>(turn_) * kPartsPerTurn + static_cast<std::size_t>(part)); }

  // What a list of terms says about the client: the first that matches counts.
  struct Match {
    spf::Needs needs;                     // not empty: it is not known yet
    std::optional<spf::Verdict> verdict;  // of the term that matched
    std::string what;                     // it: the term, or "mx of example.org"
    std::string problem;                  // none matched, but one could not be looked up
  };
  Match match(const spf::Query& query, const Terms& terms, std::string_view name, std::vector<spf::TraceStep>& trace);

  struct Rule {
    std::string_view name;  // of its option
    Part part;
    bool (*applies)(const spf::Verdict& verdict);
    // Changes the judgement, and returns what it needs for that.
    spf::Needs (Judge::*act)(const Rule& rule, const spf::Query& query, Judgement& out);
    // Of match_list() only. Null: the terms that the request brings.
    std::optional<Terms> Rules::*terms = nullptr;
    // The result of a term that passes; null: that of each term that matches.
    std::optional<spf::Result> Rules::*result = nullptr;
    bool sets_aside = false;  // or a term that passes sets the verdict aside
    // A term that could not be looked up counts as one that might have spared the client.
    bool may_spare = true;
  };
  static const std::array<Rule, 6> kRules;
  spf::Needs fall_back(const Rule& rule, const spf::Query& query, Judgement& out);
  spf::Needs match_list(const Rule& rule, const spf::Query& query, Judgement& out);
  // Not in line: most lists are absent, and this one's frame is large.
  [[gnu::noinline]] spf::Needs act_on_match(const Rule& rule, const Terms& terms, const spf::Query& query, Judgement& out);

  const Request& request_;
  const Policy& policy_;
  const RulesInForce& rules_;
  const Terms* own_terms_;
  const spf::Settings& settings_;
  spf::AnswerSource& answers_;
  const Turn turn_;
  std::string unknown_;  // what could not be looked up, and could spare the client
};

// The terms of the best guess of 2003.
const Terms& best_guess();

}  // namespace receiver
