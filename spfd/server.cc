#include "spfd/server.h"

#include <fmt/core.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include "common/base/version.h"
#include "common/options/program.h"
#include "common/service/notify.h"
#include "common/service/privileges.h"
#include "spfd/listener.h"
#include "spfd/log.h"
#include "spfd/metrics.h"
#include "spfd/once_a_minute.h"
#include "spfd/pid_file.h"
#include "spfd/process.h"
#include "spfd/publication.h"
#include "spfd/sandbox.h"
#include "spfd/sandbox_rules.h"
#include "spfd/sandbox_seccomp.h"

namespace spfd {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Other threads send this signal to the main thread when it has something to do.
constexpr int kWakeSignal = SIGUSR2;
// Workers end within 3 seconds. A stop does not wait longer than this for one that does not.
constexpr milliseconds kLongestStop{5000};
// During a stop, the control socket accepts commands for this time. After it, its clients may still read their answers.
constexpr milliseconds kLongestControl{2500};
constexpr milliseconds kLongestControlEnd{500};
// How long connections are accepted after a successor has taken over the socket.
constexpr milliseconds kLateConnections{100};

class Server final {
 public:
  Server(Options options, std::vector<std::string> words)
      : process_(std::move(options), std::move(words), sockets_,
                 [main_thread = pthread_self()] { pthread_kill(main_thread, kWakeSignal); }) {}

  int run() {
    block_signals();
    const auto not_open = open();
    log_thread_.start();
    if (not_open) return report(*not_open);
    if (auto error = process_.start(descriptors_, std::move(control_users_))) return report(*error);
    if (auto error = publish()) {
      process_.end_control();
      process_.end_workers();
      return report(*error);
    }
    const std::string addresses = sockets_.text();
    const std::string configuration = process_.configuration_text();
    log(LogLevel::info, "spfd {} ready: listening on {}; {} worker{}; configuration: {}", base::kVersion, addresses,
        process_.workers(), process_.workers() == 1 ? "" : "s", configuration);
    notify("READY=1\nSTATUS=Listening on " + addresses);
    serve_signals();
    drain();
    log(LogLevel::info, "stopped");
    return EX_OK;
  }

 private:
  std::optional<StartError> open() {
    if (auto error = process_.configure()) return error;
    const auto identity = find_identity(process_.options().user, process_.options().group);
    if (!identity) return identity.error();
    descriptors_ = raise_descriptor_limit();
    auto inherited = inherited_listeners();
    if (!inherited) return inherited.error();
    Listeners listeners{.all = std::move(*inherited)};
    if (process_.options().takes_over) {
      listeners.take_over.emplace();
      if (identity->user) listeners.take_over->user = identity->user->uid;
    }
    listeners.inherited = listeners.all.size();
    // The default address is used only if no other is given.
    if (!process_.options().listens_by_default || listeners.inherited == 0) {
      if (auto error = listeners.open(process_.options().listen, protocol::Door::query)) return error;
    }
    if (auto error = listeners.open(process_.options().milter, protocol::Door::milter)) return error;
    for (const SrsAddress& srs : process_.options().srs_addresses) {
      const bool is_forward = srs.map == protocol::SrsMap::forward;
      if (auto error = listeners.open({srs.address}, is_forward ? protocol::Door::srs_forward : protocol::Door::srs_reverse))
        return error;
    }
    if (process_.options().control) {
      if (auto error = listeners.open({*process_.options().control}, protocol::Door::control)) return error;
    }
    for (Listener& listener : listeners.all)
      (listener.door() == protocol::Door::control ? sockets_.control : sockets_.doors).push_back(std::move(listener));
    if (!sockets_.control.empty()) {
      if (auto error = find_users("control-users", process_.options().control_users, control_users_.all)) return error;
      if (auto error = find_users("stats-users", process_.options().stats_users, control_users_.stats)) return error;
      open_process_files();
    }
    if (auto error = pid_file_.write(process_.options().pid_file)) return error;
    std::vector<io::OwnFile*> files;
    sockets_.each([&](Listener& listener) {
      if (listener.file() == nullptr) return;
      files.push_back(listener.file());
      file_names_.push_back(listener.name());
    });
    if (pid_file_.file() != nullptr) files.push_back(pid_file_.file());
    publication_.emplace(std::move(files), std::move(listeners.predecessors));
    // The folders may be writable for root only, and the sandbox forbids new names.
    if (process_.options().sandbox != SandboxMode::off || (::geteuid() == 0 && (identity->user || identity->group))) {
      if (const int problem = publication_->keep_rights(); problem != 0)
        return StartError{fmt::format("the process that publishes the sockets cannot be started: {}", std::strerror(problem)),
                          EX_OSERR};
    }
    if (auto error = drop_privileges(*identity)) return error;
    if (::geteuid() == 0) log(LogLevel::warning, "running as root; --user (user = in spfd.conf) names the user to become");
    process_.open_cache_file();
    // This comes after the change of user, at which Linux resets it.
    if (holds_secrets(process_.options())) write_no_core();
    return confine();
  }

