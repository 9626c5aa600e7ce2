// spfquery --lint: asks DNS what an examination needs, and prints its report.
#pragma once

#include <memory>

#include "common/dns/zone.h"
#include "common/io/loop.h"
#include "spfquery/options.h"

namespace spfquery {

inline constexpr int kExitErrors = 1;       // there are findings of severity error
inline constexpr int kExitIncomplete = 75;  // DNS did not answer everything, or the output could not be written
inline constexpr int kExitLintUsage = 64;

// Returns whether these words ask for an examination, even if they are not a valid command line.
bool is_examination(const std::vector<std::string>& words);

// Examines Options::examined and prints the report; returns the exit code. An interrupt (SIGINT) ends the wait for DNS: the
// report says what is not known.
int examine(io::Loop& loop, const Options& options, std::shared_ptr<const dns::Zone> zone);

}  // namespace spfquery
