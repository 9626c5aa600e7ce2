// The model must pass the official test suites too, or it would not be a reference.
#include <string_view>

#include <doctest/doctest.h>

#include "t/model/model.h"
#include "t/support/suite_run.h"

namespace {

support::SuiteCount run_model(std::string_view file) {
  return support::run_suite(file, [](const support::Scenario& scenario, const support::SuiteTest& test) {
    const model::Verdict verdict = model::check_host(
        support::suite_query(test), {}, "DEFAULT", [&](const dns::Question& question) { return scenario.zone.answer(question); });
    return support::SuiteAnswer{
        .result = std::string(spf::result_name(verdict.result)),
        .explanation = verdict.authority_explanation.empty() ? verdict.default_explanation : verdict.authority_explanation,
        .record = {}};
  });
}

}  // namespace

TEST_CASE("the model passes rfc7208-tests.yml: 203 of 203, with 22 of 22 explanations") {
  const support::SuiteCount count = run_model("rfc7208-tests.yml");
  CHECK(count.tests == 203);
  CHECK(count.passed == 203);
  CHECK(count.explanations == 22);
  CHECK(count.explained == 22);
}

TEST_CASE("the model passes rfc4408-tests.yml: 191 of 191") {
  const support::SuiteCount count = run_model("rfc4408-tests.yml");
  CHECK(count.tests == 191);
  CHECK(count.passed == 191);
  CHECK(count.explained == count.explanations);
}
