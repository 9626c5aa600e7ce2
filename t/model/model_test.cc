// The evaluator's main property: in rounds, with any prefetch and any order of answers, it gives the result of a sequential
// reading of the RFC.
//
// The variables ROUNDS and SEED set the number of zones and the first seed. A failure prints its seed.
#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/spf/evaluate.h"
#include "t/model/model.h"
#include "t/model/random_zone.h"
#include "t/model/rounds.h"
#include "t/support/known_answers.h"
#include "t/support/sanitized.h"
#include "t/support/single.h"

namespace {

using model::from_environment;
using Questions = std::vector<dns::Question>;

// A few seconds, also with a sanitizer.
constexpr std::uint64_t kRounds = support::kIsSanitized ? 4000 : 40000;

std::string show(const dns::Question& question) {
  return fmt::format("{} {}", dns::type_name(question.type), question.name.text());
}

bool contains(const Questions& questions, const dns::Question& question) {
  return std::find(questions.begin(), questions.end(), question) != questions.end();
}

std::string show_errors_too(const spf::Verdict& verdict) {
  return fmt::format("{} by '{}' of {}, problem '{}', record '{}'", spf::result_name(verdict.result), verdict.mechanism,
                     verdict.domain, verdict.problem, verdict.record);
}

// The parts of a verdict in which evaluator and model must agree.
template <class Verdict>
std::string show(const Verdict& verdict) {
  const bool is_error = verdict.result == spf::Result::temperror || verdict.result == spf::Result::permerror;
  return fmt::format("{} by '{}' of {}, {} look-ups, {} void, TTL {}, explained '{}' '{}'", spf::result_name(verdict.result),
                     is_error ? "" : verdict.mechanism, is_error ? "" : verdict.domain, verdict.lookups, verdict.void_lookups,
                     verdict.ttl, base::printable(verdict.authority_explanation), base::printable(verdict.default_explanation));
}

std::string prefetch_name(spf::Prefetch prefetch) {
  return prefetch == spf::Prefetch::off ? "off" : prefetch == spf::Prefetch::records ? "records" : "all";
}

struct Setup {
  model::Zone zone;
  spf::Query query;
  spf::Limits limits;
  std::string default_explanation;
};

Setup random_setup(model::Random& random) {
  Setup out;
  out.zone = model::random_zone(random);
  const model::Sample sample = model::random_sample(random);
  out.query = sample.sender.empty() ? support::helo_query(sample.client, sample.helo)
                                    : support::mailfrom_query(sample.client, sample.sender, sample.helo);
  if (random.chance(50)) out.query.receiver = "mx.test";
  out.query.time = 1577836860;
  if (random.chance(15)) {
    out.limits.dns_terms = static_cast<int>(random.below(12));
    out.limits.void_lookups = static_cast<int>(random.below(5));
    out.limits.mx_hosts = static_cast<int>(random.below(12));
    out.limits.ptr_names = static_cast<int>(random.below(12));
    out.limits.void_lookups_ipv6 = random.chance(50);
  } else if (random.chance(60)) {
    out.limits.void_lookups = 20;  // so that more checks get to later terms
  }
  out.default_explanation = random.chance(70) ? "%{o} does not allow %{c}; ask %{d} and %{l}" : model::random_explanation(random);
  return out;
}

// Evaluates in rounds. Answers come one at a time or all together, and wanted questions are answered or not.
class Rounds {
 public:
  Rounds(const Setup& setup, spf::Prefetch prefetch, bool trace, const Questions& asked_by_model, model::Random& random)
      : setup_(setup), asked_by_model_(asked_by_model), random_(random) {
    settings_.limits = setup.limits;
    settings_.prefetch = prefetch;
    settings_.trace = trace;
    if (auto parsed = spf::MacroString::parse(setup.default_explanation, spf::MacroContext::explanation)) {
      settings_.default_explanation = *parsed;
    }
  }

  spf::Verdict run() {
    one_at_a_time_ = random_.chance(70);
    wanted_percent_ = random_.pick(std::vector<std::size_t>{0, 50, 100});
    for (int round = 0; round < 1000; ++round) {
      support::Evaluation evaluation = support::evaluate(setup_.query, settings_, known_);
      if (evaluation.verdict) {
        if (!evaluation.needs.empty()) problems_ += "a verdict and needs\n";
        check_that_more_answers_change_nothing(*evaluation.verdict);
        return *evaluation.verdict;
      }
      check_needs(evaluation.needs);
      ask(evaluation.needs);
      if (open_.empty()) break;
      deliver();
    }
    problems_ += "it comes to no end\n";
    return {};
  }

  [[nodiscard]] const std::string& problems() const { return problems_; }

 private:
  void check_needs(const spf::Needs& needs) {
    if (needs.needed.empty()) problems_ += "no verdict, and nothing needed\n";
    Questions all = needs.needed;
    all.insert(all.end(), needs.wanted.begin(), needs.wanted.end());
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (known_.has(all[i])) problems_ += show(all[i]) + " is asked and was answered already\n";
      for (std::size_t j = 0; j < i; ++j) {
        if (all[j] == all[i]) problems_ += show(all[i]) + " stands twice\n";
      }
    }
    for (const dns::Question& question : needs.needed) {
      if (!contains(asked_by_model_, question)) problems_ += show(question) + " is needed, but the model never asked it\n";
    }
    for (const dns::Question& question : needs.wanted) {
      const bool allowed = settings_.prefetch == spf::Prefetch::all ||
                           (settings_.prefetch == spf::Prefetch::records && question.type == dns::Type::txt);
      if (!allowed || question.type == dns::Type::ptr) problems_ += show(question) + " must not be asked ahead\n";
    }
  }

