// The report of an examination, for people: the tree of records, a summary, and each finding with what to do.
#pragma once

#include <string>

#include "common/lint/lint.h"
#include "spfquery/tree.h"

namespace spfquery {

std::string report_text(const lint::Report& report, const TreeStyle& style);

}  // namespace spfquery
