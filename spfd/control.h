// The control socket: its worker, and the orders that come from it (control_desk.h, commands.h).
//
// The worker has a thread, connections and limits of its own, so that commands are answered even if all other workers are busy or
// have no room for connections. It shares the cache with them.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "spfd/commands.h"
#include "spfd/connection_limit.h"
#include "spfd/control_desk.h"
#include "spfd/listener.h"
#include "spfd/turns.h"
#include "spfd/worker.h"

namespace spfd {

class Control {
 public:
  // Connections at a time; none of them counts in max-connections.
  static constexpr int kMostConnections = 16;

  // `listeners` must outlive it. `wake` is called, from another thread, when orders have come or the worker has ended.
  Control(const std::vector<Listener>& listeners, ControlUsers users, std::function<void()> wake,
          std::shared_ptr<io::Cache> cache, const io::ResolverOptions& dns, std::shared_ptr<const Snapshot> snapshot);

  void start();
  [[nodiscard]] Worker& worker() { return worker_; }
  // Carries out the orders that have come.
  void carry_out(Commanded& commanded);
  // Accepts no more connections, and waits until the answers are written; has_ended() then becomes true.
  void end();
  [[nodiscard]] bool has_ended() const { return has_ended_; }

 private:
  const std::vector<Listener>& listeners_;
  const std::function<void()> wake_;
  ControlDesk desk_;
  ConnectionLimit limit_{kMostConnections};
  Turns turns_{1, [] {}};
  std::atomic<bool> has_ended_{false};
  Worker worker_;
};

}  // namespace spfd
