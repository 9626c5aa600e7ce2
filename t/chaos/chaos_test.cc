// The daemon with three workers under everything at once: all doors and commands, clients that misbehave, faulty DNS, two name
// servers of which one at a time is dead and seldom both are, reloads with good and bad files, signals, a log reader that stops
// for a while, files that cannot grow, a time of day that jumps.
//
// Every verdict is compared with the expected one; temperror is allowed only after a fault. Every request is answered. Memory,
// descriptors and threads stay bounded. CHAOS_SECONDS (5) is the duration, CHAOS_SEED the seed of the random choices.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/io/descriptor.h"
#include "common/io/guarded.h"
#include "t/chaos/clients.h"
#include "t/chaos/log_reader.h"
#include "t/chaos/world.h"
#include "t/support/dns_server.h"
#include "t/support/sanitized.h"
#include "t/support/spfd_process.h"

namespace {

using support::SpfdProcess;

constexpr std::size_t kMaxComplaints = 5;
// The run ends after so many.
constexpr std::size_t kTooMany = 100;
constexpr int kThreadsOfADoor = 3;
// The descriptors that an idle spfd may have in addition to those at its start: sockets of the resolver, and connections that
// end.
constexpr std::ptrdiff_t kSpareDescriptors = 40;
// The cache has 16 MB; a sanitizer keeps freed memory.
constexpr std::size_t kMaxGrowth = (support::kIsSanitized ? std::size_t{600} : std::size_t{100}) << 20;

std::uint64_t number_of(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  const auto number = text == nullptr ? std::nullopt : base::parse_number(text, 0xffffffffUL);
  return number.value_or(otherwise);
}

std::ptrdiff_t entries(const std::string& folder) {
  const std::filesystem::directory_iterator files(folder);
  return std::distance(begin(files), end(files));
}
std::ptrdiff_t descriptors_of(pid_t pid) { return entries(fmt::format("/proc/{}/fd", pid)); }
std::ptrdiff_t threads_of(pid_t pid) { return entries(fmt::format("/proc/{}/task", pid)); }

// The file with the seconds by which the daemon's time of day is wrong (clock/clock.cc).
class WrongClock {
 public:
  explicit WrongClock(const std::string& path) : path_(path) {
    const io::Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file.is_open() || ::ftruncate(file.get(), sizeof(std::int64_t)) != 0)
      throw std::system_error(errno, std::generic_category(), path);
    void* const map = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (map == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    offset_ = static_cast<volatile std::int64_t*>(map);
  }
  void set(std::chrono::seconds offset) { *offset_ = offset.count(); }
  [[nodiscard]] std::map<std::string, std::string> environment() const {
    return {{"CHAOS_CLOCK", path_}, {"LD_PRELOAD", std::filesystem::absolute(support::program("../t/clock.so")).string()}};
  }

 private:
  const std::string path_;
  volatile std::int64_t* offset_ = nullptr;  // mapped until the end of the process
};

class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : seed_(seed), spfd_(settings()) {}

