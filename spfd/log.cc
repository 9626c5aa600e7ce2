#include "spfd/log.h"

#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <ctime>

#include "common/base/text.h"

namespace spfd {

namespace {

// Bytes.
constexpr std::size_t kMaxValue = 256;
constexpr std::size_t kUsualLine = 320;

std::atomic<LogLevel> g_level{LogLevel::info};
LogTarget g_target = LogTarget::standard_error;
// journald puts the time to each line by itself.
const bool g_is_journal = std::getenv("JOURNAL_STREAM") != nullptr;

constexpr std::array<std::string_view, 4> kLevelNames = {"error", "warning", "info", "debug"};
constexpr std::array<int, 4> kPriorities = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};

std::size_t index_of(LogLevel level) { return static_cast<std::size_t>(level); }

int facility_number(std::string_view name) {
  constexpr std::array<int, 8> kLocals = {LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2, LOG_LOCAL3,
                                          LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};
  if (name == "daemon") return LOG_DAEMON;
  if (name == "user") return LOG_USER;
  if (name.starts_with("local") && name.size() == 6 && name[5] >= '0' && name[5] <= '7')
    return kLocals[static_cast<std::size_t>(name[5] - '0')];
  return LOG_MAIL;
}

// "2026-11-21T21:33:25.208Z "
void add_utc_time(base::Appender& out) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);  // right to a few milliseconds, and cheap
  // The date changes once a second only.
  thread_local std::time_t shown = -1;
  thread_local std::array<char, 24> text{};
  if (now.tv_sec != shown) {
    std::tm parts{};
    gmtime_r(&now.tv_sec, &parts);
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.", &parts);
    shown = now.tv_sec;
  }
  const auto milliseconds = static_cast<unsigned long>(now.tv_nsec / 1'000'000);
  out.add(text.data());
  out.add(milliseconds < 10 ? "00" : milliseconds < 100 ? "0" : "");
  out.add_number(milliseconds);
  out.add("Z ");
}

}  // namespace

void open_log(LogTarget target, const std::string& syslog_facility) {
  g_target = target;
  if (target == LogTarget::syslog) openlog("spfd", LOG_PID | LOG_NDELAY, facility_number(syslog_facility));
}

void set_log_level(LogLevel level) { g_level.store(level, std::memory_order_relaxed); }

bool log_enabled(LogLevel level) { return level <= g_level.load(std::memory_order_relaxed); }

void log_line(LogLevel level, std::string_view text) {
  if (!log_enabled(level)) return;
  std::string lines;
  LogLine(level, lines).text(text);
  write_lines(lines, lines.size());
}

LogLine::LogLine(LogLevel level, std::string& lines) : level_(level), out_(lines, kUsualLine) {
  if (g_target == LogTarget::syslog) return;
  if (g_is_journal) {
    out_.add('<');
    out_.add_number(static_cast<unsigned long>(kPriorities[index_of(level)]));
    out_.add('>');
  } else {
    add_utc_time(out_);
    out_.add("spfd ");
    out_.add(kLevelNames[index_of(level)]);
    out_.add(": ");
  }
}

LogLine::~LogLine() {
  if (g_target != LogTarget::syslog) {
    out_.add('\n');
    return;
  }
  const std::string_view line = out_.added();
  syslog(kPriorities[index_of(level_)], "%.*s", static_cast<int>(line.size()), line.data());
  out_.take_back();
}

void LogLine::field(std::string_view key, std::string_view value) {
  out_.add(key);
  if (!value.empty() && value.size() <= kMaxValue && base::all_printable<' ', '"', '\\', '='>(value)) return out_.add(value);
  out_.add('"');
  out_.add_escaped(value.substr(0, kMaxValue));
  out_.add(value.size() > kMaxValue ? "...\"" : "\"");
}

void LogLine::number(std::string_view key, std::int64_t number) {
  out_.add(key);
  out_.add_number(static_cast<unsigned long>(std::max<std::int64_t>(number, 0)));
}

void write_lines(std::string& lines, std::size_t bytes) {
  if (bytes == 0) return;
  // A log that cannot be written is no reason to stop answering.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, lines.data(), bytes);
  lines.erase(0, bytes);
}

}  // namespace spfd
