// The file of networks and platforms that many customers share (K05, K06 of spf-lint(7)).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/lint/known_networks.h"

namespace spfquery {

// Reads the file, or without a path that of the package. Null: there is no usable file; if a path was given, this is reported.
std::shared_ptr<const lint::KnownNetworks> read_known_networks(const std::optional<std::string>& path);

}  // namespace spfquery
