#include "spfd/log.h"

#include <syslog.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <ctime>

#include "common/base/text.h"

namespace spfd {

namespace {

constexpr std::size_t kMaxValue = 256;  // bytes

std::atomic<LogLevel> g_level{LogLevel::info};
LogTarget g_target = LogTarget::standard_error;
// journald puts the time to each line by itself.
const bool g_is_journal = std::getenv("JOURNAL_STREAM") != nullptr;

constexpr std::array<std::string_view, 4> kLevelNames = {"error", "warning", "info", "debug"};
constexpr std::array<int, 4> kPriorities = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};

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
void append_utc_time(std::string& out) {
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
  base::append(out, text.data(), milliseconds < 10 ? "00" : milliseconds < 100 ? "0" : "");
  base::append_number(out, milliseconds);
  out += "Z ";
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
  std::string line;
  collect_line(level, text, line);
  write_lines(line);
}

void collect_line(LogLevel level, std::string_view text, std::string& lines) {
  const auto index = static_cast<std::size_t>(level);
  if (g_target == LogTarget::syslog) {
    syslog(kPriorities[index], "%s", base::printable(text).c_str());
    return;
  }
  if (g_is_journal) {
    lines += '<';
    base::append_number(lines, static_cast<unsigned long>(kPriorities[index]));
    lines += '>';
  } else {
    append_utc_time(lines);
    base::append(lines, "spfd ", kLevelNames[index], ": ");
  }
  base::append_printable(lines, text);
  lines += '\n';
}

void write_lines(std::string& lines) {
  if (lines.empty()) return;
  // A log that cannot be written is no reason to stop answering.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, lines.data(), lines.size());
  lines.clear();
}

void append_field(std::string& line, std::string_view key, std::string_view value) {
  base::append(line, " ", key, "=");
  if (!value.empty() && value.size() <= kMaxValue && base::all_printable<' ', '"', '\\', '='>(value)) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value.substr(0, kMaxValue)) {
    if (c == '"' || c == '\\') line += '\\';
    line += base::is_printable(c) ? c : '?';
  }
  line += value.size() > kMaxValue ? "...\"" : "\"";
}

}  // namespace spfd
