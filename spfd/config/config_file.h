// The configuration file: TOML whose keys are the long options (spfd.conf(5)).
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "spfd/config/options.h"

namespace spfd {

// Parses the text of a file. Errors begin with "PATH:LINE:".
base::Result<FileSettings, StartError> parse_config(const std::string& text, const std::string& path);

// Returns the options in force: the words of the command line, and the file that --config names or the default file.
base::Result<Options, StartError> load_options(const std::vector<std::string>& words);

}  // namespace spfd
