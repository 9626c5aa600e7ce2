// An event loop, timers and watched descriptors: RAII over libevent.
//
// One thread per loop; only Inbox::post() and Loop::post() may be called from other threads. Timers and watches must be destroyed
// before their loop; they may be destroyed from their own callbacks.
#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/io/descriptor.h"
#include "common/io/guarded.h"

struct event;
struct event_base;

namespace io {

// The tasks that other threads give to a loop. Tasks posted after the loop has been destroyed are dropped.
class Inbox {
 public:
  using Task = std::function<void()>;

  Inbox();

  // Runs `task` soon in the loop's thread, never from within this call. May be called from any thread.
  void post(Task task);

 private:
  friend class Loop;
  struct State {
    std::vector<Task> tasks;
    bool closed = false;
  };

  std::vector<Task> take();
  void close();

  Descriptor wake_;  // an eventfd
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
  // Stops the loop. To be called in the loop's thread while it runs; other threads post the call.
  void stop();
  // Sets the handler of exceptions that leave callbacks and posted tasks, such as std::bad_alloc, since they cannot pass through
  // libevent, which is C. Without a handler they end the program. The handler must not throw.
  void on_exception(std::function<void(const std::exception&)> handler) { exception_handler_ = std::move(handler); }
  void post(Inbox::Task task) { inbox_->post(std::move(task)); }

  [[nodiscard]] const std::shared_ptr<Inbox>& inbox() const { return inbox_; }
  // Returns the monotonic time; in a callback of the loop, the time at which the callback began, since reading the clock costs
  // time.
  [[nodiscard]] std::chrono::steady_clock::time_point now() const { return now_ ? *now_ : std::chrono::steady_clock::now(); }
  // Returns how long the present callback has been running; 0: none is running. May be called from any thread.
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
  std::optional<std::chrono::steady_clock::time_point> now_;  // set while a callback runs
  std::function<void(const std::exception&)> exception_handler_;
  std::atomic<std::chrono::steady_clock::rep> busy_since_{0};  // the same for other threads; 0: no callback is running
};

// An event of the loop and its function. The function may destroy its owner, and so itself, while it runs; its captures live
// until it returns.
class Callback {
 public:
  // what: EV_READ and the like, for `fd`. With fd -1, only timers and event_active() call the function.
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
  bool* is_gone_ = nullptr;  // set while the function runs
};

// Calls back once after a time. May be set again, also from its callback.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> callback);

  // Throws std::bad_alloc.
  void set(std::chrono::milliseconds after);
  void cancel();

 private:
  Callback callback_;
};

// Calls back once, after all events that are ready now and before the loop waits again. So one system call may serve many
// callbacks.
class Afterwards {
 public:
  Afterwards(Loop& loop, std::function<void()> callback);

  // To be called in the loop's thread. Further calls before the callback have no effect.
  void set();

 private:
  Callback callback_;
};

// Calls back while a descriptor is readable or writable. Does not own the descriptor.
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
