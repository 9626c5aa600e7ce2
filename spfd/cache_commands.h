// The commands of the control socket about names in the cache (spfctl(8)).
#pragma once

#include <optional>
#include <string_view>

#include "common/io/cache.h"
#include "common/protocol/codec.h"

namespace spfd {

// Removes the answers about a name, about ".ZONE", or "all".
protocol::ControlAnswer flush(io::Cache& cache, std::string_view what, protocol::Format format);
// Shows what the cache holds for a name: all types, or one.
protocol::ControlAnswer look_up(io::Cache& cache, std::string_view name, std::optional<std::string_view> type,
                                protocol::Format format);

}  // namespace spfd
