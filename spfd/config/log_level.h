// Target and level of the log.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace spfd {

enum class LogTarget : std::uint8_t { standard_error, syslog };
enum class LogFormat : std::uint8_t { text, json };
enum class LogLevel : std::uint8_t { error, warning, info, debug };

constexpr std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::error: return "error";
    case LogLevel::warning: return "warning";
    case LogLevel::info: return "info";
    case LogLevel::debug: return "debug";
  }
  return "";
}
// Returns nothing for a word that is not a level.
constexpr std::optional<LogLevel> level_of(std::string_view name) {
  for (const LogLevel level : {LogLevel::error, LogLevel::warning, LogLevel::info, LogLevel::debug}) {
    if (level_name(level) == name) return level;
  }
  return {};
}

}  // namespace spfd
