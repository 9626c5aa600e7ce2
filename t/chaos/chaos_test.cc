// The daemon with three workers under everything at once: all doors, faulty DNS, reloads with good and bad files, signals.
//
// Every verdict is compared with the expected one; temperror is allowed only after a fault. Every request is answered. Memory and
// descriptors stay bounded. CHAOS_SECONDS (5) is the duration, CHAOS_SEED the seed of the random choices.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <sys/stat.h>

#include "common/base/text.h"
#include "common/io/guarded.h"
#include "t/chaos/clients.h"
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

std::ptrdiff_t descriptors_of(pid_t pid) {
  const std::filesystem::directory_iterator files(fmt::format("/proc/{}/fd", pid));
  return std::distance(begin(files), end(files));
}

class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : seed_(seed), dns_(chaos::hostile_handler(seed)), spfd_(settings()) {}

  void run(std::chrono::seconds time) {
    end_ = std::chrono::steady_clock::now() + time;
    const auto descriptors = descriptors_of(spfd_.pid());
    const auto memory = spfd_.resident();
    std::vector<std::thread> threads;
    std::uint64_t number = 0;
    for (const chaos::NamedPlayer& player : chaos::players()) {
      for (int i = 0; i < kThreadsOfADoor; ++i) {
        threads.emplace_back([this, &player, seed = seed_ + ++number] { play(player, seed); });
      }
    }
    threads.emplace_back([this] { disturb(); });
    for (std::thread& thread : threads) thread.join();

    for (const std::string& complaint : complaints_.with([](const auto& all) { return all; })) FAIL_CHECK(complaint);
    MESSAGE(fmt::format("seed {}: {} requests answered, {} reloads", seed_, answered_.load(), reloads_.load()));
    CHECK(answered_ > 0);
    CHECK(reloads_ > 0);
    CHECK(spfd_.is_running());
    CHECK(spfd_.resident() < memory + kMaxGrowth);
    support::wait_until("the descriptors to be closed",
                        [&] { return descriptors_of(spfd_.pid()) <= descriptors + kSpareDescriptors; });
    CHECK(spfd_.stop() == 0);
  }

 private:
  SpfdProcess::Settings settings() {
    const std::string secret = folder_.write("secret", "tops3cr3t\n");
    ::chmod(secret.c_str(), 0600);
    write_config("good");
    doors_ = {.query = {},
              .milter = "unix:" + (folder_ / "milter"),
              .srs_forward = "unix:" + (folder_ / "forward"),
              .srs_reverse = "unix:" + (folder_ / "reverse")};
    return {.arguments = {"--config",
                          folder_ / "spfd.conf",
                          "--nameserver",
                          dns_.address(),
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
            .environment = {{"ASAN_OPTIONS", "quarantine_size_mb=16"}}};
  }

  void write_config(std::string_view what) const {
    folder_.write("spfd.conf", what == "good" ? "idle-timeout = \"50s\"\n" : "idle-timeout = \"\nnonsense = 1\n");
  }

  [[nodiscard]] bool is_over() const { return failed_ || std::chrono::steady_clock::now() >= end_; }

  void play(const chaos::NamedPlayer& player, std::uint64_t seed) {
    chaos::Random random(seed);
    chaos::Doors doors = doors_;
    doors.query = spfd_.address();
    while (!is_over()) {
      try {
        answered_ += player.play(doors, random);
      } catch (const std::exception& error) {
        complain(fmt::format("seed {}, {}: {}", seed_, player.name, error.what()));
      }
    }
  }

  void disturb() {
    chaos::Random random(seed_);
    while (!is_over()) {
      write_config(chaos::below(random, 2) == 0 ? "good" : "bad");
      spfd_.signal(chaos::below(random, 4) == 0 ? SIGUSR1 : SIGHUP);
      ++reloads_;
      std::this_thread::sleep_for(std::chrono::milliseconds(10 + chaos::below(random, 200)));
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
  support::DnsServer dns_;
  chaos::Doors doors_;
  SpfdProcess spfd_;
  std::atomic<bool> failed_ = false;
  std::atomic<std::size_t> answered_ = 0;
  std::atomic<std::size_t> reloads_ = 0;
  io::Guarded<std::vector<std::string>> complaints_;
};

TEST_CASE("chaos: all doors, faulty DNS, reloads and signals at once") {
  const std::uint64_t seed =
      number_of("CHAOS_SEED", static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) % 1000000);
  Chaos(seed).run(std::chrono::seconds(number_of("CHAOS_SECONDS", 5)));
}

}  // namespace
