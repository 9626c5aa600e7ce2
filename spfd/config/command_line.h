// The command line of spfd, and the texts made from its table of options: --help and --dump-config.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "spfd/config/options.h"

namespace spfd {

// Parses the words that follow the program's name.
base::Result<std::vector<options::Setting>, StartError> parse_command_line(const std::vector<std::string>& words);

std::string help_text();
// Returns a configuration file with the values in force.
std::string dump_config(const Options& options);

}  // namespace spfd
