// Target and level of the log.
#pragma once

#include <cstdint>

namespace spfd {

enum class LogTarget : std::uint8_t { standard_error, syslog };
enum class LogLevel : std::uint8_t { error, warning, info, debug };

}  // namespace spfd
