#include "spfd/process.h"

#include <fmt/core.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include "common/base/printable.h"
#include "common/base/version.h"
#include "common/io/udp.h"
#include "common/service/notify.h"
#include "spfd/config/config_file.h"
#include "spfd/log.h"
#include "spfd/make_snapshot.h"
#include "spfd/sandbox.h"
#include "spfd/sandbox_rules.h"
#include "spfd/sandbox_seccomp.h"

namespace spfd {

namespace {

using Clock = std::chrono::steady_clock;

// Connections leave as many descriptors as the workers' DNS sockets may take, but at most a quarter of all descriptors or this
// number, whichever is larger.
constexpr std::size_t kFewestForDns = 32;
// For the log, files, and files that a reload opens for a moment.
constexpr std::size_t kForTheRest = 16;
// For a listener: the socket, and the folder of its name.
constexpr std::size_t kPerListener = 2;
// For the loop of a worker: epoll, two ends of a pipe for signals, one of its inbox.
constexpr std::size_t kPerWorker = 4;
// The limit is never lower, however few descriptors there are, since spfd would be useless.
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

std::string worker_name(std::size_t index, std::size_t count) { return fmt::format("worker {} of {}", index + 1, count); }
constexpr const char* kControlName = "the worker of the control socket";

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

}  // namespace

std::string Sockets::text() const {
  std::string addresses;
  for (const std::vector<Listener>* listeners : {&doors, &control}) {
    for (const Listener& listener : *listeners) {
      addresses += addresses.empty() ? "" : ", ";
      if (listener.door() != protocol::Door::query) addresses.append(protocol::door_name(listener.door())).append(" ");
      addresses += listener.name();
    }
  }
  return addresses;
}

Process::Process(Options options, std::vector<std::string> words, const Sockets& sockets, std::function<void()> wake)
    : options_(std::move(options)), words_(std::move(words)), sockets_(sockets), wake_(std::move(wake)) {}

Process::~Process() = default;

std::string Process::configuration_text() const {
  return options_.config ? base::printable(*options_.config) : fmt::format("none ({} is not there)", kDefaultConfig);
}

void Process::set_snapshot(std::shared_ptr<const Snapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  for (const std::string& note : snapshot_->notes) log(LogLevel::warning, "{}", note);
}

std::optional<StartError> Process::configure() {
  auto snapshot = make_snapshot(options_);
  if (!snapshot) return snapshot.error();
  set_snapshot(std::move(*snapshot));
  return {};
}

std::optional<StartError> Process::start(std::size_t descriptors, ControlUsers users) {
  limit_ = std::make_unique<ConnectionLimit>(
      connection_limit(options_, descriptors, sockets_.doors.size(), !sockets_.control.empty()));
  cache_ = std::make_shared<io::Cache>(io::CacheOptions{.bytes = options_.cache_size,
                                                        .refreshes_ahead = options_.refresh_ahead,
                                                        .stale = std::chrono::ceil<std::chrono::seconds>(options_.serve_stale)});
  cache_keeper_.load(*cache_);
  io::ResolverOptions dns = options_.dns;
  name_servers_ = std::make_unique<NameServers>(snapshot_->name_servers);
  dns.servers = name_servers_->in_force();
  dns.on_change = [this](const io::NameServer& server, bool is_down) { name_servers_->on_change(server, is_down); };
  const auto count = static_cast<std::size_t>(worker_count(options_));
  turns_ = std::make_unique<Turns>(count, wake_);
  std::size_t running = 0;
  std::string starting;  // the worker that is started
  try {
    for (std::size_t index = 0; index < count; ++index) {
      starting = worker_name(index, count);
      workers_.push_back(std::make_unique<Worker>(sockets_.doors, *turns_, index, *limit_, cache_, dns, snapshot_));
    }
    if (!sockets_.control.empty()) {
      starting = kControlName;
      control_ = std::make_unique<Control>(sockets_.control, std::move(users), wake_, cache_, dns, snapshot_);
    }
    for (; running < workers_.size(); ++running) {
      starting = worker_name(running, count);
      workers_[running]->start([this] {
        ++drained_;
        wake_();
      });
    }
    starting = kControlName;
    if (control_) control_->start();
  } catch (const std::exception& error) {
    for (std::size_t i = 0; i < running; ++i) workers_[i]->stop();
    workers_.clear();
    const auto* const problem = dynamic_cast<const std::system_error*>(&error);
    const bool is_limit = problem != nullptr && problem->code() == std::errc::too_many_files_open;
    return StartError{
        fmt::format(
            "{} cannot be started: {}{}", starting, error.what(),
            is_limit ? fmt::format(": the limit of {} open files is too small (ulimit -n, LimitNOFILE=)", descriptors) : ""),
        EX_OSERR};
  }
  return {};
}

// Calls `use` with each worker, the one of the control socket included.
template <class Use>
void Process::each_worker(Use&& use) {
  for (const auto& worker : workers_) use(*worker);
  if (control_) use(control_->worker());
}

void Process::use_name_servers(const std::optional<NameServers::List>& servers) {
  if (!servers) return;
  each_worker([&](Worker& worker) { worker.set_name_servers(*servers); });
}

void Process::feed_watchdog() {
  if (beats_->load() != 0) return;
  notify("WATCHDOG=1");
  beats_->store(static_cast<int>(workers_.size()));
  for (const auto& worker : workers_) {
    worker->run_soon([beats = beats_] { --*beats; });
  }
}

void Process::obey_commands() {
  if (control_) control_->carry_out(*this);
}

void Process::begin_drain() {
  is_stopping_ = true;
  for (const auto& worker : workers_) {
    worker->drain([this] {
      ++accepted_;
      wake_();
    });
  }
}

void Process::begin_control_end() {
  if (control_) control_->end();
}

void Process::end_control() {
  if (control_) control_->worker().stop();
  control_.reset();
}

void Process::end_workers() {
  for (const auto& worker : workers_) worker->stop();
  for (const auto& worker : workers_) worker->join();
  workers_.clear();
}

Process::Facts Process::status() {
  const auto number = [](auto value) { return static_cast<std::uint64_t>(value); };
  const io::CacheCounters cache = cache_->counters();
  return {
      {"version", std::string(base::kVersion)},
      {"state", is_drained_ || is_stopping_ ? "draining" : "running"},
      {"pid", number(::getpid())},
      {"uptime", number(std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - started_).count())},
      {"workers", number(workers_.size())},
      {"listening", sockets_.text()},
      {"configuration", configuration_text()},
      {"last_reload", !last_reload_   ? "never"
                      : *last_reload_ ? "ok"
                                      : "failed"},
      {"name_servers", name_servers_->text()},
      {"connections", number(limit_->open())},
      {"max_connections", number(limit_->most())},
      {"cache_entries", number(cache.entries)},
      {"cache_bytes", number(cache.bytes)},
      {"cache_limit", number(options_.cache_size)},
      {"log_level", std::string(level_name(snapshot_->log_level))},
      {"log_lines_lost", number(lost_log_lines())},
      {"sandbox", sandbox_text(sandbox_state())},
      {"dry_run", snapshot_->policy.rules.dry_run.value_or(false) ? "on" : "off"},
      {"shadow_config", snapshot_->shadow != nullptr ? snapshot_->shadow_config : "none"},
  };
}

