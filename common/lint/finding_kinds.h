// The table of all findings that an examination can make. The findings, the JSON object and spf-lint(7) are made from it.
//
// To add one: a row in finding_kinds_*.cc, the code in the file of its family (findings.h) that calls Findings::add() with its
// id, and a pair of records in t/unit. The row's examples are a pair too; a test examines them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace lint {

enum class Severity : std::uint8_t {
  info,     // tidiness
  warning,  // weak or fragile
  error,    // legitimate mail fails, or every client passes
};

// Returns "error", "warning" or "info".
std::string_view severity_name(Severity severity);

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

// Returns the table, in the order of the families: P (publication), S, B, L, K and C (the site around the record).
std::span<const FindingKind> finding_kinds();
// Returns the row with this id; throws std::out_of_range if there is none.
const FindingKind& finding_kind(std::string_view id);

}  // namespace lint
