// The daemon with three workers under everything at once: all doors, faulty DNS, two name servers of which one at a time is dead,
// reloads with good and bad files, signals, a log reader that stops for a while.
//
// Every verdict is compared with the expected one; temperror is allowed only after a fault. Every request is answered. Memory,
// descriptors and threads stay bounded. CHAOS_SECONDS (5) is the duration, CHAOS_SEED the seed of the random choices.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <sys/stat.h>

#include "common/base/text.h"
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
    std::size_t peak = memory;
    while (!is_over()) {
      peak = std::max(peak, spfd_.resident());
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    for (std::thread& thread : all) thread.join();

    for (const std::string& complaint : complaints_.with([](const auto& some) { return some; })) FAIL_CHECK(complaint);
    const chaos::Score score = score_.with([](const auto& sum) { return sum; });
    MESSAGE(
        fmt::format("seed {}: {} requests, all answered, {} temperror after a fault, {} reloads, {} restarts of name servers; "
                    "at most {} MB of memory; without fault 99 % in {:.1f} ms and 99.9 % in {:.1f} ms",
                    seed_, score.answers, score.temperrors, reloads_.load(), restarts_.load(), peak >> 20,
                    score.quantile(0.99) * 1000, score.quantile(0.999) * 1000));
    CHECK(score.answers > 0);
    CHECK(reloads_ > 0);
    CHECK(restarts_ > 0);
    CHECK(spfd_.is_running());
    CHECK(peak < memory + kMaxGrowth);
    CHECK(threads_of(spfd_.pid()) == threads);
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
              .srs_reverse = "unix:" + (folder_ / "reverse")};
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
                          "fwd.example"},
            .environment = {{"ASAN_OPTIONS", "quarantine_size_mb=16"}},
            .log_to = log_.input()};
  }

  void write_config(std::string_view what) const {
    folder_.write("spfd.conf", what == "good" ? "idle-timeout = \"50s\"\n" : "idle-timeout = \"\nnonsense = 1\n");
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
      } catch (const std::exception& error) {
        complain(fmt::format("seed {}, {}: {}", seed_, player.name, error.what()));
      }
    }
    score_.with([&](chaos::Score& sum) { sum.add(score); });
  }

  void disturb() {
    chaos::Random random(seed_);
    while (!is_over()) {
      write_config(chaos::below(random, 2) == 0 ? "good" : "bad");
      spfd_.signal(chaos::below(random, 4) == 0 ? SIGUSR1 : SIGHUP);
      ++reloads_;
      sleep(std::chrono::milliseconds(10 + chaos::below(random, 200)));
    }
  }

  // One of the two is dead at a time, so the verdicts stay the expected ones.
  void restart_name_servers() {
    chaos::Random random(seed_ + 1);
    while (!is_over()) {
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
      sleep(std::chrono::milliseconds(chaos::below(random, 3000)));
      log_.pause(false);
    }
  }

  void complain(std::string what) {
    failed_ = true;
    complaints_.with([&](std::vector<std::string>& all) {
      if (all.size() < kMaxComplaints) all.push_back(std::move(what));
    });
  }

  const std::uint64_t seed_;
  std::chrono::steady_clock::time_point end_;
  support::TempFolder folder_;
  std::array<std::optional<support::DnsServer>, 2> dns_;
  chaos::LogReader log_;
  chaos::Doors doors_;
  SpfdProcess spfd_;
  std::atomic<bool> failed_ = false;
  std::atomic<std::size_t> reloads_ = 0;
  std::atomic<std::size_t> restarts_ = 0;
  io::Guarded<chaos::Score> score_;
  io::Guarded<std::vector<std::string>> complaints_;
};

TEST_CASE("chaos: all doors, faulty DNS, reloads and signals at once") {
  const std::uint64_t seed =
      number_of("CHAOS_SEED", static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) % 1000000);
  Chaos(seed).run(std::chrono::seconds(number_of("CHAOS_SECONDS", 5)));
}

}  // namespace
