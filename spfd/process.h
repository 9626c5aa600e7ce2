// The running process: its workers, what they share, and the configuration in force. Acts on all of them, for the commands of the
// control socket and for signals; server.h decides when it starts and when it stops.
//
// All functions are for the main thread. Workers call `wake` to report to it.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/io/cache.h"
#include "common/io/name_server.h"
#include "spfd/cache_keeper.h"
#include "spfd/commands.h"
#include "spfd/config/options.h"
#include "spfd/config/snapshot.h"
#include "spfd/config/start_error.h"
#include "spfd/connection_limit.h"
#include "spfd/control.h"
#include "spfd/gathering.h"
#include "spfd/listener.h"
#include "spfd/name_servers.h"
#include "spfd/turns.h"
#include "spfd/worker.h"

namespace spfd {

// The listening sockets of the process.
struct Sockets {
  std::vector<Listener> doors;
  std::vector<Listener> control;  // served by a worker of their own

  // Calls `use` with each, those of the control socket last.
  template <class Use>
  void each(Use&& use) {
    for (Listener& listener : doors) use(listener);
    for (Listener& listener : control) use(listener);
  }
  // Returns where they listen, in words.
  [[nodiscard]] std::string text() const;
};

class Process final : public Commanded {
 public:
  // `words`: the command line, read again at a reload. `sockets` must outlive it; those of the doors may be closed when
  // has_accepted_all() is true, those of the control socket after end_control(). `wake` is called, from any thread, when the main
  // thread has something to do: a worker has made progress with its end, turns need attention, or a command has come.
  Process(Options options, std::vector<std::string> words, const Sockets& sockets, std::function<void()> wake);
  ~Process() override;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] std::string configuration_text() const;

  // Reads the files that the options name.
  std::optional<StartError> configure();
  // Opens the cache file, before the sandbox, which forbids it.
  void open_cache_file() { cache_keeper_.open(); }
  // Starts the workers. `descriptors`: how many the process may have. `users`: of the control socket.
  std::optional<StartError> start(std::size_t descriptors, ControlUsers users);
  [[nodiscard]] std::size_t workers() const { return workers_.size(); }

  [[nodiscard]] bool follows_system_servers() const { return name_servers_->follows_system(); }
  // Uses the name servers of resolv.conf if it has changed.
  void look_at_system_servers() { use_name_servers(name_servers_->look_again()); }
  // Returns whether it should be called again after Turns::kAttention.
  bool attend_turns() { return turns_->attend(); }
  // Sends WATCHDOG=1 only if the loop of every worker has run since the last time.
  void feed_watchdog();
  void log_counters();
  // Answers commands without the parts of workers that have not reported in time. Returns when it should be called again; none:
  // no command waits for a worker.
  std::optional<Gatherings::Clock::time_point> give_up_reports() { return gatherings_.give_up(Gatherings::Clock::now()); }
  // Carries out the commands that have come.
  void obey_commands();
  [[nodiscard]] bool is_to_stop() const { return is_to_stop_; }

  // Lets the workers of the doors accept the waiting connections and no more, answer what is under way, and end.
  void begin_drain();
  [[nodiscard]] bool has_accepted_all() const { return accepted_ == workers_.size(); }
  [[nodiscard]] bool has_drained() const { return drained_ == workers_.size(); }
  // Lets the control socket take no more connections and its answers leave.
  void begin_control_end();
  // Returns whether the control socket has ended, or was never opened.
  [[nodiscard]] bool has_control_ended() const { return !control_ || control_->has_ended(); }
  void end_control();
  // Ends all workers at once; requests under way are dropped.
  void end_workers();
  void save_cache() { cache_keeper_.save(*cache_); }

  Facts status() override;
  ProcessFacts facts() override;
  void count(std::function<void(const Gathered<Counters>&)> done) override;
  void top(base::TopNames Tops::*which, std::function<void(const Gathered<TopEntries>&)> done) override;
  void peers(std::function<void(const Gathered<Peers>&)> done) override;
  bool reload() override;
  void set_drained(bool on) override;
  void stop() override { is_to_stop_ = true; }
  const Snapshot& in_force() override { return *snapshot_; }
  void adjust(std::shared_ptr<const Snapshot> snapshot) override;
  const std::shared_ptr<io::Cache>& cache() override { return cache_; }
  const CacheKeeper& cache_keeper() override { return cache_keeper_; }

 private:
  template <class Use>
  void each_worker(Use&& use);
  // Returns all workers but that of the control socket.
  [[nodiscard]] std::vector<Worker*> door_workers() const;
  template <class Total, class Ask, class Add>
  void gather(const std::vector<Worker*>& workers, Ask&& ask, Add add, std::function<void(const Gathered<Total>&)> done);
  void set_snapshot(std::shared_ptr<const Snapshot> snapshot);
  void use_name_servers(const std::optional<NameServers::List>& servers);
  bool reload_files();

  const Options options_;
  const std::vector<std::string> words_;
  const Sockets& sockets_;
  const std::function<void()> wake_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  const std::chrono::system_clock::time_point began_ = std::chrono::system_clock::now();
  std::chrono::system_clock::time_point configured_ = began_;  // when the configuration in force was read
  std::optional<bool> last_reload_;                            // none: never; whether it succeeded
  bool is_stopping_ = false;
  bool is_drained_ = false;
  bool is_to_stop_ = false;
  std::shared_ptr<const Snapshot> snapshot_;
  std::unique_ptr<NameServers> name_servers_;
  std::unique_ptr<Turns> turns_;
  std::unique_ptr<ConnectionLimit> limit_;
  std::shared_ptr<io::Cache> cache_;
  CacheKeeper cache_keeper_{options_.cache_file};
  // Numbers of workers at a stop.
  std::atomic<std::size_t> accepted_{0};
  std::atomic<std::size_t> drained_{0};
  Gatherings gatherings_;
  std::shared_ptr<std::atomic<int>> beats_ = std::make_shared<std::atomic<int>>(0);
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Control> control_;
};

}  // namespace spfd
