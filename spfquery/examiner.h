// spfquery --lint: asks DNS what examinations need, and prints their reports.
#pragma once

#include <memory>

#include "common/dns/zone.h"
#include "common/io/loop.h"
#include "spfquery/options.h"

namespace spfquery {

// Examines the domains of Options::examined, or those in the lines of Options::examined_file, and prints the reports; returns the
// exit code. An interrupt (SIGINT) ends waits for DNS and long computations: the reports list what is not known.
int examine(io::Loop& loop, const Options& options, std::shared_ptr<const dns::Zone> zone);

}  // namespace spfquery
