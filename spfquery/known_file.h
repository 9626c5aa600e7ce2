// The file of networks and platforms that many customers share (K05, K06 of spf-lint(7)).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/lint/known_networks.h"

namespace spfquery {

// Reads the file at `path`, or the file of the package if no path is given. Returns null if the file cannot be used; this is
// reported only for a given path.
std::shared_ptr<const lint::KnownNetworks> read_known_networks(const std::optional<std::string>& path);

}  // namespace spfquery
