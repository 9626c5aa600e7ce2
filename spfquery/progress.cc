#include "spfquery/progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "common/options/program.h"

namespace spfquery {

namespace {

constexpr std::chrono::milliseconds kInterval{200};
constexpr std::uint64_t kWidth = 30;  // of the bar

}  // namespace

Progress::Progress(std::uint64_t total_bytes, Output output)
    : total_bytes_(total_bytes),
      is_on_(::isatty(STDERR_FILENO) == 1 && (output == Output::at_end || ::isatty(STDOUT_FILENO) == 0)),
      begin_(Clock::now()),
      next_(begin_ + kInterval) {}

void Progress::show(std::uint64_t requests, std::uint64_t bytes) {
  if (!is_on_) return;
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now + kInterval;
  std::string text = "\r";
  if (total_bytes_ != 0) {
    const std::uint64_t read = std::min(bytes, total_bytes_);
    const std::uint64_t filled = read * kWidth / total_bytes_;
    text += fmt::format("[{:#<{}}{:.<{}}] {:3}%  ", "", filled, "", kWidth - filled, read * 100 / total_bytes_);
  }
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  text += fmt::format("{} answered, {:.0f} a second\x1b[K", requests, static_cast<double>(requests) / seconds);
  options::say(text);
  is_shown_ = true;
}

void Progress::clear() {
  if (is_shown_) options::say("\r\x1b[K");
  is_shown_ = false;
}

}  // namespace spfquery
