// The daemon from its first socket to its last: opens the sockets, starts the process (process.h), waits for signals, stops.
#pragma once

#include <string>
#include <vector>

#include "spfd/config/options.h"

namespace spfd {

// Serves until SIGTERM or SIGINT. `words` is the command line, parsed again with the configuration file at SIGHUP. Returns the
// exit code; if the daemon cannot start, the reason is printed on stderr.
int run_server(const Options& options, const std::vector<std::string>& words);

// Prints "spfd: MESSAGE" on stderr; returns the exit code.
int report(const StartError& error);

}  // namespace spfd
