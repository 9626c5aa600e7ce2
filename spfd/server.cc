#include "spfd/server.h"

#include <fmt/core.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "common/base/printable.h"
#include "common/base/version.h"
#include "common/io/cache.h"
#include "common/io/guarded.h"
#include "common/io/udp.h"
#include "common/service/notify.h"
#include "common/service/privileges.h"
#include "spfd/commands.h"
#include "spfd/config_file.h"
#include "spfd/control.h"
#include "spfd/listener.h"
#include "spfd/log.h"
#include "spfd/name_servers.h"
#include "spfd/once_a_minute.h"
#include "spfd/pid_file.h"
#include "spfd/publication.h"
#include "spfd/sandbox.h"
#include "spfd/sandbox_rules.h"
#include "spfd/sandbox_seccomp.h"
#include "spfd/snapshot.h"
#include "spfd/turns.h"
#include "spfd/worker.h"

namespace spfd {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// A worker sends this signal to the main thread when its end has made progress.
constexpr int kProgressSignal = SIGUSR2;
// Workers end within 3 seconds; others are not waited for.
constexpr milliseconds kLongestStop{5000};
// How long clients of the control socket may take their answers at a stop.
constexpr milliseconds kLongestControlEnd{500};
// How long connections are accepted after a successor has taken over the socket.
constexpr milliseconds kLateConnections{100};
// Descriptors kept free of connections: as many as the workers' DNS sockets may take, but not more than a quarter of all; and
// never fewer than this.
constexpr std::size_t kFewestForDns = 32;
// For the log, files, and files that a reload opens for a moment.
constexpr std::size_t kForTheRest = 16;
// For a listener: the socket, and the folder of its name.
constexpr std::size_t kPerListener = 2;
// For the loop of a worker: epoll, two ends of a pipe for signals, one of its inbox.
constexpr std::size_t kPerWorker = 4;
// The limit is never lower, however few descriptors there are, since spfd would be of no use.
constexpr std::size_t kFewestConnections = 8;

int worker_count(const Options& options) {
  if (options.workers > 0) return options.workers;
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 4);
}

int connection_limit(const Options& options, std::size_t descriptors, std::size_t listeners, bool has_control) {
  const auto workers = static_cast<std::size_t>(worker_count(options));
  const std::size_t wanted = workers * (io::ResolverOptions().max_tcp + io::SocketBudget::kMax);
  const std::size_t for_dns = std::min(wanted, std::max(descriptors / 4, kFewestForDns));
  const std::size_t for_control = has_control ? kPerListener + kPerWorker + Control::kMostConnections : 0;
  const std::size_t taken = for_dns + for_control + kForTheRest + kPerListener * listeners + kPerWorker * workers;
  const std::size_t left = std::max(descriptors - std::min(descriptors, taken), kFewestConnections);
  if (static_cast<std::size_t>(options.max_connections) <= left) return options.max_connections;
  log(LogLevel::info, "at most {} connections at a time, since there are only {} descriptors", left, descriptors);
  return static_cast<int>(left);
}

// Returns the names of changed options that need a restart.
std::string changed_for_good(const Options& old_options, const Options& new_options) {
  std::string names;
  for (const options::Row* row : option_table()) {
    const auto get = options::access_of<Options>(*row).get;
    if (row->when != options::When::start || get == nullptr || get(old_options) == get(new_options)) continue;
    if (!names.empty()) names += ", ";
    names += row->name;
  }
  return names;
}

class Server final : private Commanded {
 public:
  Server(Options options, std::vector<std::string> words) : options_(std::move(options)), words_(std::move(words)) {}

