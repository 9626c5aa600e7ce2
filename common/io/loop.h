// RAII over libevent: an event loop, timers, and watched descriptors. One thread a loop, except for wake().
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "common/base/guarded.h"

struct event;
struct event_base;

namespace io {

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until stop().
  void run();
  void stop();
  // Runs `task` in the loop's thread, soon. May be called from any thread.
  void post(std::function<void()> task);

  // Monotonic, read once a turn of the loop.
  [[nodiscard]] std::chrono::steady_clock::time_point now() const;
  [[nodiscard]] event_base* base() const { return base_; }

 private:
  void run_posted();

  event_base* base_;
  int wake_fd_;
  event* wake_event_;
  base::Guarded<std::vector<std::function<void()>>> posted_;
};

// Calls back once after a time; may be set again, also from its callback.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> callback);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void set(std::chrono::milliseconds after);
  void cancel();

 private:
  std::function<void()> callback_;
  event* event_;
};

// Calls back while a descriptor is readable / writable. Does not own the descriptor.
class Watch {
 public:
  enum What : short { readable = 0x02, writable = 0x04 };  // EV_READ, EV_WRITE

  Watch(Loop& loop, int fd, What what, std::function<void()> callback);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void enable();
  void disable();

 private:
  std::function<void()> callback_;
  event* event_;
  bool enabled_ = false;
};

}  // namespace io
