// Decides which workers accept connections.
//
// All workers share the listening sockets. If all watched them, each connection would wake every worker, though only one can
// accept it. So only workers that have a turn watch, usually one:
//   - it keeps the turn as long as it answers at once and has no more connections than others;
//   - with more connections than another worker, it passes the turn to the worker that has the fewest;
//   - when it cannot empty the queue, another worker gets a turn, and so on until one finds the queue empty;
//   - when one task keeps it busy for long, another worker gets its turn. The main thread checks this (attend()) while
//     connections come, and sleeps otherwise.
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
  // The interval at which attend() should be called, and the time that a worker may spend on one task.
  static constexpr std::chrono::milliseconds kAttention{10};
  static constexpr std::size_t kMostWorkers = 64;

  // `wake` is called, from any thread, when attend() should be called regularly from now on.
  Turns(std::size_t workers, std::function<void()> wake);
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;
  ~Turns() = default;

  // Adds a worker; to be called before any worker runs. `changed` is called, from any thread, when has_turn() has changed.
  // `busy_for` returns how long the worker has been at its present task.
  void join(std::size_t worker, std::function<void()> changed, std::function<std::chrono::nanoseconds()> busy_for);

  [[nodiscard]] bool has_turn(std::size_t worker) const;
  // Count a connection that was not answered at once, and its end.
  void opened(std::size_t worker) { seats_[worker]->open.fetch_add(1, std::memory_order_relaxed); }
  void closed(std::size_t worker) { seats_[worker]->open.fetch_sub(1, std::memory_order_relaxed); }
  // Returns whether it has at least two connections more than another worker: then it should accept no more.
  [[nodiscard]] bool is_laden(std::size_t worker) const;
  // Records that a worker has looked for connections, whether it found one, and whether there may be more. Gives turns to the
  // workers that should have them now.
  void looked(std::size_t worker, bool found, bool may_be_more);
  // Gives the turns of workers that have been at one task for long to others. False: no connections come, so it need not be
  // called again before `wake`. To be called from one thread only.
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
  std::atomic<bool> has_untold_{false};  // lack of memory kept a worker from being notified
  std::atomic<unsigned long> found_{0};  // calls of looked() that found a connection
  unsigned long found_before_ = 0;       // found_ at the last attend()
  int quiet_ = 0;                        // calls of attend() since the last connection
};

}  // namespace spfd
