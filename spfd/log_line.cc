#include "spfd/log_line.h"

#include <syslog.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <ctime>

#include "common/base/printable.h"
#include "common/base/text.h"

namespace spfd {

namespace {

// Maximum size of a value, and the size that few lines exceed, in bytes.
constexpr std::size_t kMaxValue = 256;
constexpr std::size_t kUsualLine = 320;

LogTarget g_form_target = LogTarget::standard_error;
LogFormat g_format = LogFormat::text;
// journald adds the time to each line.
const bool g_is_journal = std::getenv("JOURNAL_STREAM") != nullptr;

std::size_t index_of(LogLevel level) { return static_cast<std::size_t>(level); }

// Appends the time, such as "2026-11-21T21:33:25.208Z".
void add_utc_time(base::Appender& out) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);  // accurate to a few milliseconds, and cheap
  // The text of the last second that was written, reused until the next second.
  thread_local std::time_t shown = -1;
  thread_local std::array<char, 24> text{};
  if (now.tv_sec != shown) {
    std::tm parts{};
    gmtime_r(&now.tv_sec, &parts);
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.", &parts);
    shown = now.tv_sec;
  }
  const auto thousandths = static_cast<unsigned long>(now.tv_nsec / 1'000'000);
  out.add(text.data());
  out.add(thousandths < 10 ? "00" : thousandths < 100 ? "0" : "");
  out.add_number(thousandths);
  out.add('Z');
}

}  // namespace

void set_log_form(LogTarget target, LogFormat format) {
  g_form_target = target;
  g_format = format;
}

int syslog_priority(LogLevel level) {
  constexpr std::array<int, 4> kPriorities = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};
  return kPriorities[index_of(level)];
}

LogLine::LogLine(LogLevel level, std::string& lines) : out_(lines, kUsualLine) {
  if (g_form_target == LogTarget::syslog) {
    out_.add(static_cast<char>('0' + index_of(level)));
  } else if (g_is_journal) {
    out_.add('<');
    out_.add_number(static_cast<unsigned long>(syslog_priority(level)));
    out_.add('>');
  } else if (g_format == LogFormat::text) {
    add_utc_time(out_);
    out_.add(" spfd ");
    out_.add(level_name(level));
    out_.add(": ");
  }
  if (g_format == LogFormat::text) return;
  out_.add("{\"level\":\"");
  out_.add(level_name(level));
  out_.add('"');
  if (g_form_target == LogTarget::syslog || g_is_journal) return;
  out_.add(",\"time\":\"");
  add_utc_time(out_);
  out_.add('"');
}

LogLine::~LogLine() {
  if (g_format == LogFormat::json) out_.add('}');
  out_.add('\n');
}

void LogLine::text(std::string_view text) {
  if (g_format == LogFormat::text) return out_.add_printable(text);
  begin_value("message=");
  out_.add('"');
  out_.add_escaped(base::printable(text));
  out_.add('"');
}

void LogLine::word(std::string_view key, std::string_view value) {
  begin_value(key);
  if (g_format == LogFormat::json) out_.add('"');
  out_.add(value);
  if (g_format == LogFormat::json) out_.add('"');
}

// Adds the key as the log format requires.
void LogLine::begin_value(std::string_view key) {
  if (g_format == LogFormat::text) return out_.add(key);
  if (key.starts_with(' ')) key.remove_prefix(1);
  key.remove_suffix(1);
  out_.add(",\"");
  out_.add(key);
  out_.add("\":");
}

void LogLine::field(std::string_view key, std::string_view value) {
  begin_value(key);
  if (g_format == LogFormat::text && !value.empty() && value.size() <= kMaxValue &&
      base::all_printable<' ', '"', '\\', '='>(value))
    return out_.add(value);
  out_.add('"');
  if (value.size() <= kMaxValue && base::all_printable(value)) {
    out_.add_escaped(value);
  } else {
    out_.add_escaped(base::clip(value, kMaxValue));
  }
  out_.add('"');
}

void LogLine::number(std::string_view key, std::int64_t number) {
  begin_value(key);
  out_.add_number(static_cast<unsigned long>(std::max<std::int64_t>(number, 0)));
}

}  // namespace spfd