  int run() {
    block_signals();
    const auto not_open = open();
    log_thread_.start();
    if (not_open) return report(*not_open);
    if (auto error = start_workers()) return report(*error);
    if (auto error = publish()) {
      for (const auto& worker : workers_) worker->stop();
      if (control_) control_->worker().stop();
      workers_.clear();
      control_.reset();
      return report(*error);
    }
    const std::string addresses = listening();
    const std::string configuration = configuration_text();
    log(LogLevel::info, "spfd {} ready: listening on {}; {} worker{}; configuration: {}", base::kVersion, addresses,
        workers_.size(), workers_.size() == 1 ? "" : "s", configuration);
    notify("READY=1\nSTATUS=Listening on " + addresses);
    serve_signals();
    drain();
    log(LogLevel::info, "stopped");
    return EX_OK;
  }

 private:
  // Calls `use` with each listener of `server`, that of the control socket last.
  template <class Self, class Use>
  static void each_listener(Self& server, Use&& use) {
    for (auto& listener : server.listeners_) use(listener);
    for (auto& listener : server.control_listeners_) use(listener);
  }

  std::string listening() const {
    std::string addresses;
    each_listener(*this, [&](const Listener& listener) {
      addresses += addresses.empty() ? "" : ", ";
      if (listener.door() != protocol::Door::query) addresses.append(protocol::door_name(listener.door())).append(" ");
      addresses += listener.name();
    });
    return addresses;
  }

  std::string configuration_text() const {
    return options_.config ? base::printable(*options_.config) : fmt::format("none ({} is not there)", kDefaultConfig);
  }

  void set_snapshot(std::shared_ptr<const Snapshot> snapshot) {
    snapshot_ = std::move(snapshot);
    for (const std::string& note : snapshot_->notes) log(LogLevel::warning, "{}", note);
  }

  std::optional<StartError> open() {
    auto snapshot = make_snapshot(options_);
    if (!snapshot) return snapshot.error();
    set_snapshot(std::move(*snapshot));
    const auto identity = find_identity(options_.user, options_.group);
    if (!identity) return identity.error();
    descriptors_ = raise_descriptor_limit();
    auto inherited = inherited_listeners();
    if (!inherited) return inherited.error();
    Listeners listeners{.all = std::move(*inherited)};
    if (options_.takes_over) {
      listeners.take_over.emplace();
      if (identity->user) listeners.take_over->user = identity->user->uid;
    }
    listeners.inherited = listeners.all.size();
    // The default address is used only if no other is given.
    if (!options_.listens_by_default || listeners.inherited == 0) {
      if (auto error = listeners.open(options_.listen, protocol::Door::query)) return error;
    }
    if (auto error = listeners.open(options_.milter, protocol::Door::milter)) return error;
    for (const SrsAddress& srs : options_.srs_addresses) {
      const bool is_forward = srs.map == protocol::SrsMap::forward;
      if (auto error = listeners.open({srs.address}, is_forward ? protocol::Door::srs_forward : protocol::Door::srs_reverse))
        return error;
    }
    if (options_.control) {
      if (auto error = listeners.open({*options_.control}, protocol::Door::control)) return error;
    }
    for (Listener& listener : listeners.all)
      (listener.door() == protocol::Door::control ? control_listeners_ : listeners_).push_back(std::move(listener));
    if (!control_listeners_.empty()) {
      if (auto error = find_control_users()) return error;
      open_process_files();
    }
    if (auto error = pid_file_.write(options_.pid_file)) return error;
    std::vector<io::OwnFile*> files;
    each_listener(*this, [&](Listener& listener) {
      if (listener.file() == nullptr) return;
      files.push_back(listener.file());
      file_names_.push_back(listener.name());
    });
    if (pid_file_.file() != nullptr) files.push_back(pid_file_.file());
    publication_.emplace(std::move(files), std::move(listeners.predecessors));
    // The folders may be writable for root only, and the sandbox forbids new names.
    if (options_.sandbox != SandboxMode::off || (::geteuid() == 0 && (identity->user || identity->group))) {
      if (const int problem = publication_->keep_rights(); problem != 0)
        return StartError{fmt::format("the process that publishes the sockets cannot be started: {}", std::strerror(problem)),
                          EX_OSERR};
    }
    if (auto error = drop_privileges(*identity)) return error;
    if (::geteuid() == 0) log(LogLevel::warning, "running as root; --user (user = in spfd.conf) names the user to become");
    // After the change of user, at which Linux resets it.
    if (holds_secrets(options_)) write_no_core();
    return confine();
  }

