// A line of the log in the form that was chosen: text or JSON, for stderr, the journal or syslog.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/appender.h"
#include "spfd/config/log_level.h"

namespace spfd {

// Chooses the form of all lines; until then it is text for stderr. To be called before the first thread starts.
void set_log_form(LogTarget target, LogFormat format);

// Returns the level's priority in syslog(3), which the journal uses too.
int syslog_priority(LogLevel level);

// A line that is built piece by piece at the end of `lines`. While it lives, nothing else may use `lines`. In JSON (RFC 8259) it
// is an object: a key such as " door=" is written as "door", and text without a key as "message".
class LogLine {
 public:
  LogLine(LogLevel level, std::string& lines);
  ~LogLine();
  LogLine(const LogLine&) = delete;
  LogLine& operator=(const LogLine&) = delete;

  // Appends text with control characters and 8-bit bytes escaped, so that no value can forge a line.
  void text(std::string_view text);
  // Appends a key such as " door=" and a value of our own choice.
  void word(std::string_view key, std::string_view value);
  // Appends a key and a value that may come from outside: in quotes if necessary, and cut at a length suitable for a log.
  void field(std::string_view key, std::string_view value);
  void field_if_any(std::string_view key, std::string_view value) {
    if (!value.empty()) field(key, value);
  }
  void number(std::string_view key, std::int64_t number);

 private:
  void begin_value(std::string_view key);

  base::Appender out_;
};

}  // namespace spfd
