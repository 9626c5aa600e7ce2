// The table of all findings that an examination can make. The findings, the JSON object and spf-lint(7) are made from it.
//
// To add one: a row in finding_kinds_*.cc, the code in the file of its family (findings.h) that calls Findings::add() with its
// id, and a pair of records in t/unit. The row's examples are a pair too; a test examines them.
#pragma once

#include <span>
#include <string_view>

#include "common/lint/finding_kind.h"

namespace lint {

// Returns the table, in the order of the families: P (publication), S, B, L, K and C (the site around the record).
std::span<const FindingKind> finding_kinds();
// Returns the row with this id; throws std::out_of_range if there is none.
const FindingKind& finding_kind(std::string_view id);

}  // namespace lint