  // Enters the sandbox, while there is only one thread.
  std::optional<StartError> confine() {
    SandboxRules rules = sandbox_rules(options_);
    each_listener(*this, [&](Listener& listener) {
      if (listener.file() != nullptr) rules.removable_in.push_back(listener.file()->folder());
    });
    if (pid_file_.file() != nullptr) rules.removable_in.push_back(pid_file_.file()->folder());
    if (auto error = enter_sandbox(options_.sandbox, rules)) return error;
    const SandboxState& state = sandbox_state();
    log(state.missing.empty() ? LogLevel::info : LogLevel::warning, "sandbox: {}", sandbox_text(state));
    return {};
  }

  std::optional<StartError> find_control_users() {
    for (const std::string& name : options_.control_users) {
      const auto user = find_user(name);
      if (!user) return StartError{fmt::format("control-users: {}", user.error().message), user.error().exit_code};
      control_users_.push_back(user->uid);
    }
    return {};
  }

  // Gives the sockets and the pid file their names, and asks the predecessors to stop. After this step the start cannot fail.
  std::optional<StartError> publish() {
    const Published published = publication_->publish();
    if (published.problem != 0) {
      if (published.file >= file_names_.size()) return pid_file_error(options_.pid_file, published.problem);
      return listen_error(file_names_[published.file], "cannot listen there",
                          published.problem == EEXIST ? EADDRINUSE : published.problem);
    }
    for (const Dismissal& dismissal : published.dismissals) {
      if (dismissal.problem != 0) {
        log(LogLevel::warning, "the spfd whose socket was taken over cannot be asked to stop: process {}: {}", dismissal.pid,
            dismissal_problem(dismissal.problem));
      } else {
        log(LogLevel::info, "taking over from process {}", dismissal.pid);
      }
    }
    return {};
  }

