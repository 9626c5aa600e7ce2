// Runs a loop in a test until a condition holds, with a time limit.
#pragma once

#include <chrono>
#include <functional>

#include "common/io/loop.h"

namespace support {

inline constexpr std::chrono::seconds kGenerous{30};

// Checks the condition each millisecond. Returns false if it did not hold in time.
inline bool run_until(io::Loop& loop, const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + kGenerous;
  bool result = holds();
  if (result) return true;
  io::Timer timer(loop, [&] {
    result = holds();
    if (result || std::chrono::steady_clock::now() > end) {
      loop.stop();
    } else {
      timer.set(std::chrono::milliseconds{1});
    }
  });
  timer.set(std::chrono::milliseconds{0});
  loop.run();
  return result;
}

}  // namespace support