ProcessFacts Process::facts() {
  return {.cache_limit = options_.cache_size,
          .max_connections = limit_->most(),
          .lost_log_lines = lost_log_lines(),
          .is_drained = is_drained_,
          .has_reloaded = last_reload_.value_or(true),
          .reloaded = configured_,
          .started = began_,
          .sandbox = sandbox_state(),
          .refused_calls = refused_calls().count};
}

void Process::set_drained(bool on) {
  is_drained_ = on;
  for (const auto& worker : workers_) worker->set_drained(on);
}

void Process::adjust(std::shared_ptr<const Snapshot> snapshot) {
  set_log_level(snapshot->log_level);
  snapshot_ = std::move(snapshot);
  each_worker([&](Worker& worker) { worker.set_snapshot(snapshot_); });
}

bool Process::reload() {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch());
  notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.count()));
  last_reload_ = reload_files();
  notify("READY=1");
  return *last_reload_;
}

bool Process::reload_files() {
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

std::vector<Worker*> Process::door_workers() const {
  std::vector<Worker*> workers;
  for (const auto& worker : workers_) workers.push_back(worker.get());
  return workers;
}

// Asks each worker for its part with `ask`, adds up the parts with `add`, and calls `done` with the sum.
template <class Total, class Ask, class Add>
void Process::gather(const std::vector<Worker*>& workers, Ask&& ask, Add add, std::function<void(const Gathered<Total>&)> done) {
  std::vector<std::string> names;
  for (std::size_t index = 0; index < workers.size(); ++index)
    names.push_back(index < workers_.size() ? worker_name(index, workers_.size()) : kControlName);
  const auto reports = gatherings_.begin<Total>(Clock::now(), std::move(names), add, std::move(done));
  for (std::size_t index = 0; index < workers.size(); ++index) ask(*workers[index], reports[index]);
}

void Process::count(std::function<void(const Gathered<Counters>&)> done) {
  // The worker of the control socket adds only its commands: the other counters are about mail servers.
  Worker* const control = control_ ? &control_->worker() : nullptr;
  std::vector<Worker*> workers = door_workers();
  if (control != nullptr) workers.push_back(control);
  gather<Counters>(
      workers,
      [control](Worker& worker, auto report) {
        worker.report_counters([is_control = &worker == control, report](const Counters& all) {
          if (!is_control) return report(all);
          Counters commands;
          commands.doors = all.doors;
          report(commands);
        });
      },
      [](Counters& sum, const Counters& part) { sum.add(part); }, std::move(done));
}

void Process::top(base::TopNames Tops::*which, std::function<void(const Gathered<TopEntries>&)> done) {
  gather<TopEntries>(
      door_workers(), [which](Worker& worker, auto report) { worker.report_top(which, report); }, merge, std::move(done));
}

void Process::peers(std::function<void(const Gathered<Peers>&)> done) {
  gather<Peers>(
      door_workers(), [](Worker& worker, auto report) { worker.report_peers(report); }, add_peers, std::move(done));
}

void Process::log_counters() {
  count([cache = cache_](const Gathered<Counters>& counters) {
    for (const CounterGroup& group : counter_groups(counters.total, cache->counters(), lost_log_lines(), refused_calls().count))
      log_requested("counters: " + group.line());
    if (!counters.missing.empty()) log_requested("counters: " + missing_text(counters.missing));
  });
}

}  // namespace spfd
