// The configuration file: TOML whose keys are the long options (spfd.conf(5)).
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "spfd/options.h"

namespace spfd {

// What a file's text says. Errors begin with "PATH:LINE:".
base::Result<FileSettings, StartError> parse_config(const std::string& text, const std::string& path);

// From the words of the command line to the options in force: with the file that --config names, or the default one.
base::Result<Options, StartError> load_options(const std::vector<std::string>& words);

}  // namespace spfd
