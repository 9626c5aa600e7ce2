// A clock for fuzz targets that drive the event loop: time passes only when the target advances it, and nothing waits.
//
// Every read of monotonic time, by std::chrono and libevent too, calls the clock_gettime() below, which replaces that of the C
// library. time() advances with it from a day in 2020. Other clocks are those of the kernel. Only one source file of a program
// may include this header.
#pragma once

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <chrono>

namespace fuzz {

inline std::chrono::nanoseconds virtual_time = std::chrono::hours(1);

}  // namespace fuzz

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const bool is_monotonic = clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_MONOTONIC_RAW;
  if (!is_monotonic) return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(fuzz::virtual_time);
  time->tv_sec = seconds.count();
  time->tv_nsec = (fuzz::virtual_time - seconds).count();
  return 0;
}

extern "C" time_t time(time_t* out) noexcept {
  constexpr time_t kBegin = 1577836860;
  const time_t now = kBegin + std::chrono::duration_cast<std::chrono::seconds>(fuzz::virtual_time).count();
  if (out != nullptr) *out = now;
  return now;
}
