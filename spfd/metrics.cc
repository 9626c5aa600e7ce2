#include "spfd/metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/base/version.h"
#include "common/io/descriptor.h"
#include "common/receiver/request.h"

namespace spfd {

namespace {

constexpr double kNanosecond = 1e-9;

// Returns a number as OpenMetrics writes it: "2e-05", "1.0".
std::string number(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

class Writer {
 public:
  explicit Writer(MetricsFormat format) : is_open_(format == MetricsFormat::openmetrics) {}

  // Begins a family. Samples of a counter are called NAME_total.
  void counter(std::string_view name, std::string_view help) { begin(name, "counter", help, "_total"); }
  void gauge(std::string_view name, std::string_view help) { begin(name, "gauge", help, ""); }
  void info(std::string_view name, std::string_view help) { begin(name, is_open_ ? "info" : "gauge", help, "_info"); }
  template <class Value>
  void sample(std::string_view labels, Value value) {
    line(suffix_, labels, fmt::format("{}", value));
  }
  // Writes a family of one sample without labels.
  template <class Value>
  void counter(std::string_view name, std::string_view help, Value value) {
    counter(name, help);
    sample("", value);
  }
  template <class Value>
  void gauge(std::string_view name, std::string_view help, Value value) {
    gauge(name, help);
    sample("", value);
  }

  void histogram(std::string_view name, std::string_view help) { begin(name, "histogram", help, "", true); }
  // `scale` converts the values that were counted to the unit that is written.
  template <const auto& kBounds>
  void sample(std::string_view labels, const base::Histogram<kBounds>& histogram, double scale) {
    const std::string before = labels.empty() ? "" : std::string(labels) + ",";
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
      count += histogram.counts[i];
      const std::string bound = i < kBounds.size() ? number(static_cast<double>(kBounds[i]) * scale) : "+Inf";
      line("_bucket", fmt::format("{}le=\"{}\"", before, bound), std::to_string(count));
    }
    line("_count", labels, std::to_string(count));
    line("_sum", labels, number(static_cast<double>(histogram.sum) * scale));
  }

  // Returns the name of a metric that every program has. The collector that reads the older format, the textfile collector of
  // Prometheus' node exporter, has these names already, for itself.
  [[nodiscard]] std::string of_process(std::string_view name) const {
    return fmt::format("{}process_{}", is_open_ ? "" : "spfd_", name);
  }

  std::string finish() {
    if (is_open_) out_ += "# EOF\n";
    return std::move(out_);
  }

 private:
  void begin(std::string_view name, std::string_view type, std::string_view help, std::string_view suffix,
             bool is_plain = false) {
    name_ = name;
    suffix_ = suffix;
    // OpenMetrics names the family; the older format names its samples.
    const std::string family = is_open_ || is_plain ? name_ : name_ + std::string(suffix_);
    base::append(out_, "# TYPE ", family, " ", type, "\n");
    if (name_.ends_with("_seconds") && is_open_) base::append(out_, "# UNIT ", family, " seconds\n");
    if (name_.ends_with("_bytes") && is_open_) base::append(out_, "# UNIT ", family, " bytes\n");
    base::append(out_, "# HELP ", family, " ", help, "\n");
  }
  void line(std::string_view suffix, std::string_view labels, std::string_view value) {
    base::append(out_, name_, suffix);
    if (!labels.empty()) base::append(out_, "{", labels, "}");
    base::append(out_, " ", value, "\n");
  }

  const bool is_open_;
  std::string out_;
  std::string name_;
  std::string_view suffix_;
};

std::string label(std::string_view name, std::string_view value) {
  return fmt::format("{}={}", name, base::quoted_string(value));
}

double seconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

// ---- checks --------------------------------------------------------------------------------------------------------------

void write_checks(Writer& out, const Counters& counters) {
  const CheckCounters& checks = counters.checks;
  out.counter("spfd_checks", "Answers to requests to check a message.");
  for (std::size_t door = 0; door < kCheckDoors; ++door) {
    for (std::size_t identity = 0; identity < kCheckedIdentities; ++identity) {
      for (std::size_t result = 0; result < spf::kResults; ++result) {
        out.sample(
            fmt::format("door=\"{}\",identity=\"{}\",result=\"{}\"", protocol::door_name(static_cast<protocol::Door>(door)),
                        checked_identity_name(identity), spf::result_name(static_cast<spf::Result>(result))),
            checks.answers[(door * kCheckedIdentities + identity) * spf::kResults + result]);
      }
    }
  }
  out.counter("spfd_actions", "Actions of these answers; mode dry-run: the action that would have been taken.");
  for (std::size_t door = 0; door < kCheckDoors; ++door) {
    for (std::size_t action = 0; action < kActions; ++action) {
      for (std::size_t mode = 0; mode < 2; ++mode) {
        out.sample(fmt::format("door=\"{}\",action=\"{}\",mode=\"{}\"", protocol::door_name(static_cast<protocol::Door>(door)),
                               receiver::action_name(static_cast<receiver::Action>(action)), mode == 0 ? "enforced" : "dry-run"),
                   checks.actions[(door * kActions + action) * 2 + mode]);
      }
    }
  }
  out.counter("spfd_problems", "Answers temperror and permerror, by the kind of problem.");
  for (std::size_t kind = 1; kind < spf::kProblemKinds; ++kind)
    out.sample(label("cause", spf::problem_name(static_cast<spf::ProblemKind>(kind))), checks.problems[kind]);
  out.counter("spfd_shadow",
              "Checks with a second policy (shadow-config), by our action and its action; unknown: it could not judge.");
  for (std::size_t ours = 0; ours < kActions; ++ours) {
    for (std::size_t theirs = 0; theirs <= kActions; ++theirs) {
      out.sample(fmt::format("action=\"{}\",shadow=\"{}\"", receiver::action_name(static_cast<receiver::Action>(ours)),
                             theirs == kActions ? "unknown" : receiver::action_name(static_cast<receiver::Action>(theirs))),
                 checks.shadow[ours * (kActions + 1) + theirs]);
    }
  }
  out.counter("spfd_shadow_differences", "Checks for which the second policy takes another action or has another result.",
              checks.shadow_differs);
  out.counter("spfd_weak_passes", "Passes that a large part of the Internet would also get.", checks.weak_passes);
  out.counter("spfd_bad_requests", "Requests that could not be understood.", counters.bad_requests);
  out.histogram("spfd_check_duration_seconds", "Time from a request to its answer; cache warm: DNS was not asked.");
  out.sample(label("cache", "warm"), checks.warm, kNanosecond);
  out.sample(label("cache", "cold"), checks.cold, kNanosecond);
  out.histogram("spfd_check_lookups", "Terms per check that require DNS lookups (RFC 7208 section 4.6.4).");
  out.sample("", checks.lookups, 1);
  out.histogram("spfd_check_questions", "DNS questions per check, cached ones included.");
  out.sample("", checks.questions, 1);
  out.gauge("spfd_checks_in_flight", "Checks that wait for DNS.", counters.running);
  out.counter("spfd_checks_dropped", "Checks whose client has closed its connection.", counters.dropped);
  out.counter("spfd_checks_failed", "Checks and connections that ended because of a lack of memory.", counters.failed);
}

void write_rewriting(Writer& out, const Counters& counters) {
  out.counter("spfd_srs", "Answers to requests to rewrite a sender, or to turn an address back.");
  for (std::size_t direction = 0; direction < 2; ++direction) {
    for (std::size_t outcome = 0; outcome < receiver::kSrsReplies; ++outcome) {
      out.sample(fmt::format("direction=\"{}\",outcome=\"{}\"", direction == 0 ? "forward" : "reverse",
                             receiver::srs_reply_name(static_cast<receiver::SrsReply::Kind>(outcome))),
                 counters.checks.rewriting[direction * receiver::kSrsReplies + outcome]);
    }
  }
}

// ---- clients -------------------------------------------------------------------------------------------------------------

void write_clients(Writer& out, const Counters& counters, const ProcessFacts& process) {
  out.gauge("spfd_connections", "Open connections, by the door of their listening socket.");
  for (std::size_t door = 0; door < protocol::kDoors; ++door) {
    const auto one = static_cast<protocol::Door>(door);
    // Policy requests come on connections of the door "query"; the control socket has limits of its own.
    if (one == protocol::Door::policy || one == protocol::Door::control) continue;
    out.sample(label("door", protocol::door_name(one)), counters.open_by_door[door]);
  }
  out.gauge("spfd_connections_limit", "Connections at a time.", process.max_connections);
  out.counter("spfd_connections_accepted", "Connections accepted.", counters.connections);
  out.counter("spfd_connections_waiting", "Times that a client waited because all connections were taken.", counters.waits);
  out.counter("spfd_connections_displaced", "Connections closed to make room for others.", counters.displaced);
  out.counter("spfd_client_timeouts", "Connections closed since no complete request came, or answers were not read.");
  out.sample(label("phase", "request"), counters.idle_timeouts);
  out.sample(label("phase", "answer"), counters.write_timeouts);
}

// ---- DNS -----------------------------------------------------------------------------------------------------------------

void write_servers(Writer& out, const std::vector<io::ServerCounters>& all) {
  std::vector<std::pair<std::string, io::ServerCounters>> servers;
  for (const io::ServerCounters& one : all) {
    if (servers.size() == kMostServers + 1) {
      servers.back().second.add(one);
    } else {
      servers.emplace_back(label("server", servers.size() < kMostServers ? io::name_server_text(one.server) : "other"), one);
    }
  }
  out.counter("spfd_dns_queries", "DNS messages sent; udp: datagrams, tcp: connections.");
  for (const auto& [server, one] : servers) {
    out.sample(server + ",transport=\"udp\"", one.udp);
    out.sample(server + ",transport=\"tcp\"", one.tcp);
  }
  out.counter("spfd_dns_failures", "Tries that got no usable answer.");
  for (const auto& [server, one] : servers) {
    out.sample(server + ",reason=\"timeout\"", one.timeouts);
    out.sample(server + ",reason=\"unreachable\"", one.unreachable);
    out.sample(server + ",reason=\"refused\"", one.refused);
    out.sample(server + ",reason=\"unreadable\"", one.unreadable);
    out.sample(server + ",reason=\"tcp\"", one.tcp_failed);
  }
  out.histogram("spfd_dns_duration_seconds", "Time from a datagram to the answer, over TCP too.");
  for (const auto& [server, one] : servers) out.sample(server, one.duration, kNanosecond);
}

void write_dns(Writer& out, const Counters& counters, const io::CacheCounters& cache, const ProcessFacts& process) {
  write_servers(out, counters.servers);
  out.counter("spfd_dns_joined", "Questions that were under way already.", cache.joins);
  out.counter("spfd_cache_hits", "Questions that the cache answered.", cache.hits);
  out.counter("spfd_cache_misses", "Questions that DNS was asked.", cache.misses);
  out.counter("spfd_cache_evictions", "Answers removed to make room for others.", cache.evictions);
  out.counter("spfd_cache_prefetches", "Answers that were asked for again before they expired.", cache.prefetches);
  out.counter("spfd_cache_stale", "Checks that expired answers have kept from a temperror.", counters.checks.stale);
  out.gauge("spfd_cache_entries", "Answers in the cache.", cache.entries);
  out.gauge("spfd_cache_bytes", "Memory of these answers.", cache.bytes);
  out.gauge("spfd_cache_limit_bytes", "Memory that the cache may take.", process.cache_limit);
}

// ---- the process ---------------------------------------------------------------------------------------------------------

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

// Opened before the sandbox, which forbids opening them later.
struct ProcessFiles {
  io::Descriptor descriptors;
  io::Descriptor memory;
};
ProcessFiles& process_files() {
  static ProcessFiles files;
  return files;
}

std::optional<std::uint64_t> open_descriptors() {
  const int copy = ::fcntl(process_files().descriptors.get(), F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return {};
  const std::unique_ptr<DIR, CloseFolder> folder(::fdopendir(copy));
  if (folder == nullptr) {
    ::close(copy);
    return {};
  }
  ::rewinddir(folder.get());
  std::uint64_t count = 0;
  while (const dirent* const entry = ::readdir(folder.get())) {
    if (entry->d_name[0] != '.') ++count;
  }
  if (count == 0) return {};
  return count - 1;  // the copy is not counted
}

std::optional<std::uint64_t> resident_bytes() {
  std::array<char, 128> text{};
  const ssize_t size = ::pread(process_files().memory.get(), text.data(), text.size() - 1, 0);
  if (size <= 0) return {};
  // total, resident, ... in pages
  const auto numbers = base::split(std::string_view(text.data(), static_cast<std::size_t>(size)), ' ');
  if (numbers.size() < 2) return {};
  const auto resident = base::parse_number(numbers[1], UINT32_MAX);
  if (!resident) return {};
  return std::uint64_t{*resident} * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto time = [](const timeval& one) { return static_cast<double>(one.tv_sec) + static_cast<double>(one.tv_usec) * 1e-6; };
  return time(usage.ru_utime) + time(usage.ru_stime);
}

void write_process(Writer& out, const Counters& counters, const ProcessFacts& process) {
  out.info("spfd_build", "The version.");
  out.sample(label("version", base::kVersion), 1);
  out.gauge("spfd_draining", "Whether the daemon is drained.", process.is_drained ? 1 : 0);
  out.gauge("spfd_reload_success", "Whether the last reload succeeded, or there was none.", process.has_reloaded ? 1 : 0);
  out.gauge("spfd_reload_timestamp_seconds", "When the configuration in force was read.", number(seconds(process.reloaded)));
  out.gauge("spfd_loop_lag_seconds", "How long the slowest worker took to begin with the task that reads its counters.",
            number(static_cast<double>(counters.lag.nanoseconds) * kNanosecond));
  out.counter("spfd_log_lines_dropped", "Lines that were lost because the log could not be written in time.",
              process.lost_log_lines);
  const SandboxState& sandbox = process.sandbox;
  out.gauge("spfd_sandbox", "Whether this part of the sandbox is in force.");
  out.sample(label("part", "no-new-privileges"), sandbox.no_new_privs ? 1 : 0);
  out.sample(label("part", "files"), sandbox.files ? 1 : 0);
  out.sample(label("part", "tcp"), sandbox.tcp ? 1 : 0);
  out.sample(label("part", "signals"), sandbox.signals ? 1 : 0);
  out.sample(label("part", "system-calls"), sandbox.system_calls ? 1 : 0);
  out.counter("spfd_sandbox_refused_calls", "System calls that the sandbox has refused.", process.refused_calls);
  out.gauge(out.of_process("start_time_seconds"), "When the process started.", number(seconds(process.started)));
  out.counter(out.of_process("cpu_seconds"), "Processor time, of user and system.", number(cpu_seconds()));
  if (const auto bytes = resident_bytes()) {
    out.gauge(out.of_process("resident_memory_bytes"), "Resident memory.", *bytes);
  }
  if (const auto count = open_descriptors()) {
    out.gauge(out.of_process("open_fds"), "Open descriptors.", *count);
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  out.gauge(out.of_process("max_fds"), "Descriptors that may be open.", limit.rlim_cur);
}

}  // namespace

void open_process_files() {
  process_files().descriptors = io::Descriptor(::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  process_files().memory = io::Descriptor(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
}

std::string metrics_text(const Counters& counters, const io::CacheCounters& cache, const ProcessFacts& process,
                         MetricsFormat format) {
  Writer out(format);
  write_checks(out, counters);
  write_rewriting(out, counters);
  write_clients(out, counters, process);
  write_dns(out, counters, cache, process);
  write_process(out, counters, process);
  return out.finish();
}

}  // namespace spfd
