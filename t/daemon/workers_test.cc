// The assignment of connections to workers, measured by the wake-ups of each thread.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "t/daemon/pass_zone.h"
#include "t/support/spfd_process.h"

namespace {

using pass_zone::kQuestion;
using pass_zone::kZone;
using support::Client;
using support::SpfdProcess;

// Returns the wake-ups of each worker so far, by thread id.
std::map<std::string, long> wakes_of_workers(pid_t pid) {
  std::map<std::string, long> wakes;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    if (support::slurp(thread.path() / "comm") != "spfd worker\n") continue;
    const std::string status = support::slurp(thread.path() / "status");
    constexpr std::string_view kField = "\nvoluntary_ctxt_switches:";
    wakes[thread.path().filename()] = std::stol(status.substr(status.find(kField) + kField.size()));
  }
  return wakes;
}

// Returns the wake-ups of each worker since `before`, in ascending order.
std::vector<long> wakes_since(const std::map<std::string, long>& before, pid_t pid) {
  std::vector<long> since;
  for (const auto& [thread, wakes] : wakes_of_workers(pid)) since.push_back(wakes - before.at(thread));
  std::sort(since.begin(), since.end());
  return since;
}

TEST_CASE("a connection wakes one worker, not all of them") {
  constexpr int kQuestions = 300;
  const SpfdProcess spfd({.arguments = {"--workers", "8"}, .zone = std::string(kZone)});
  CHECK(spfd.ask(kQuestion).starts_with("result=pass"));
  const auto before = wakes_of_workers(spfd.pid());
  REQUIRE(before.size() == 8);
  for (int i = 0; i < kQuestions; ++i) CHECK(spfd.ask(kQuestion).starts_with("result=pass"));
  long sum = 0;
  for (const long wakes : wakes_since(before, spfd.pid())) sum += wakes;
  // A request may arrive in two pieces: its bytes, and the end of the client's side.
  CHECK(sum < 3 * kQuestions);
}

TEST_CASE("kept connections are spread over the workers, also if they arrive at once") {
  constexpr int kConnections = 16;
  const SpfdProcess spfd({.arguments = {"--workers", "4"}, .zone = std::string(kZone)});
  const std::string question = "keep=1\n" + std::string(kQuestion);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < kConnections; ++i) clients.push_back(std::make_unique<Client>(spfd.address()));
  const auto ask_all = [&] {
    for (const auto& client : clients) {
      client->send(question);
      CHECK(client->read_answer().starts_with("result=pass"));
    }
  };
  ask_all();
  const auto before = wakes_of_workers(spfd.pid());
  constexpr int kRounds = 20;
  for (int i = 0; i < kRounds; ++i) ask_all();
  const std::vector<long> wakes = wakes_since(before, spfd.pid());
  REQUIRE(wakes.size() == 4);
  // Each has some of the connections. (A request whose worker is still awake does not wake it.)
  CHECK(wakes.front() >= kRounds / 2);
}

}  // namespace