  void run(std::chrono::seconds time) {
    end_ = std::chrono::steady_clock::now() + time;
    const auto descriptors = descriptors_of(spfd_.pid());
    const auto threads = threads_of(spfd_.pid());
    const auto memory = spfd_.resident();
    std::vector<std::thread> all;
    std::uint64_t number = 0;
    for (const chaos::NamedPlayer& player : chaos::players()) {
      for (int i = 0; i < kThreadsOfADoor; ++i) {
        all.emplace_back([this, &player, seed = seed_ + ++number] { play(player, seed); });
      }
    }
    all.emplace_back([this] { disturb(); });
    all.emplace_back([this] { restart_name_servers(); });
    all.emplace_back([this] { hold_up_log(); });
    all.emplace_back([this] { fill_disk(); });
    all.emplace_back([this] { set_clock(); });
    std::size_t peak = memory;
    std::ptrdiff_t most_descriptors = descriptors;
    std::ptrdiff_t most_threads = threads;
    while (!is_over()) {
      peak = std::max(peak, spfd_.resident());
      most_descriptors = std::max(most_descriptors, descriptors_of(spfd_.pid()));
      most_threads = std::max(most_threads, threads_of(spfd_.pid()));
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    for (std::thread& thread : all) thread.join();

    for (const std::string& complaint : complaints_.with([](const auto& some) { return some; })) FAIL_CHECK(complaint);
    const chaos::Score score = score_.with([](const auto& sum) { return sum; });
    fmt::print(
        "seed {}, {} s\n"
        "requests        {}\n"
        "wrong           {}\n"
        "lost            {}\n"
        "temperror       {} after a fault\n"
        "peak memory     {} MB\n"
        "descriptors     {} at most\n"
        "threads         {} at most\n"
        "p99             {:.1f} ms, of single requests without a fault\n"
        "p99.9           {:.1f} ms\n"
        "faults          {} reloads, {} restarts of a name server, {} outages of both, {} pauses of the log, {} full disks, {} "
        "jumps of the clock\n",
        seed_, time.count(), score.answers, wrong_.load(), lost_.load(), score.temperrors, peak >> 20, most_descriptors,
        most_threads, score.quantile(0.99) * 1000, score.quantile(0.999) * 1000, reloads_.load(), restarts_.load(),
        outages_.load(), pauses_.load(), full_disks_.load(), jumps_.load());
    CHECK(wrong_ == 0);
    CHECK(lost_ == 0);
    CHECK(score.answers > 0);
    CHECK(reloads_ > 0);
    CHECK(restarts_ > 0);
    CHECK(spfd_.is_running());
    CHECK(peak < memory + kMaxGrowth);
    CHECK(most_threads == threads);
    support::wait_until("the descriptors to be closed",
                        [&] { return descriptors_of(spfd_.pid()) <= descriptors + kSpareDescriptors; });
    CHECK(spfd_.stop() == 0);
    CHECK(log_.reports() == "");
  }

 private:
  SpfdProcess::Settings settings() {
    const std::string secret = folder_.write("secret", "tops3cr3t\n");
    ::chmod(secret.c_str(), 0600);
    write_config("good");
    for (std::size_t i = 0; i < dns_.size(); ++i) dns_[i].emplace(chaos::hostile_handler(seed_ + i));
    doors_ = {.query = {},
              .milter = "unix:" + (folder_ / "milter"),
              .srs_forward = "unix:" + (folder_ / "forward"),
              .srs_reverse = "unix:" + (folder_ / "reverse"),
              .control = "unix:" + (folder_ / "control")};
    std::map<std::string, std::string> environment = {{"ASAN_OPTIONS", "quarantine_size_mb=16"}};
    // The run-time libraries of sanitizers must be loaded first.
    if (!support::kIsSanitized) environment.merge(clock_.environment());
    return {.arguments = {"--config",
                          folder_ / "spfd.conf",
                          "--nameserver",
                          dns_[0]->address(),
                          "--nameserver",
                          dns_[1]->address(),
                          "--workers",
                          "3",
                          "--cache-size",
                          "16M",
                          "--dns-timeout",
                          "1500ms",
                          "--timeout",
                          "10s",
                          "--milter",
                          doors_.milter,
                          "--srs",
                          doors_.srs_forward,
                          "--srs",
                          doors_.srs_reverse + ",map=reverse",
                          "--srs-secret-file",
                          secret,
                          "--srs-domain",
                          "fwd.example",
                          "--control",
                          doors_.control,
                          "--cache-file",
                          folder_ / "cache"},
            .environment = std::move(environment),
            .log_to = log_.input()};
  }

  // "good", "bad" or "bad shadow".
  void write_config(std::string_view what) const {
    folder_.write("next.conf", what == "bad shadow" ? "on-fail = \"loud\"\n" : "on-softfail = \"reject\"\n");
    const std::string good =
        "idle-timeout = \"50s\"\ncheck-id = \"header\"\nshadow-config = \"" + (folder_ / "next.conf") + "\"\n";
    folder_.write("spfd.conf", what == "bad" ? "idle-timeout = \"\nnonsense = 1\n" : good);
  }

  [[nodiscard]] bool is_over() const { return failed_ || std::chrono::steady_clock::now() >= end_; }
  void sleep(std::chrono::milliseconds time) const {
    const auto until = std::chrono::steady_clock::now() + time;
    while (!is_over() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }

  void play(const chaos::NamedPlayer& player, std::uint64_t seed) {
    chaos::Random random(seed);
    chaos::Doors doors = doors_;
    doors.query = spfd_.address();
    chaos::Score score;
    while (!is_over()) {
      try {
        player.play(doors, random, score);
      } catch (const chaos::WrongAnswer& error) {
        ++wrong_;
        complain(fmt::format("seed {}, {}: {}", seed_, player.name, error.what()));
      } catch (const std::exception& error) {
        ++lost_;
        complain(fmt::format("seed {}, {}: {}", seed_, player.name, error.what()));
      }
    }
    score_.with([&](chaos::Score& sum) { sum.add(score); });
  }

  void disturb() {
    chaos::Random random(seed_);
    while (!is_over()) {
      const std::size_t which = chaos::below(random, 4);
      write_config(which < 2 ? "good" : which == 2 ? "bad" : "bad shadow");
      spfd_.signal(chaos::below(random, 4) == 0 ? SIGUSR1 : SIGHUP);
      ++reloads_;
      sleep(std::chrono::milliseconds(10 + chaos::below(random, 200)));
    }
  }

  // Mostly one of the two is dead at a time, so the verdicts stay the expected ones.
  void restart_name_servers() {
    chaos::Random random(seed_ + 1);
    auto next_outage = std::chrono::steady_clock::now() + kBeforeOutage;
    while (!is_over()) {
      if (std::chrono::steady_clock::now() >= next_outage) {
        stop_both(random);
        next_outage = std::chrono::steady_clock::now() + kBetweenOutages;
      }
      const std::size_t which = chaos::below(random, dns_.size());
      const std::uint16_t port = dns_[which]->port();
      dns_[which].reset();
      sleep(std::chrono::milliseconds(200 + chaos::below(random, 1500)));
      start_again(dns_[which], port, random());
      ++restarts_;
      sleep(std::chrono::milliseconds(500 + chaos::below(random, 1500)));
      for (auto& server : dns_) server->forget_counts();
    }
  }

  void stop_both(chaos::Random& random) {
    chaos::outage().begin();
    const std::array ports = {dns_[0]->port(), dns_[1]->port()};
    for (auto& server : dns_) server.reset();
    sleep(std::chrono::milliseconds(1000 + chaos::below(random, 3000)));
    for (std::size_t i = 0; i < dns_.size(); ++i) start_again(dns_[i], ports[i], random());
    chaos::outage().end();
    ++outages_;
  }

  // Another socket may have the port for a moment: those of spfd's questions are random.
  static void start_again(std::optional<support::DnsServer>& server, std::uint16_t port, std::uint64_t seed) {
    support::wait_until("the port of the name server", [&] {
      try {
        server.emplace(chaos::hostile_handler(seed), support::DnsServer::Options{.port = port});
      } catch (const std::system_error&) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
      return server.has_value();
    });
  }

  void hold_up_log() {
    chaos::Random random(seed_ + 2);
    while (!is_over()) {
      sleep(std::chrono::milliseconds(500 + chaos::below(random, 3000)));
      log_.pause(true);
      ++pauses_;
      sleep(std::chrono::milliseconds(chaos::below(random, 3000)));
      log_.pause(false);
    }
  }

  // Lets no file of the daemon grow, as if the disk were full, and has the cache written meanwhile and afterwards.
  void fill_disk() {
    chaos::Random random(seed_ + 3);
    const auto limit = [&](rlim_t bytes) {
      const rlimit size{bytes, RLIM_INFINITY};
      return ::prlimit(spfd_.pid(), RLIMIT_FSIZE, &size, nullptr) == 0;
    };
    const auto dump = [&] {
      support::Client client(doors_.control);
      client.send("dump_cache\n");
      return client.read_to_end();
    };
    while (!is_over()) {
      try {
        if (!limit(1)) complain("prlimit");
        const std::string full = dump();
        if (!full.starts_with("error: cache-file: ")) complain("dump_cache on a full disk: " + full);
        if (!limit(RLIM_INFINITY)) complain("prlimit");
        const std::string written = dump();
        if (!written.starts_with("ok\n")) complain("dump_cache: " + written);
        ++full_disks_;
      } catch (const std::exception& error) {
        complain(fmt::format("dump_cache: {}", error.what()));
      }
      sleep(std::chrono::milliseconds(500 + chaos::below(random, 5000)));
    }
  }

  // The time of day jumps by up to half a day in both directions; stamps of rewritten addresses are valid for longer.
  void set_clock() {
    chaos::Random random(seed_ + 4);
    while (!is_over() && !support::kIsSanitized) {
      clock_.set(std::chrono::seconds(static_cast<std::int64_t>(chaos::below(random, 86400)) - 43200));
      ++jumps_;
      sleep(std::chrono::milliseconds(100 + chaos::below(random, 3000)));
    }
  }

  void complain(std::string what) {
    if (++complaints_made_ >= kTooMany) failed_ = true;
    complaints_.with([&](std::vector<std::string>& all) {
      if (all.size() < kMaxComplaints) all.push_back(std::move(what));
    });
  }

  const std::uint64_t seed_;
  std::chrono::steady_clock::time_point end_;
  static constexpr std::chrono::seconds kBeforeOutage{8};
  static constexpr std::chrono::seconds kBetweenOutages{60};

  support::TempFolder folder_;
  WrongClock clock_{folder_ / "clock"};
  std::array<std::optional<support::DnsServer>, 2> dns_;
  chaos::LogReader log_;
  chaos::Doors doors_;
  SpfdProcess spfd_;
  std::atomic<bool> failed_ = false;
  std::atomic<std::size_t> reloads_ = 0;
  std::atomic<std::size_t> restarts_ = 0;
  std::atomic<std::size_t> outages_ = 0;
  std::atomic<std::size_t> pauses_ = 0;
  std::atomic<std::size_t> full_disks_ = 0;
  std::atomic<std::size_t> jumps_ = 0;
  std::atomic<std::size_t> wrong_ = 0;
  std::atomic<std::size_t> lost_ = 0;
  std::atomic<std::size_t> complaints_made_ = 0;
  io::Guarded<chaos::Score> score_;
  io::Guarded<std::vector<std::string>> complaints_;
};

TEST_CASE("chaos: all doors, faulty DNS, reloads and signals at once") {
  const std::uint64_t seed =
      number_of("CHAOS_SEED", static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) % 1000000);
  Chaos(seed).run(std::chrono::seconds(number_of("CHAOS_SECONDS", 5)));
}

}  // namespace
