// Which of the workers accept connections.
//
// All workers share the listening sockets. If all watched them, each connection would wake all, and all but one in vain. So only
// workers that have the turn watch, mostly one:
//   - it keeps the turn as long as it answers at once and keeps no more connections than others;
//   - with more connections than another, it passes the turn to the worker that has the fewest;
//   - when it cannot empty the queue, a further worker gets a turn, until one finds the queue empty;
//   - when it is held up by one task for long, another gets its turn: the main thread looks after that (attend()) while
//   connections
//     come, and sleeps otherwise.
// May be called from any thread.
#pragma once

#include <atomic>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "common/io/guarded.h"

namespace spfd {

class Turns {
 public:
  // How often attend() should be called, and for how long a worker may be at one task.
  static constexpr std::chrono::milliseconds kAttention{10};

  // `wake`: called from any thread when attend() should be called from now on.
  static constexpr std::size_t kMostWorkers = 64;
  Turns(std::size_t workers, std::function<void()> wake);
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // Before any worker runs. `changed` is called, from any thread, when has_turn() has changed; `busy_for` tells for how long the
  // worker has been at one task.
  void join(std::size_t worker, std::function<void()> changed, std::function<std::chrono::nanoseconds()> busy_for);

  [[nodiscard]] bool has_turn(std::size_t worker) const;
  // A connection that was not answered at once, and its end.
  void opened(std::size_t worker) { seats_[worker]->open.fetch_add(1, std::memory_order_relaxed); }
  void closed(std::size_t worker) { seats_[worker]->open.fetch_sub(1, std::memory_order_relaxed); }
  // It has more connections than another by two or more: it should accept no further one.
  [[nodiscard]] bool is_laden(std::size_t worker) const;
  // A worker has looked for connections: whether it found one, and whether there may be more. Gives turns to those who should
  // have them now.
  void looked(std::size_t worker, bool found, bool may_be_more);
  // Gives the turns of workers that have been at one task for long to others. False: no connections come, so that it need not be
  // called before `wake`. Only from one thread.
  bool attend();

 private:
  struct Seat {
    std::atomic<int> open{0};
    std::atomic<bool> has_turn{false};
    std::function<void()> changed = {};
    std::function<std::chrono::nanoseconds()> busy_for = {};
  };
  struct State {
    std::size_t turns = 1;  // given
  };
  using Changed = std::bitset<kMostWorkers>;

  [[nodiscard]] int open(std::size_t worker) const { return seats_[worker]->open.load(std::memory_order_relaxed); }
  [[nodiscard]] std::optional<std::size_t> best_without(std::chrono::nanoseconds patience) const;
  void relieve();
  void set(State& state, std::size_t worker, bool on, Changed& changed);
  void tell(const Changed& changed) noexcept;

  std::vector<std::unique_ptr<Seat>> seats_;
  io::Guarded<State> state_;
  std::function<void()> wake_;
  std::atomic<bool> is_attended_{false};
  std::atomic<bool> has_untold_{false};  // there was no memory to tell somebody
  std::atomic<unsigned long> found_{0};  // calls of looked() that found a connection
  unsigned long found_before_ = 0;       // of the last attend()
  int quiet_ = 0;                        // calls of attend() since there was one
};

}  // namespace spfd
