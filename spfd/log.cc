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

std::string utc_time() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  std::tm parts{};
  gmtime_r(&now.tv_sec, &parts);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:03}Z", std::string_view(text.data(), size), now.tv_nsec / 1'000'000);
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
  const auto index = static_cast<std::size_t>(level);
  const std::string safe = base::printable(text);
  if (g_target == LogTarget::syslog) {
    syslog(kPriorities[index], "%s", safe.c_str());
    return;
  }
  const std::string line = g_is_journal ? fmt::format("<{}>{}\n", kPriorities[index], safe)
                                        : fmt::format("{} spfd {}: {}\n", utc_time(), kLevelNames[index], safe);
  // A log that cannot be written is no reason to stop answering.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

void append_field(std::string& line, std::string_view key, std::string_view value) {
  line += ' ';
  line += key;
  line += '=';
  const bool is_cut = value.size() > kMaxValue;
  const std::string safe = base::printable(value.substr(0, kMaxValue));
  const bool is_word = !safe.empty() && safe.find_first_of(" \"\\=") == std::string::npos && !is_cut;
  if (is_word) {
    line += safe;
    return;
  }
  line += '"';
  for (const char c : safe) {
    if (c == '"' || c == '\\') line += '\\';
    line += c;
  }
  line += is_cut ? "...\"" : "\"";
}

}  // namespace spfd
