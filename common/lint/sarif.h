// Reports of examinations as a log of SARIF 2.1.0 (OASIS), which CI systems read.
#pragma once

#include <string>
#include <string_view>

#include "common/lint/lint.h"

namespace lint {

// A log consists of the beginning, the runs separated by commas, and the end. It is one object (RFC 8259) of printable US-ASCII.
inline constexpr std::string_view kSarifBegin =
    R"({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [)";
inline constexpr std::string_view kSarifEnd = "]}\n";

// Returns the run of one report: the kinds of findings as rules, the findings as results, and everything that could not be found
// out as notifications. A record is named by its URI (RFC 4501). It has at most kMaxSarif bytes.
std::string sarif_run(const Report& report);
inline constexpr std::size_t kMaxSarif = std::size_t{4} << 20;

}  // namespace lint
