// The log: one line an event, to stderr or syslog. May be used from any thread; a line is one write.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "spfd/options.h"

namespace spfd {

// Until then: stderr, level info. To be called before the first thread starts.
void open_log(LogTarget target, const std::string& syslog_facility);
void set_log_level(LogLevel level);
bool log_enabled(LogLevel level);

// Control characters and 8-bit bytes become '?', so that nobody forges a line.
void log_line(LogLevel level, std::string_view text);

// The same in two steps, for who has many lines to write: the first adds the line to `lines` (syslog gets it at once), the second
// writes and clears them.
void collect_line(LogLevel level, std::string_view text, std::string& lines);
void write_lines(std::string& lines);

template <class... Args>
void log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(level)) log_line(level, fmt::format(format, std::forward<Args>(args)...));
}

// "key=value" with a blank before it, in quotes where the value needs it, cut at a length fit for a log. For values that a
// stranger chose.
void append_field(std::string& line, std::string_view key, std::string_view value);

}  // namespace spfd
