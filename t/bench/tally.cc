#include "t/bench/tally.h"

#include <fmt/core.h>

#include <algorithm>

#include "t/bench/cpu.h"

namespace bench {

void Tally::start() {
  cpu_ = cpu_seconds(pid_);
  start_ = Clock::now();
}

void Tally::stop() {
  seconds_ = std::chrono::duration<double>(Clock::now() - start_).count();
  cpu_ = cpu_seconds(pid_) - cpu_;
}

std::string Tally::json(const std::string& label) {
  std::sort(latencies_.begin(), latencies_.end());
  const auto quantile = [&](double q) {
    if (latencies_.empty()) return 0.0;
    return static_cast<double>(latencies_[static_cast<std::size_t>(q * static_cast<double>(latencies_.size() - 1))]) * 1e6;
  };
  const auto count = static_cast<double>(std::max<std::size_t>(latencies_.size(), 1));
  return fmt::format(
      R"({{"label": "{}", "questions": {}, "wrong": {}, "again": {}, "lost": {}, "seconds": {:.4f}, "rate": {:.0f}, )"
      R"("cpu_us": {:.3f}, )"
      R"("p50_us": {:.1f}, "p99_us": {:.1f}, "p999_us": {:.1f}}})",
      label, latencies_.size(), wrong_, again_, lost_, seconds_, seconds_ > 0 ? count / seconds_ : 0, cpu_ * 1e6 / count,
      quantile(0.5), quantile(0.99), quantile(0.999));
}

}  // namespace bench
