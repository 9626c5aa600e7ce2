// Runs the official test suites through any checker and counts the results.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/spf/query.h"
#include "t/support/zone_data.h"

namespace support {

// Returns $BUILD/suites/FILE, which t/suite/fetch.sh creates.
std::string suite_path(std::string_view file);

// Returns the query of the MAIL FROM identity, or of HELO if there is no MAIL FROM.
spf::Query suite_query(const SuiteTest& test);

// The answer of a checker. The explanation counts only for fail: the domain's own, or else the default, which must be "DEFAULT".
struct SuiteAnswer {
  std::string result;
  std::string explanation;
  std::string record;  // shown if the test fails
};
using SuiteCheck = std::function<SuiteAnswer(const Scenario&, const SuiteTest&)>;

struct SuiteCount {
  int tests = 0, passed = 0;
  int explanations = 0, explained = 0;
};

// Reports each failed test as a doctest failure with the expected and the actual result.
SuiteCount run_suite(std::string_view file, const SuiteCheck& check);

}  // namespace support
