// The name that request=health asks DNS for (the option health-name).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/dns/name.h"

namespace spfd {

// RFC 6761 §6.4: names in .invalid do not exist.
inline constexpr std::string_view kHealthName = "*.invalid";

// Returns the name to ask for at `time`, in seconds: `name`, whose first label "*" is replaced by one that is different each
// second, so that no cache has the answer. None if that is not the name of a domain.
std::optional<dns::Name> health_name_at(std::string_view name, std::uint64_t time);

}  // namespace spfd