  // Enters the sandbox, while there is only one thread.
  std::optional<StartError> confine() {
    SandboxRules rules = sandbox_rules(process_.options());
    sockets_.each([&](Listener& listener) {
      if (listener.file() != nullptr) rules.removable_in.push_back(listener.file()->folder());
    });
    if (pid_file_.file() != nullptr) rules.removable_in.push_back(pid_file_.file()->folder());
    if (auto error = enter_sandbox(process_.options().sandbox, rules)) return error;
    const SandboxState& state = sandbox_state();
    log(state.missing.empty() ? LogLevel::info : LogLevel::warning, "sandbox: {}", sandbox_text(state));
    return {};
  }

  static std::optional<StartError> find_users(std::string_view option, const std::vector<std::string>& names,
                                              std::vector<uid_t>& users) {
    for (const std::string& name : names) {
      const auto user = find_user(name);
      if (!user) return StartError{fmt::format("{}: {}", option, user.error().message), user.error().exit_code};
      users.push_back(user->uid);
    }
    return {};
  }

  // Gives the sockets and the pid file their names, and asks the predecessors to stop. After this step the start cannot fail.
  std::optional<StartError> publish() {
    const Published published = publication_->publish();
    if (published.problem != 0) {
      if (published.file >= file_names_.size()) return pid_file_error(process_.options().pid_file, published.problem);
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
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, kWakeSignal}) sigaddset(&signals_, number);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    static_cast<void>(::signal(SIGPIPE, SIG_IGN));
    // At a limit on the size of files, writing the log or the cache file then fails with EFBIG and does not end the process.
    static_cast<void>(::signal(SIGXFSZ, SIG_IGN));
  }

  // Waits for the next signal and returns it; 0: `wait` has passed without one.
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

  // Waits for the next signal during a stop, which may have to wait for a worker that is stuck. Returns it; 0: `end` has come, or
  // commands were answered without such a worker.
  int next_signal_until(Clock::time_point end) {
    end = std::min(end, process_.give_up_reports().value_or(end));
    return next_signal(std::chrono::ceil<milliseconds>(end - Clock::now()));
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
          process_.feed_watchdog();
          next_beat = now + *beat;
        }
        wait_until(next_beat);
      }
      if (process_.follows_system_servers()) {
        if (now >= next_look) {
          process_.look_at_system_servers();
          next_look = now + NameServers::kInterval;
        }
        wait_until(next_look);
      }
      if (process_.attend_turns()) wait_until(now + Turns::kAttention);
      if (const auto time = process_.give_up_reports()) wait_until(*time);
      report_refused_calls();
      switch (next_signal(wait)) {
        case SIGTERM:
        case SIGINT: return;
        case SIGHUP: process_.reload(); break;
        case SIGUSR1: process_.log_counters(); break;
        default: break;
      }
      process_.obey_commands();
      if (process_.is_to_stop()) return;
    }
  }

  void report_refused_calls() {
    const RefusedCalls refused = refused_calls();
    if (refused.count == reported_refusals_ || !refusal_line_.is_due(Clock::now())) return;
    reported_refusals_ = refused.count;
    log(LogLevel::warning, "the sandbox has refused {} system calls, the last one {}", refused.count, call_name(refused.last));
  }

  void drain() {
    notify("STOPPING=1");
    log(LogLevel::info, "stopping");
    report_refused_calls();
    // A client that looked the name up before the successor took it may be about to connect to us.
    if (std::any_of(sockets_.doors.begin(), sockets_.doors.end(),
                    [](const Listener& listener) { return listener.is_taken_over(); }))
      next_signal(kLateConnections);
    for (const Listener& listener : sockets_.doors) listener.refuse_more();
    process_.begin_drain();
    const auto begin = Clock::now();
    const auto end = begin + kLongestStop;
    const auto control_end = begin + kLongestControl;
    while (!process_.has_drained()) {
      if (process_.has_accepted_all()) sockets_.doors.clear();
      const auto now = Clock::now();
      if (now >= control_end) process_.begin_control_end();
      // A second SIGTERM ends the daemon at once.
      const int number = now < end ? next_signal_until(now < control_end ? control_end : end) : SIGTERM;
      if (number == SIGTERM || number == SIGINT) break;
      if (number == SIGUSR1) process_.log_counters();
      process_.obey_commands();
    }
    end_control(std::min(Clock::now(), control_end) + kLongestControlEnd);
    const bool has_answered_all = process_.has_drained();
    process_.end_workers();
    if (has_answered_all) process_.save_cache();
  }

  void end_control(Clock::time_point end) {
    process_.begin_control_end();
    while (!process_.has_control_ended()) {
      const int number = Clock::now() < end ? next_signal_until(end) : SIGTERM;
      if (number == SIGTERM || number == SIGINT) break;
      process_.obey_commands();
    }
    process_.end_control();
    sockets_.control.clear();
  }

  LogThread log_thread_;  // first, since it is to be destroyed last
  sigset_t signals_{};
  std::size_t descriptors_ = 0;
  PidFile pid_file_;
  Sockets sockets_;
  Process process_;
  std::vector<std::string> file_names_;  // of the UNIX sockets to be published
  std::optional<Publication> publication_;
  ControlUsers control_users_;
  std::uint64_t reported_refusals_ = 0;
  OnceAMinute refusal_line_;
};

}  // namespace

int report(const StartError& error) {
  options::say(fmt::format("spfd: {}\n", error.message));
  return error.exit_code;
}

int run_server(const Options& options, const std::vector<std::string>& words) {
  open_log(options.log, options.syslog_facility, options.log_format);
  set_log_level(options.in_force.log_level);
  Server server(options, words);
  return server.run();
}

}  // namespace spfd
