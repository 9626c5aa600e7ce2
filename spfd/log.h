// The log: one line per event, to stderr or syslog. May be used from any thread, and waits for nobody once its writer runs.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/appender.h"
#include "spfd/log_level.h"
#include "spfd/log_writer.h"

namespace spfd {

// Until then: stderr, level info. To be called before the first thread starts.
void open_log(LogTarget target, const std::string& syslog_facility);
void set_log_level(LogLevel level);
bool log_enabled(LogLevel level);

// While it lives, a LogWriter writes the log. Destroyed after all other threads have ended.
class LogThread {
 public:
  LogThread();  // throws std::system_error when the thread cannot be had
  ~LogThread();
  LogThread(const LogThread&) = delete;
  LogThread& operator=(const LogThread&) = delete;

 private:
  LogWriter writer_;
};
// Lines that were lost, since the log could not be written in time.
std::uint64_t lost_log_lines();

void log_line(LogLevel level, std::string_view text);
// At any level: somebody has asked for it.
void log_requested(std::string_view text);

// A line that is put together piece by piece at the end of `lines`. While it lives, nobody else may touch `lines`.
class LogLine {
 public:
  LogLine(LogLevel level, std::string& lines);
  ~LogLine();
  LogLine(const LogLine&) = delete;
  LogLine& operator=(const LogLine&) = delete;

  // Control characters and 8-bit bytes are escaped, so that nobody forges a line.
  void text(std::string_view text) { out_.add_printable(text); }
  // key: " door=". A word of ours.
  void word(std::string_view key, std::string_view value) {
    out_.add(key);
    out_.add(value);
  }
  // The value, which a stranger may have chosen, is put in quotes where it needs them, and cut at a length fit for
  // a log.
  void field(std::string_view key, std::string_view value);
  void field_if_any(std::string_view key, std::string_view value) {
    if (!value.empty()) field(key, value);
  }
  void number(std::string_view key, std::int64_t number);

 private:
  base::Appender out_;
};
// Removes so many bytes of whole lines from the front, and writes them.
void write_lines(std::string& lines, std::size_t bytes);

template <class... Args>
void log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(level)) log_line(level, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace spfd
