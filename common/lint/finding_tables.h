// The parts of the table of all findings.
#pragma once

#include <span>

#include "common/lint/finding_kind.h"

namespace lint {

std::span<const FindingKind> publication_kinds();  // P
std::span<const FindingKind> record_kinds();       // S, B
std::span<const FindingKind> meaning_kinds();      // L, K, C

}  // namespace lint
