// The report of an examination, for people: the tree of records, a summary, and each finding with what to do; or one line.
#pragma once

#include <string>

#include "common/lint/lint.h"
#include "spfquery/tree.h"

namespace spfquery {

std::string report_text(const lint::Report& report, const TreeStyle& style);

// Returns one line: the domain, the ids that were found by severity, the DNS terms of a check, and what is not known.
std::string report_line(const lint::Report& report);

}  // namespace spfquery
