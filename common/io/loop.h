// RAII over libevent: an event loop, timers, and watched descriptors.
//
// One thread a loop; only Inbox::post() and Loop::post() may be called from others. Timers and watches must be gone before
// their loop; they may be destroyed from within their own callbacks.
#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/io/guarded.h"

struct event;
struct event_base;

namespace io {

// The tasks that other threads give to a loop. Whoever holds it may post also when the loop is gone: the task is dropped.
class Inbox {
 public:
  using Task = std::function<void()>;

  Inbox();
  ~Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // Runs `task` in the loop's thread, soon, and never from within this call. May be called from any thread.
  void post(Task task);

 private:
  friend class Loop;
  struct State {
    std::vector<Task> tasks;
    bool closed = false;
  };

  std::vector<Task> take();
  void close();

  int wake_fd_;
  Guarded<State> state_;
};

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until stop().
  void run();
  // From the loop's own thread, while it runs; others post it.
  void stop();
  // Takes the exceptions that leave callbacks and posted tasks, std::bad_alloc above all: libevent is C, and they cannot pass
  // through it. Without a handler they end the program. The handler must not throw.
  void on_exception(std::function<void(const std::exception&)> handler) { exception_handler_ = std::move(handler); }
  void post(Inbox::Task task) { inbox_->post(std::move(task)); }

  [[nodiscard]] const std::shared_ptr<Inbox>& inbox() const { return inbox_; }
  // Monotonic. In a callback of the loop it is the time at which that began: looking at the clock is not free.
  [[nodiscard]] std::chrono::steady_clock::time_point now() const { return now_ ? *now_ : std::chrono::steady_clock::now(); }
  // For how long the callback that runs now has been running; 0: none runs. May be called from any thread.
  [[nodiscard]] std::chrono::nanoseconds busy_for() const;
  [[nodiscard]] event_base* base() const { return base_; }

 private:
  friend class Callback;
  void begin_callback();
  void end_callback();
  void run_posted();
  void call(const std::function<void()>& function) noexcept;

  event_base* base_;
  std::shared_ptr<Inbox> inbox_;
  event* wake_event_;
  std::optional<std::chrono::steady_clock::time_point> now_;  // while a callback runs
  std::function<void(const std::exception&)> exception_handler_;
  std::atomic<std::chrono::steady_clock::rep> busy_since_{0};  // the same for other threads; 0: none runs
};

// An event of the loop, and what it calls: a function that may destroy its owner, and with it itself, while it runs; what it
// captured lives until it returns.
class Callback {
 public:
  // what: EV_READ and the like, for `fd`; without it (fd -1), only timers and event_active() call.
  Callback(Loop& loop, int fd, short what, std::function<void()> function);
  ~Callback();
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;

  [[nodiscard]] event* get() const { return event_; }

 private:
  void call();

  Loop& loop_;
  std::function<void()> function_;
  event* event_;
  bool* is_gone_ = nullptr;  // set while it runs
};

// Calls back once after a time; may be set again, also from its callback.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> callback);

  // Throws std::bad_alloc.
  void set(std::chrono::milliseconds after);
  void cancel();

 private:
  Callback callback_;
};

// Calls back once, when all that is ready now has been served, and before the loop waits again. One system call may then serve
// what many callbacks left.
class Afterwards {
 public:
  Afterwards(Loop& loop, std::function<void()> callback);

  // To be called in the loop's thread; once more is no more than once.
  void set();

 private:
  Callback callback_;
};

// Calls back while a descriptor is readable / writable. Does not own the descriptor.
class Watch {
 public:
  enum What : short { readable = 0x02, writable = 0x04 };  // EV_READ, EV_WRITE

  Watch(Loop& loop, int fd, What what, std::function<void()> callback);

  // Throws std::bad_alloc.
  void enable();
  void disable();

 private:
  Callback callback_;
  bool enabled_ = false;
};

}  // namespace io
