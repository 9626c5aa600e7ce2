// The official test suites through the pure core.
#include <string_view>

#include <doctest/doctest.h>

#include "common/spf/evaluate.h"
#include "t/support/evaluate.h"
#include "t/support/suite_run.h"

namespace {

support::SuiteCount run_core(std::string_view file, spf::Prefetch prefetch) {
  spf::Settings settings;
  settings.prefetch = prefetch;
  settings.default_explanation = *spf::MacroString::parse("DEFAULT", spf::MacroContext::explanation);
  return support::run_suite(file, [&](const support::Scenario& scenario, const support::SuiteTest& test) {
    const auto ask = [&](const dns::Question& question) { return scenario.zone.answer(question); };
    const spf::Verdict verdict = support::run(support::suite_query(test), ask, settings).verdict;
    return support::SuiteAnswer{
        .result = std::string(spf::result_name(verdict.result)),
        .explanation = verdict.authority_explanation.empty() ? verdict.default_explanation : verdict.authority_explanation,
        .record = verdict.record};
  });
}

}  // namespace

TEST_CASE("rfc7208-tests.yml: 203 of 203, with 22 of 22 explanations, with any prefetch") {
  for (const spf::Prefetch prefetch : {spf::Prefetch::off, spf::Prefetch::records, spf::Prefetch::all}) {
    const support::SuiteCount count = run_core("rfc7208-tests.yml", prefetch);
    CHECK(count.tests == 203);
    CHECK(count.passed == 203);
    CHECK(count.explanations == 22);
    CHECK(count.explained == 22);
  }
}

TEST_CASE("rfc4408-tests.yml: 191 of 191, with any prefetch") {
  for (const spf::Prefetch prefetch : {spf::Prefetch::off, spf::Prefetch::records, spf::Prefetch::all}) {
    const support::SuiteCount count = run_core("rfc4408-tests.yml", prefetch);
    CHECK(count.tests == 191);
    CHECK(count.passed == 191);
    CHECK(count.explained == count.explanations);
  }
}
