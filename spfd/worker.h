// A worker: a thread with its own event loop, DNS sockets, checks and connections. Workers share only the cache.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "common/io/cache.h"
#include "common/io/driver.h"
#include "common/io/loop.h"
#include "spfd/config/snapshot.h"
#include "spfd/connection.h"
#include "spfd/connection_limit.h"
#include "spfd/listener.h"
#include "spfd/peers.h"
#include "spfd/turns.h"

namespace spfd {

class Worker : public ConnectionOwner, public ConnectionHolder {
 public:
  // The listeners must live until the worker has ended, or drain() has called `accepted`.
  // `index`: its number among the workers that take turns.
  Worker(const std::vector<Listener>& listeners, Turns& turns, std::size_t index, ConnectionLimit& limit,
         std::shared_ptr<io::Cache> cache, const io::ResolverOptions& dns, std::shared_ptr<const Snapshot> snapshot);
  ~Worker() override;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Makes it the worker of the control socket; to be called before start().
  void serve_commands(ControlDesk& desk);
  // Starts the thread, which calls `finished` when it ends. `name`: of the thread, at most 15 bytes.
  void start(std::function<void()> finished, const char* name = "spfd worker");
  void join();

  // The following functions may be called from any thread; they take effect soon, in the worker's thread.
  void set_snapshot(std::shared_ptr<const Snapshot> snapshot);
  void set_name_servers(std::vector<io::NameServer> servers);
  void report_counters(std::function<void(const Counters&)> report);
  // Ends connections between their requests, or keeps them again (Shared::is_drained).
  void set_drained(bool on);
  void report_top(base::TopNames Tops::*which, std::function<void(const TopEntries&)> report);
  // Reports the connections of each peer.
  void report_peers(std::function<void(const Peers&)> report);
  void run_soon(std::function<void()> task);
  void report_connections(std::function<void(const std::vector<HeldConnection>&)> report) override;
  void displace(const std::vector<HeldConnection>& chosen) override;
  // Accepts the waiting connections and no more, and calls `accepted`, after which the listeners may be destroyed. Answers the
  // requests under way and ends, within 3 seconds.
  void drain(std::function<void()> accepted);
  // Ends at once; requests under way are dropped.
  void stop();

 private:
  void watch_listeners();
  void look_for_connections(const Listener& listener);
  // Returns false when the queue is empty.
  bool accept_some(const Listener& listener);
  void serve(io::Descriptor socket, protocol::Door door);
  bool refuse_stranger(const io::Descriptor& socket);
  void pause_accepting(std::chrono::milliseconds time);
  void connection_ended(Connection& connection) noexcept override;
  void hold_less() noexcept override;
  [[nodiscard]] std::string crowding(const Peer& client) const;
  void shed_heaviest();
  void reap();
  [[nodiscard]] std::vector<Connection*> open_connections() const;
  void begin_drain(const std::function<void()>& accepted);
  void end_drain();
  void stop_if_drained();

  Turns& turns_;
  const std::size_t index_;
  ConnectionLimit& limit_;
  const std::vector<Listener>& listeners_;
  io::Loop loop_;
  io::Driver driver_;
  Shared shared_;
  std::vector<std::unique_ptr<io::Watch>> accepting_;
  io::Timer resume_;
  io::Afterwards reaper_;
  io::Timer drain_timer_;
  bool is_paused_ = false;
  OnceAMinute complaint_;
  OnceAMinute heavy_;
  OnceAMinute stranger_;
  Connections connections_;
  Connections ended_;               // destroyed when none of them is on the call stack
  std::uint64_t last_id_ = 0;       // of a connection
  Connection* starting_ = nullptr;  // being started, not yet in connections_
  bool is_making_room_ = false;     // hold_less() is at work
  std::thread thread_;
};

}  // namespace spfd
