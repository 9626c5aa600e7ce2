#include "spfd/log.h"

#include <limits.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>

#include "common/base/printable.h"

namespace spfd {

namespace {

std::atomic<LogLevel> g_level{LogLevel::info};
std::atomic<LogWriter*> g_writer{nullptr};
thread_local std::string* t_copy = nullptr;  // see LogCopy
LogTarget g_target = LogTarget::standard_error;

int facility_number(std::string_view name) {
  constexpr std::array<int, 8> kLocals = {LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2, LOG_LOCAL3,
                                          LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};
  if (name == "daemon") return LOG_DAEMON;
  if (name == "user") return LOG_USER;
  if (name.starts_with("local") && name.size() == 6 && name[5] >= '0' && name[5] <= '7')
    return kLocals[static_cast<std::size_t>(name[5] - '0')];
  return LOG_MAIL;
}

// Writes the first line, which begins with the digit of its level (LogLine). Returns the size of what was written.
std::size_t write_to_syslog(std::string_view lines) {
  const std::size_t end = std::min(lines.find('\n'), lines.size());
  if (end > 0) {
    const auto level = std::min(static_cast<std::size_t>(lines.front() - '0'), static_cast<std::size_t>(LogLevel::debug));
    ::syslog(syslog_priority(static_cast<LogLevel>(level)), "%.*s", static_cast<int>(end - 1), lines.data() + 1);
  }
  return std::min(end + 1, lines.size());
}

// Writes some lines. Returns how many bytes were written. A pipe takes up to PIPE_BUF bytes in one piece; lines of other writers
// might appear within a longer write.
std::size_t write_to_stderr(std::string_view lines) {
  if (lines.size() > PIPE_BUF) {
    const std::size_t last = lines.substr(0, PIPE_BUF).rfind('\n');
    lines = lines.substr(0, last == std::string_view::npos ? lines.find('\n') + 1 : last + 1);
  }
  ssize_t size = 0;
  do {
    size = ::write(STDERR_FILENO, lines.data(), lines.size());
  } while (size < 0 && errno == EINTR);
  return size > 0 ? static_cast<std::size_t>(size) : 0;
}

std::size_t write_some(std::string_view lines) {
  return g_target == LogTarget::syslog ? write_to_syslog(lines) : write_to_stderr(lines);
}

void write_out(std::string_view lines, bool is_urgent) {
  if (LogWriter* const writer = g_writer.load(std::memory_order_acquire)) return writer->put(lines, is_urgent);
  // Failures are ignored: the daemon continues without its log.
  for (std::size_t size = 1; !lines.empty() && size > 0; lines.remove_prefix(size)) size = write_some(lines);
}

void write_line(LogLevel level, std::string_view text) {
  std::string line;
  LogLine(level, line).text(text);
  if (t_copy != nullptr) {
    base::append_printable(*t_copy, text);
    *t_copy += '\n';
  }
  write_out(line, true);
}

}  // namespace

void open_log(LogTarget target, const std::string& syslog_facility, LogFormat format) {
  g_target = target;
  set_log_form(target, format);
  if (target == LogTarget::syslog) openlog("spfd", LOG_PID | LOG_NDELAY, facility_number(syslog_facility));
}

void set_log_level(LogLevel level) { g_level.store(level, std::memory_order_relaxed); }

LogThread::LogThread() : writer_(write_some) { g_writer.store(&writer_, std::memory_order_release); }

LogThread::~LogThread() { g_writer.store(nullptr, std::memory_order_release); }

LogCopy::LogCopy() { t_copy = &text_; }

LogCopy::~LogCopy() { t_copy = nullptr; }

std::uint64_t lost_log_lines() {
  const LogWriter* const writer = g_writer.load(std::memory_order_acquire);
  return writer == nullptr ? 0 : writer->lost();
}

bool log_enabled(LogLevel level) { return level <= g_level.load(std::memory_order_relaxed); }

void log_line(LogLevel level, std::string_view text) {
  if (log_enabled(level)) write_line(level, text);
}

void log_requested(std::string_view text) { write_line(LogLevel::info, text); }

void write_lines(std::string& lines, std::size_t bytes) {
  write_out(std::string_view(lines).substr(0, bytes), false);
  lines.erase(0, bytes);
}

}  // namespace spfd
