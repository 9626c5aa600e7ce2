// The file of networks and platforms that many customers share (K05, K06 of spf-lint(7)).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/lint/known_networks.h"

namespace spfquery {

using KnownFile = std::shared_ptr<const lint::KnownNetworks>;

// Reads the file at `path`, or ../share/spfd/lint-networks from the folder of the program if no path is given. Returns null if
// the file is too old, or if that of the package cannot be used; either is reported. The error is a sentence without its full
// stop.
base::Result<KnownFile, std::string> read_known_networks(const std::optional<std::string>& path);

}  // namespace spfquery
