// The report of an examination, for people: the tree of records, a summary, and each finding with its repair; or one line. Also
// the explanation of a check.
#pragma once

#include <string>

#include "common/lint/lint.h"
#include "common/lint/why.h"
#include "spfquery/tree.h"

namespace spfquery {

std::string report_text(const lint::Report& report, const TreeStyle& style);

// Returns one line: the domain, the ids that were found by severity, the DNS terms of a check, and everything that is not known.
std::string report_line(const lint::Report& report);

// Returns the explanation, and the change as a line for a zone file. Its texts are made printable.
std::string why_text(const lint::Why& why, const TreeStyle& style);

}  // namespace spfquery
