// The log: one line per event, to stderr or syslog. May be used from any thread. Never blocks while a LogThread lives.
#pragma once

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "spfd/config/log_level.h"
#include "spfd/log_line.h"
#include "spfd/log_writer.h"

namespace spfd {

// Chooses target and format; until then they are stderr and text, at level info. To be called before the first thread starts.
void open_log(LogTarget target, const std::string& syslog_facility, LogFormat format = LogFormat::text);
void set_log_level(LogLevel level);
bool log_enabled(LogLevel level);

// While it lives, a LogWriter writes the log; lines wait until start(). To be destroyed after all other threads have ended.
class LogThread {
 public:
  LogThread();
  ~LogThread();
  LogThread(const LogThread&) = delete;
  LogThread& operator=(const LogThread&) = delete;

  void start() { writer_.start(); }  // throws std::system_error if the thread cannot be started

 private:
  LogWriter writer_;
};
// Returns the number of lines that were lost because the log could not be written in time.
std::uint64_t lost_log_lines();

void log_line(LogLevel level, std::string_view text);
// Logs at any level, because the operator asked for it.
void log_requested(std::string_view text);

// While it lives, the lines that log() and log_requested() write in this thread are copied, without time and level. One per
// thread.
class LogCopy {
 public:
  LogCopy();
  ~LogCopy();
  LogCopy(const LogCopy&) = delete;
  LogCopy& operator=(const LogCopy&) = delete;

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Writes the first `bytes` bytes of `lines`, which are whole lines, and removes them.
void write_lines(std::string& lines, std::size_t bytes);

template <class... Args>
void log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(level)) log_line(level, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace spfd