  void ask(const spf::Needs& needs) {
    for (const dns::Question& question : needs.needed) open(question);
    for (const dns::Question& question : needs.wanted) {
      if (random_.chance(wanted_percent_)) open(question);
    }
  }
  void open(const dns::Question& question) {
    if (!contains(open_, question)) open_.push_back(question);
  }

  void deliver() {
    for (std::size_t count = one_at_a_time_ ? 1 : open_.size(); count > 0; --count) {
      const auto at = open_.begin() + static_cast<std::ptrdiff_t>(random_.below(open_.size()));
      known_.add(*at, setup_.zone.answer(*at));
      open_.erase(at);
    }
  }

  void check_that_more_answers_change_nothing(const spf::Verdict& before) {
    for (const dns::Question& question : open_) known_.add(question, setup_.zone.answer(question));
    const support::Evaluation again = support::evaluate(setup_.query, settings_, known_);
    if (!again.verdict || show(*again.verdict) != show(before)) problems_ += "late answers change the verdict\n";
  }

  const Setup& setup_;
  const Questions& asked_by_model_;
  model::Random& random_;
  spf::Settings settings_;
  support::KnownAnswers known_;
  Questions open_;
  bool one_at_a_time_ = true;
  std::size_t wanted_percent_ = 100;
  std::string problems_;
};

bool same_steps(const std::vector<spf::TraceStep>& a, const std::vector<spf::TraceStep>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const spf::TraceStep& x, const spf::TraceStep& y) {
    return x.kind == y.kind && x.depth == y.depth && x.text == y.text && x.outcome == y.outcome && x.lookups == y.lookups &&
           x.void_lookups == y.void_lookups;
  });
}

// Compares evaluator and model for one zone and one check. Returns the differences, or nothing.
std::string compare(std::uint64_t seed, model::Verdict& out) {
  model::Random random(seed);
  const Setup setup = random_setup(random);
  Questions asked;
  out = model::check_host(setup.query, setup.limits, setup.default_explanation, [&](const dns::Question& question) {
    asked.push_back(question);
    return setup.zone.answer(question);
  });

  std::string problems;
  std::optional<spf::Verdict> first;
  for (const spf::Prefetch prefetch : {spf::Prefetch::off, spf::Prefetch::records, spf::Prefetch::all, spf::Prefetch::all}) {
    Rounds rounds(setup, prefetch, true, asked, random);
    const spf::Verdict verdict = rounds.run();
    std::string found = rounds.problems();
    if (show(verdict) != show(out)) found += fmt::format("evaluator: {}\nmodel:     {}\n", show(verdict), show(out));
    if (!first) first = verdict;
    if (show_errors_too(verdict) != show_errors_too(*first)) {
      found += fmt::format("first:     {}\nnow:       {}\n", show_errors_too(*first), show_errors_too(verdict));
    }
    if (!same_steps(verdict.trace, first->trace)) found += "the trace depends on prefetch or on the order of the answers\n";
    if (!found.empty()) problems += fmt::format("prefetch {}:\n{}", prefetch_name(prefetch), found);
  }
  if (problems.empty()) return {};
  const spf::Query& query = setup.query;
  problems += fmt::format("client {}, sender '{}', HELO '{}', limits {} {} {} {} {}, default explanation '{}'\n{}",
                          query.client.text(), base::printable(query.sender), base::printable(query.helo), setup.limits.dns_terms,
                          setup.limits.void_lookups, setup.limits.mx_hosts, setup.limits.ptr_names,
                          setup.limits.void_lookups_ipv6, base::printable(setup.default_explanation), setup.zone.text());
  return problems;
}

}  // namespace

TEST_CASE("in any round, with any prefetch and any order of answers, the evaluator agrees with the model") {
  const std::uint64_t first = from_environment("SEED", 1);
  const std::uint64_t rounds = from_environment("ROUNDS", kRounds);
  std::map<spf::Result, int> results;
  int explained = 0;
  int failures = 0;
  for (std::uint64_t seed = first; seed < first + rounds; ++seed) {
    model::Verdict verdict;
    const std::string problems = compare(seed, verdict);
    ++results[verdict.result];
    if (!verdict.authority_explanation.empty()) ++explained;
    if (problems.empty()) continue;
    FAIL_CHECK("SEED=" << seed << " ROUNDS=1:\n" << problems);
    if (++failures == 3) break;
  }
  if (rounds < 1000) return;
  // The zones are varied enough if each result is frequent.
  for (int result = 0; result <= static_cast<int>(spf::Result::permerror); ++result) {
    const auto wanted = static_cast<spf::Result>(result);
    CAPTURE(spf::result_name(wanted));
    CHECK(results[wanted] * 200 >= static_cast<int>(rounds));
    MESSAGE(spf::result_name(wanted) << ": " << results[wanted]);
  }
  CHECK(explained * 200 >= static_cast<int>(rounds));
  MESSAGE("explained: " << explained);
}
