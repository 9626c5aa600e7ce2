// Judges an identity: evaluates the domain's record first, then applies the receiver's rules to the result.
//
// The rules are the rows of a table (judge.cc), in order of application: when a rule applies, its list of terms, and what a match
// does. A rule that is absent costs nothing. Pure; works like spf::evaluate(): it returns the questions that are still open.
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
  // The judgements of a decision, one per identity. Each of them has limits of its own on questions, as has each of its rules.
  enum class Turn : std::uint8_t { helo_first, last };

  // The arguments must outlive the Judge. `own_terms`: the local terms in the request, or null.
  Judge(const Request& request, const Policy& policy, const RulesInForce& rules, const Terms* own_terms,
        const spf::Settings& settings, spf::AnswerSource& answers, Turn turn)
      : request_(request),
        policy_(policy),
        rules_(rules),
        own_terms_(own_terms),
        settings_(settings),
        answers_(answers),
        turn_(turn) {}

  // Returns the names of the rules' options, in the order of application, which is also that of spfd(8).
  static std::vector<std::string_view> rule_names();

  // Judges the query. The judgement is complete when the returned Needs are empty.
  spf::Needs evaluate(const spf::Query& query, Judgement& out);

  // Sets a verdict that is based on the terms alone: pass or neutral; none for a query without a domain.
  spf::Needs guess(const spf::Query& query, const Terms& terms, spf::Verdict& out);

 private:
  // The parts of a judgement with limits of their own on questions (see spf::AnswerSource::begin_part()).
  enum class Part : std::uint8_t { record, fallback, guess, own_terms, local, forwarders, secondary, told_guess };
  static constexpr std::size_t kPartsPerTurn = static_cast<std::size_t>(Part::told_guess) + 1;
  static_assert(2 * kPartsPerTurn <= spf::AnswerSource::kParts);
  void begin(Part part) { answers_.begin_part(static_cast<std::size_t>(turn_) * kPartsPerTurn + static_cast<std::size_t>(part)); }

  // The result of a list of terms: the first term that matches counts.
  struct Match {
    spf::Needs needs;                     // if not empty, answers are missing
    std::optional<spf::Verdict> verdict;  // of the term that matched
    std::string what;                     // the term that matched, or "mx of example.org"
    std::string problem;                  // set if no term passed, but one could not be looked up
    spf::ProblemKind problem_kind = spf::ProblemKind::none;
  };
  Match match(const spf::Query& query, const Terms& terms, std::string_view name, std::vector<spf::TraceStep>& trace);

  struct Rule {
    std::string_view name;  // name of the option
    Part part;
    bool (*applies)(const spf::Verdict& verdict);
    // Changes the judgement, or returns the questions that are still open.
    spf::Needs (Judge::*act)(const Rule& rule, const spf::Query& query, Judgement& out);
    // The members below are for match_list(). Null: the terms in the request.
    std::optional<Terms> Rules::*terms = nullptr;
    // The new result when a term passes. Null: each term that matches sets the result of its qualifier.
    std::optional<spf::Result> Rules::*result = nullptr;
    bool sets_aside = false;  // a term that passes sets the verdict aside
    // Whether a match could spare the client a refusal: if a term cannot be looked up, mail is deferred instead of rejected.
    bool may_spare = true;
  };
  static const std::array<Rule, 6> kRules;
  spf::Needs fall_back(const Rule& rule, const spf::Query& query, Judgement& out);
  spf::Needs match_list(const Rule& rule, const spf::Query& query, Judgement& out);
  // Not inlined: most lists are absent, and this function has a large stack frame.
  [[gnu::noinline]] spf::Needs act_on_match(const Rule& rule, const Terms& terms, const spf::Query& query, Judgement& out);

  const Request& request_;
  const Policy& policy_;
  const RulesInForce& rules_;
  const Terms* own_terms_;
  const spf::Settings& settings_;
  spf::AnswerSource& answers_;
  const Turn turn_;
  std::string unknown_;  // a failed lookup that might have spared the client; empty if there is none
  spf::ProblemKind unknown_kind_ = spf::ProblemKind::own_limit;
};

// Returns the terms of the best guess of 2003: a/24 mx/24 ptr.
const Terms& best_guess();

}  // namespace receiver
