// Limits log lines that clients or domains can cause, so that they do not fill the log. May be shared by threads.
#pragma once

#include <atomic>
#include <chrono>

namespace spfd {

class OnceAMinute {
 public:
  // Returns true at most once a minute.
  bool is_due(std::chrono::steady_clock::time_point now) {
    const auto at = now.time_since_epoch().count();
    auto next = next_.load(std::memory_order_relaxed);
    const auto after = (now + std::chrono::minutes(1)).time_since_epoch().count();
    return at >= next && next_.compare_exchange_strong(next, after, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::chrono::steady_clock::rep> next_{0};
};

}  // namespace spfd
