// A kind of finding: a row of the table of all findings (finding_kinds.h).
#pragma once

#include <cstdint>
#include <string_view>

namespace lint {

enum class Severity : std::uint8_t {
  info,     // tidiness
  warning,  // weak or fragile
  error,    // legitimate mail fails, or every client passes
};

// Returns "error", "warning" or "info".
constexpr std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::error: return "error";
    case Severity::warning: return "warning";
    case Severity::info: break;
  }
  return "info";
}

struct FindingKind {
  std::string_view id;
  Severity severity;         // the usual one
  std::string_view section;  // "RFC 7208 §4.5"
  std::string_view what;     // what is wrong; a sentence without its full stop
  std::string_view fix;      // what to do
  // A record of example.com that has the finding, or lines of its zone with options: see t/unit/lint_examples_test.cc.
  std::string_view example;
  std::string_view repaired;   // the most similar one without the finding
  std::string_view note = {};  // for the manual: the cases in which the severity differs
};

}  // namespace lint
