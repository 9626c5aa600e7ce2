// The report of spfquery --diff, for people.
#pragma once

#include <string>

#include "common/lint/comparison.h"

namespace spfquery {

// Returns the lookups before and after, then a paragraph for each set of clients whose result changes, then the findings that
// appear or disappear.
std::string comparison_text(const lint::Comparison& comparison);

}  // namespace spfquery
