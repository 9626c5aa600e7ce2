#include "t/support/suite_run.h"
#include "t/support/single.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/printable.h"
#include "common/base/text.h"

namespace support {

namespace {

std::string describe(const Scenario& scenario, const SuiteTest& test) {
  return fmt::format("{} ({}, RFC section {}; mailfrom '{}', helo '{}', host {})", test.id, scenario.description, test.spec,
                     base::printable(test.mailfrom), base::printable(test.helo), test.host);
}

bool same_explanation(const SuiteTest& test, const std::string& got) {
  // %{c} of an IPv6 address may be written in either case (RFC 4291 §2.2), and so may %{i}.
  return test.id == "v-macro-ip6" ? base::equals_ignoring_case(*test.explanation, got) : *test.explanation == got;
}

}  // namespace

std::string suite_path(std::string_view file) {
  const char* build = std::getenv("BUILD");
  std::string path = fmt::format("{}/suites/{}", build == nullptr ? "build" : build, file);
  REQUIRE_MESSAGE(std::filesystem::exists(path), path << " is missing: t/suite/fetch.sh puts it there");
  return path;
}

spf::Query suite_query(const SuiteTest& test) {
  const auto client = base::IpAddress::parse(test.host);
  REQUIRE(client.has_value());
  return test.mailfrom.empty() ? support::helo_query(*client, test.helo)
                               : support::mailfrom_query(*client, test.mailfrom, test.helo);
}

SuiteCount run_suite(std::string_view file, const SuiteCheck& check) {
  SuiteCount count;
  for (const Scenario& scenario : read_suite(suite_path(file))) {
    for (const SuiteTest& test : scenario.tests) {
      const SuiteAnswer answer = check(scenario, test);
      ++count.tests;
      if (std::find(test.results.begin(), test.results.end(), answer.result) != test.results.end()) {
        ++count.passed;
      } else {
        FAIL_CHECK(describe(scenario, test) << ": wanted " << fmt::format("{}", fmt::join(test.results, " or ")) << ", got "
                                            << answer.result << "; record '" << base::printable(answer.record) << "'");
      }
      if (!test.explanation || answer.result != "fail") continue;
      ++count.explanations;
      if (same_explanation(test, answer.explanation)) {
        ++count.explained;
      } else {
        FAIL_CHECK(describe(scenario, test) << ": wanted the explanation '" << *test.explanation << "', got '"
                                            << base::printable(answer.explanation) << "'");
      }
    }
  }
  return count;
}

}  // namespace support
