// Runs the official test suites through anything that checks, and counts.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/spf/query.h"
#include "t/support/zone_data.h"

namespace support {

// $BUILD/suites/FILE. t/suite/fetch.sh puts it there.
std::string suite_path(std::string_view file);

// The MAIL FROM identity, or HELO when there is no MAIL FROM.
spf::Query suite_query(const SuiteTest& test);

// What a checker said. The explanation counts only for fail: the domain's own, or else the default, which must be "DEFAULT".
struct SuiteAnswer {
  std::string result;
  std::string explanation;
  std::string record;  // to be shown when the test fails
};
using SuiteCheck = std::function<SuiteAnswer(const Scenario&, const SuiteTest&)>;

struct SuiteCount {
  int tests = 0, passed = 0;
  int explanations = 0, explained = 0;
};

// A failed test becomes a doctest failure that says what was wanted and what came.
SuiteCount run_suite(std::string_view file, const SuiteCheck& check);

}  // namespace support