  void block_signals() {
    // Signals are blocked in all threads. The main thread takes them one by one, so no signal handler runs.
    sigemptyset(&signals_);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, kProgressSignal}) sigaddset(&signals_, number);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    static_cast<void>(::signal(SIGPIPE, SIG_IGN));
  }

  std::optional<StartError> start_workers() {
    limit_ = std::make_unique<ConnectionLimit>(
        connection_limit(options_, descriptors_, listeners_.size(), !control_listeners_.empty()));
    cache_ = std::make_shared<io::Cache>(options_.cache_size);
    io::ResolverOptions dns = options_.dns;
    name_servers_ = std::make_unique<NameServers>(snapshot_->name_servers);
    dns.servers = name_servers_->in_force();
    dns.on_change = [this](const io::NameServer& server, bool is_down) { name_servers_->on_change(server, is_down); };
    const int count = worker_count(options_);
    const pthread_t main_thread = pthread_self();
    turns_ =
        std::make_unique<Turns>(static_cast<std::size_t>(count), [main_thread] { pthread_kill(main_thread, kProgressSignal); });
    std::size_t running = 0;
    try {
      for (int i = 0; i < count; ++i) {
        const auto index = static_cast<std::size_t>(i);
        workers_.push_back(std::make_unique<Worker>(listeners_, *turns_, index, *limit_, cache_, dns, snapshot_));
      }
      if (!control_listeners_.empty()) {
        control_ = std::make_unique<Control>(
            control_listeners_, control_users_, [main_thread] { pthread_kill(main_thread, kProgressSignal); }, cache_, dns,
            snapshot_);
      }
      for (; running < workers_.size(); ++running) {
        workers_[running]->start([this, main_thread] {
          ++drained_;
          pthread_kill(main_thread, kProgressSignal);
        });
      }
      if (control_) control_->start();
    } catch (const std::exception& error) {
      for (std::size_t i = 0; i < running; ++i) workers_[i]->stop();
      workers_.clear();
      return StartError{fmt::format("worker {} of {} cannot be started: {}", running + 1, count, error.what()), EX_OSERR};
    }
    return {};
  }

  // Waits for the next signal; 0: `wait` has passed without one.
  int next_signal(std::optional<milliseconds> wait) {
    int number = 0;
    do {
      if (wait) {
        wait = std::max(*wait, milliseconds::zero());
        const timespec time{wait->count() / 1000, wait->count() % 1000 * 1'000'000};
        number = ::sigtimedwait(&signals_, nullptr, &time);
      } else {
        number = ::sigwaitinfo(&signals_, nullptr);
      }
    } while (number < 0 && errno == EINTR);
    return std::max(number, 0);
  }

  void serve_signals() {
    auto beat = watchdog_interval();
    if (beat) *beat /= 2;
    auto next_beat = Clock::now();
    auto next_look = next_beat;
    for (;;) {
      const auto now = Clock::now();
      std::optional<milliseconds> wait;
      const auto wait_until = [&](Clock::time_point time) {
        const auto left = std::chrono::ceil<milliseconds>(time - now);
        wait = std::min(left, wait.value_or(left));
      };
      if (beat) {
        if (now >= next_beat) {
          feed_watchdog();
          next_beat = now + *beat;
        }
        wait_until(next_beat);
      }
      if (name_servers_->follows_system()) {
        if (now >= next_look) {
          use_name_servers(name_servers_->look_again());
          next_look = now + NameServers::kInterval;
        }
        wait_until(next_look);
      }
      if (turns_->attend()) wait_until(now + Turns::kAttention);
      report_refused_calls();
      switch (next_signal(wait)) {
        case SIGTERM:
        case SIGINT: return;
        case SIGHUP: reload(); break;
        case SIGUSR1: log_counters(); break;
        default: break;
      }
      if (control_) control_->carry_out(*this);
      if (is_to_stop_) return;
    }
  }

  // Calls `use` with each worker, the one of the control socket included.
  template <class Use>
  void each_worker(Use&& use) {
    for (const auto& worker : workers_) use(*worker);
    if (control_) use(control_->worker());
  }

  void use_name_servers(const std::optional<NameServers::List>& servers) {
    if (!servers) return;
    each_worker([&](Worker& worker) { worker.set_name_servers(*servers); });
  }

  // Sends WATCHDOG=1 only if the loop of every worker has run since the last time.
  void feed_watchdog() {
    if (beats_->load() != 0) return;
    notify("WATCHDOG=1");
    beats_->store(static_cast<int>(workers_.size()));
    for (const auto& worker : workers_) {
      worker->run_soon([beats = beats_] { --*beats; });
    }
  }

  // ---- commands ------------------------------------------------------------------------------------------------------------

  Facts status() override {
    const io::CacheCounters cache = cache_->counters();
    return {
        {"version", std::string(base::kVersion)},
        {"state", is_drained_ ? "draining" : "running"},
        {"pid", std::to_string(::getpid())},
        {"uptime", std::to_string(std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - started_).count())},
        {"workers", std::to_string(workers_.size())},
        {"listening", listening()},
        {"configuration", configuration_text()},
        {"last_reload", !last_reload_   ? "never"
                        : *last_reload_ ? "ok"
                                        : "failed"},
        {"name_servers", name_servers_->text()},
        {"connections", std::to_string(limit_->open())},
        {"max_connections", std::to_string(limit_->most())},
        {"cache_entries", std::to_string(cache.entries)},
        {"cache_bytes", std::to_string(cache.bytes)},
        {"cache_limit", std::to_string(options_.cache_size)},
        {"log_level", std::string(level_name(snapshot_->log_level))},
        {"log_lines_lost", std::to_string(lost_log_lines())},
        {"sandbox", sandbox_text(sandbox_state())},
        {"dry_run", snapshot_->policy.rules.dry_run.value_or(false) ? "on" : "off"},
    };
  }

  ProcessFacts facts() override {
    return {.cache_limit = options_.cache_size,
            .max_connections = limit_->most(),
            .lost_log_lines = lost_log_lines(),
            .is_drained = is_drained_,
            .has_reloaded = last_reload_.value_or(true),
            .reloaded = configured_,
            .started = began_};
  }

  void set_drained(bool on) override {
    is_drained_ = on;
    for (const auto& worker : workers_) worker->set_drained(on);
  }

  void stop() override { is_to_stop_ = true; }
  const Snapshot& in_force() override { return *snapshot_; }

  void adjust(std::shared_ptr<const Snapshot> snapshot) override {
    set_log_level(snapshot->log_level);
    snapshot_ = std::move(snapshot);
    each_worker([&](Worker& worker) { worker.set_snapshot(snapshot_); });
  }

  const std::shared_ptr<io::Cache>& cache() override { return cache_; }

  bool reload() override {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch());
    notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.count()));
    last_reload_ = reload_files();
    notify("READY=1");
    return *last_reload_;
  }

  bool reload_files() {
    const auto refuse = [](const StartError& error) {
      log(LogLevel::error, "not reloaded, the old configuration stays in force: {}", error.message);
      return false;
    };
    auto options = load_options(words_);
    if (auto objection = sandbox_objection(options ? *options : options_)) return refuse({std::move(*objection), EX_CONFIG});
    if (!options) return refuse(options.error());
    auto snapshot = make_snapshot(*options);
    if (!snapshot) return refuse(snapshot.error());
    if (const std::string names = changed_for_good(options_, *options); !names.empty()) {
      log(LogLevel::warning, "a change of these options needs a restart: {}", names);
    }
    set_log_level((*snapshot)->log_level);
    set_snapshot(std::move(*snapshot));
    each_worker([&](Worker& worker) { worker.set_snapshot(snapshot_); });
    use_name_servers(name_servers_->reload(snapshot_->name_servers));
    configured_ = std::chrono::system_clock::now();
    log(LogLevel::info, "reloaded");
    return true;
  }

  void report_refused_calls() {
    const RefusedCalls refused = refused_calls();
    if (refused.count == reported_refusals_ || !refusal_line_.is_due(Clock::now())) return;
    reported_refusals_ = refused.count;
    log(LogLevel::warning, "the sandbox has refused {} system calls, the last one {}", refused.count, call_name(refused.last));
  }

  // Asks each worker for a part, by `ask`, adds the parts up by `add`, and calls `done` with the sum.
  template <class Total, class Ask, class Add>
  void gather(Ask&& ask, Add add, const std::function<void(const Total&)>& done) {
    struct Sum {
      Total total;
      std::size_t missing = 0;
    };
    auto sum = std::make_shared<io::Guarded<Sum>>();
    sum->with([&](Sum& all) { all.missing = workers_.size(); });
    for (const auto& worker : workers_) {
      ask(*worker, [sum, add, done](const Total& part) {
        const auto total = sum->with([&](Sum& all) -> std::optional<Total> {
          add(all.total, part);
          if (--all.missing != 0) return {};
          return all.total;
        });
        if (total) done(*total);
      });
    }
  }

  void count(std::function<void(const Counters&)> done) override {
    gather<Counters>([](Worker& worker, auto report) { worker.report_counters(report); },
                     [](Counters& sum, const Counters& part) { sum.add(part); }, done);
  }

  void top(base::TopNames Tops::*which, std::function<void(const TopEntries&)> done) override {
    gather<TopEntries>([which](Worker& worker, auto report) { worker.report_top(which, report); }, merge, done);
  }

  void peers(std::function<void(const TopEntries&)> done) override {
    gather<TopEntries>([](Worker& worker, auto report) { worker.report_peers(report); }, merge, done);
  }

  void log_counters() {
    count([cache = cache_](const Counters& counters) {
      for (const std::string& line : counter_lines(counters, cache->counters(), lost_log_lines(), refused_calls().count))
        log_requested("counters: " + line);
    });
  }

  void drain() {
    notify("STOPPING=1");
    log(LogLevel::info, "stopping");
    report_refused_calls();
    // A client that looked the name up before the successor took it may be about to connect to us.
    if (std::any_of(listeners_.begin(), listeners_.end(), [](const Listener& listener) { return listener.is_taken_over(); }))
      next_signal(kLateConnections);
    for (const Listener& listener : listeners_) listener.refuse_more();
    for (const auto& worker : workers_) {
      worker->drain([this, main_thread = pthread_self()] {
        ++not_accepting_;
        pthread_kill(main_thread, kProgressSignal);
      });
    }
    const auto end = Clock::now() + kLongestStop;
    while (drained_ < workers_.size()) {
      if (not_accepting_ == workers_.size()) listeners_.clear();
      const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
      // A second SIGTERM ends the daemon at once.
      const int number = left.count() > 0 ? next_signal(left) : SIGTERM;
      if (number == SIGTERM || number == SIGINT) break;
      if (number == SIGUSR1) log_counters();
      if (control_) control_->carry_out(*this);
    }
    end_control();
    for (const auto& worker : workers_) worker->stop();
    for (const auto& worker : workers_) worker->join();
    workers_.clear();
  }

  void end_control() {
    if (!control_) return;
    control_->end();
    const auto end = Clock::now() + kLongestControlEnd;
    while (!control_->has_ended()) {
      const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
      const int number = left.count() > 0 ? next_signal(left) : SIGTERM;
      if (number == SIGTERM || number == SIGINT) break;
      control_->carry_out(*this);
    }
    control_->worker().stop();
    control_.reset();
    control_listeners_.clear();
  }

  LogThread log_thread_;  // first, since it is to be destroyed last
  Options options_;
  const std::vector<std::string> words_;
  const Clock::time_point started_ = Clock::now();
  sigset_t signals_{};
  std::size_t descriptors_ = 0;
  PidFile pid_file_;
  std::vector<Listener> listeners_;
  std::vector<std::string> file_names_;  // of the UNIX sockets to be published
  std::optional<Publication> publication_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::unique_ptr<NameServers> name_servers_;
  std::unique_ptr<Turns> turns_;
  std::unique_ptr<ConnectionLimit> limit_;
  std::shared_ptr<io::Cache> cache_;
  const std::chrono::system_clock::time_point began_ = std::chrono::system_clock::now();
  std::chrono::system_clock::time_point configured_ = began_;  // when the configuration in force was read
  std::optional<bool> last_reload_;                            // none: never; whether it succeeded
  bool is_drained_ = false;
  bool is_to_stop_ = false;
  std::atomic<std::size_t> not_accepting_{0};
  std::atomic<std::size_t> drained_{0};
  std::shared_ptr<std::atomic<int>> beats_ = std::make_shared<std::atomic<int>>(0);
  std::uint64_t reported_refusals_ = 0;
  OnceAMinute refusal_line_;
  std::vector<std::unique_ptr<Worker>> workers_;
  // The control socket.
  std::vector<Listener> control_listeners_;
  std::vector<uid_t> control_users_;
  std::unique_ptr<Control> control_;
};

}  // namespace

int report(const StartError& error) {
  fmt::print(stderr, "spfd: {}\n", error.message);
  return error.exit_code;
}

int run_server(const Options& options, const std::vector<std::string>& words) {
  open_log(options.log, options.syslog_facility, options.log_format);
  set_log_level(options.in_force.log_level);
  Server server(options, words);
  return server.run();
}

}  // namespace spfd
