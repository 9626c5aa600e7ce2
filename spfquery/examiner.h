// spfquery --lint: asks DNS what examinations need, and prints their reports.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/dns/zone.h"
#include "common/io/loop.h"
#include "spfquery/options.h"

namespace spfquery {

inline constexpr int kExitErrors = 1;       // there are findings of severity error
inline constexpr int kExitIncomplete = 75;  // DNS did not answer everything, or the output could not be written
inline constexpr int kExitLintUsage = 64;

// Returns whether these words ask for an examination, even if they are not a valid command line.
bool is_examination(const std::vector<std::string>& words);

// Examines the domains of Options::examined, or those in the lines of Options::examined_file, and prints the reports; returns the
// exit code. An interrupt (SIGINT) ends waits for DNS and long computations: the reports list what is not known.
int examine(io::Loop& loop, const Options& options, std::shared_ptr<const dns::Zone> zone);

}  // namespace spfquery
