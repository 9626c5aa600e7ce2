// spfd from its first socket to its last: starts the workers, waits for signals, reloads, stops.
#pragma once

#include <string>
#include <vector>

#include "spfd/options.h"

namespace spfd {

// Serves until SIGTERM or SIGINT. `words` is the command line, read again with the configuration file at SIGHUP.
// Returns the exit code; why it did not start is printed on stderr.
int run_server(const Options& options, const std::vector<std::string>& words);

// "spfd: MESSAGE" on stderr; returns the exit code.
int report(const StartError& error);

}  // namespace spfd
