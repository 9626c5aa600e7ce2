// The control socket and spfctl on the real daemon: each command, users without permission, garbage, many clients at once.
#include <doctest/doctest.h>
#include <grp.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/protocol/control.h"
#include "t/daemon/control_world.h"
#include "t/support/sandbox.h"

namespace {

using control_world::has;
using control_world::records;
using control_world::World;
using std::chrono::milliseconds;
using support::Client;
using support::Finished;
using support::SpfdProcess;
using support::TempFolder;

constexpr std::string_view kZone = "pass.test TXT \"v=spf1 ip4:192.0.2.10 -all\"\n";
constexpr std::string_view kQuestion = "ip=192.0.2.10\nhelo=mail.pass.test\nsender=u@pass.test\n\n";
constexpr std::string_view kFailing = "ip=192.0.2.99\nhelo=mail.pass.test\nsender=u@pass.test\n\n";

TEST_CASE("control: status and stats") {
  const World world({.zone = std::string(kZone)});
  CHECK(world.spfd().ask(kQuestion).starts_with("result=pass"));
  const std::string status = world.output({"status"});
  CAPTURE(status);
  for (const char* line : {"version=", "state=running\n", "workers=", "max_connections=10000\n", "last_reload=never\n",
                           "dry_run=off\n", "log_level=info\n", "cache_limit=67108864\n"})
    CHECK(has(status, line));
  CHECK(has(status, "pid=" + std::to_string(world.spfd().pid()) + "\n"));
  CHECK(has(status, "control unix:" + world.path()));
  CHECK(has(world.output({"stats"}), "questions=1 none=0 neutral=0 pass=1 "));
  CHECK(has(world.output({"stats"}), "log lost-lines=0\n"));
  CHECK(has(world.output({"stats"}), "sandbox refused-calls=0\n"));
  if (support::why_no_sandbox().empty()) CHECK(has(status, "system calls by seccomp\n"));
}

TEST_CASE("control: stats counts commands only as requests of their door") {
  const World world;
  CHECK(has(world.output({"stats"}), " control=1\n"));
  CHECK(world.output({"peers"}).empty());
  const std::string stats = world.output({"stats"});
  CHECK(has(stats, " control=3\n"));
  CHECK(has(stats, "questions=0 "));
  CHECK(has(stats, "connections=0 "));
}

TEST_CASE("control: explain shows trace, answer and reasons of a check, though allow-explain is off") {
  const World world({.zone = std::string(kZone)});
  const std::string output = world.output({"explain", "ip=198.18.0.99", "helo=mail.pass.test", "sender=u@pass.test"});
  CAPTURE(output);
  CHECK(output.starts_with("trace=pass.test -> fail (lookups 0, void 0)\n"));
  CHECK(has(output, "\ntrace=  v=spf1 ip4:192.0.2.10 -all\n"));
  CHECK(has(output, "\nresult=fail\n"));
  CHECK(has(output, "\naction=reject\n"));
  CHECK(has(output, "\nwhy="));
  CHECK(has(output, "\nchange_record="));
  CHECK_FALSE(has(output, "allow-explain"));
  // A change of the policy is also one for explanations.
  CHECK(world.spfd().answer(std::string(kFailing)).count("trace") == 0);
  static_cast<void>(world.output({"dry_run", "on"}));
  CHECK(has(world.output({"explain", "ip=198.18.0.99", "helo=mail.pass.test", "sender=u@pass.test"}), "\naction=accept\n"));
  const Finished finished = world.ctl({"explain", "helo=mail.pass.test"});
  CHECK(finished.exit_code == 1);
  CHECK(has(finished.errors, "ip"));
}

TEST_CASE("control: the socket file has mode 0600, and is removed at the end") {
  const World world({.zone = std::string(kZone)});
  struct stat status {};
  REQUIRE(::stat(world.path().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600);
  CHECK(world.spfd().stop() == 0);
  CHECK_FALSE(std::filesystem::exists(world.path()));
  const Finished finished = world.ctl({"status"});
  CHECK(finished.exit_code == 2);
  CHECK(has(finished.errors, "spfctl: cannot reach " + world.path()));
}

TEST_CASE("control: reload answers what SIGHUP logs, and fails if the old configuration stays in force") {
  const TempFolder folder;
  const std::string config = folder.write("spfd.conf", "on-fail = \"reject\"\n");
  const World world({.arguments = {"--config", config}, .zone = std::string(kZone)});
  CHECK(has(world.spfd().ask(kFailing), "action=reject"));
  static_cast<void>(folder.write("spfd.conf", "on-fail = \"defer\"\nworkers = 7\n"));
  CHECK(world.output({"reload"}) == "a change of these options needs a restart: workers\nreloaded\n");
  CHECK(has(world.spfd().ask(kFailing), "action=defer"));
  CHECK(has(world.output({"status"}), "last_reload=ok\n"));

  static_cast<void>(folder.write("spfd.conf", "on-fail = \"defer\"\nno-such-key = 1\n"));
  const Finished finished = world.ctl({"reload"});
  CHECK(finished.exit_code == 1);
  CHECK(finished.output.empty());
  CHECK(finished.errors.starts_with("spfctl: not reloaded, the old configuration stays in force: " + config + ":2: no-such-key"));
  CHECK(has(world.spfd().ask(kFailing), "action=defer"));
  CHECK(has(world.output({"status"}), "last_reload=failed\n"));
}

TEST_CASE("control: lookup shows the content of the cache; flush removes a name, a zone, all") {
  support::DnsServer dns(records);
  const World world({.arguments = {"--nameserver", dns.address()}});
  const auto ask = [&](const std::string& domain) { return world.spfd().ask("ip=192.0.2.10\nsender=u@" + domain + "\n\n"); };
  const auto names = {"known.test", "a.known.test", "b.a.known.test", "missing.test"};
  for (const char* name : names) CHECK(has(ask(name), "result="));
  const auto is_cached = [&](const std::string& name) { return !has(world.output({"lookup", name}), " is not in the cache"); };
  const std::string found = world.output({"lookup", "Known.Test."});
  CAPTURE(found);
  CHECK(found.starts_with("known.test TXT ttl="));
  CHECK(found.ends_with(" \"v=spf1 ip4:192.0.2.10 -all\"\n"));
  CHECK(world.output({"lookup", "known.test", "mx"}) == "known.test is not in the cache\n");
  CHECK(world.output({"lookup", "."}) == ". is not in the cache\n");
  CHECK(has(world.output({"lookup", "missing.test", "TXT"}), " no such name\n"));
  CHECK(world.ctl({"lookup", "known.test", "SOA"}).exit_code == 1);
  CHECK(world.ctl({"lookup", "a..b"}).exit_code == 1);

  CHECK(world.output({"flush", "a.known.test"}) == "removed=1\n");
  CHECK(is_cached("known.test"));
  CHECK_FALSE(is_cached("a.known.test"));
  CHECK(is_cached("b.a.known.test"));
  CHECK(world.output({"flush", ".known.test"}) == "removed=2\n");
  CHECK_FALSE(is_cached("known.test"));
  CHECK_FALSE(is_cached("b.a.known.test"));
  CHECK(is_cached("missing.test"));
  // No name ends another one in the middle of a label.
  CHECK(world.output({"flush", ".nown.test"}) == "removed=0\n");
  CHECK(world.output({"flush", "all"}) == "removed=1\n");
  CHECK_FALSE(is_cached("missing.test"));
  CHECK(world.ctl({"flush"}).exit_code == 1);
  CHECK(world.ctl({"flush", "a..b"}).exit_code == 1);

  Client waiting(world.spfd().address());
  waiting.send("ip=192.0.2.10\nsender=u@slow.test\n\n");
  support::wait_until("the question", [&] {
    return has(world.output({"lookup", "slow.test"}), "slow.test TXT under way, waiting=1\n");
  });
  CHECK(world.output({"flush", "slow.test"}) == "removed=0\n");
}

TEST_CASE("control: loglevel and dry_run last until the next reload") {
  const TempFolder folder;
  const std::string config = folder.write("spfd.conf", "[sender.\"pass.test\"]\ndry-run = false\n");
  const World world({.arguments = {"--config", config}, .zone = std::string(kZone)});
  CHECK(world.output({"loglevel", "debug"}).empty());
  CHECK(world.output({"dry_run", "on"}).empty());
  CHECK(has(world.output({"status"}), "log_level=debug\n"));
  const std::string answer = world.spfd().ask(kFailing);
  CHECK(has(answer, "action=accept"));
  CHECK(has(answer, "would=reject"));
  world.spfd().wait_for_log("debug: trace: ");
  CHECK(has(world.output({"reload"}), "reloaded\n"));
  const std::string status = world.output({"status"});
  CHECK(has(status, "log_level=info\n"));
  CHECK(has(status, "dry_run=off\n"));
  CHECK(has(world.spfd().ask(kFailing), "action=reject"));
  CHECK(world.ctl({"loglevel", "loud"}).exit_code == 1);
  CHECK(world.ctl({"dry_run", "maybe"}).exit_code == 1);
}

TEST_CASE("control: drain ends kept connections between requests and is reported by health; undrain ends it") {
  support::DnsServer dns(records);
  const World world({.arguments = {"--nameserver", dns.address()}, .zone = std::string(kZone)});
  Client kept(world.spfd().address());
  kept.send("keep=1\n" + std::string(kQuestion));
  CHECK(kept.read_answer().starts_with("result=pass"));
  Client busy(world.spfd().address());
  busy.send("keep=1\nip=192.0.2.10\nsender=u@slow.test\ntimeout=1\n\n");
  support::wait_until("the check", [&] { return has(world.output({"lookup", "slow.test"}), "waiting=1"); });

  CHECK(world.output({"drain"}).empty());
  CHECK(has(world.output({"status"}), "state=draining\n"));
  CHECK(kept.read_to_end().empty());
  CHECK(busy.read_answer().starts_with("result=temperror"));
  CHECK(busy.read_to_end().empty());
  // New connections are answered once.
  Client late(world.spfd().address());
  late.send("keep=1\n" + std::string(kQuestion));
  CHECK(late.read_answer().starts_with("result=pass"));
  CHECK(late.read_to_end().empty());
  CHECK(world.spfd().ask("request=health\n\n").starts_with("health=draining\n"));

  CHECK(world.output({"undrain"}).empty());
  CHECK(has(world.output({"status"}), "state=running\n"));
  CHECK(world.spfd().ask("request=health\n\n").starts_with("health=ok\n"));
  Client again(world.spfd().address());
  for (int i = 0; i < 2; ++i) {
    again.send("keep=1\n" + std::string(kQuestion));
    CHECK(again.read_answer().starts_with("result=pass"));
  }
}

TEST_CASE("control: top shows domains, the most frequent first, and peers the clients with the most connections") {
  support::DnsServer dns(records);
  const World world({.arguments = {"--nameserver", dns.address(), "--workers", "3"}, .zone = std::string(kZone)});
  for (int i = 0; i < 3; ++i) CHECK(world.spfd().ask(kFailing).starts_with("result=fail"));
  CHECK(world.spfd().ask("ip=192.0.2.99\nsender=u@known.test\n\n").starts_with("result=fail"));
  CHECK(world.spfd().ask("ip=192.0.2.99\nsender=u@servfail.test\n\n").starts_with("result=temperror"));
  CHECK(world.spfd().ask("ip=192.0.2.99\nsender=u@slow.test\ntimeout=2\n\n").starts_with("result=temperror"));
  CHECK(world.output({"top", "refused"}) == "3 pass.test\n1 known.test\n");
  CHECK(world.output({"top", "refused", "1"}) == "3 pass.test\n");
  CHECK(world.output({"top", "temperror"}) == "1 servfail.test\n1 slow.test\n");
  CHECK(world.output({"top", "slow"}) == "1 slow.test\n");
  for (const char* number : {"0", "65", "x"}) CHECK(world.ctl({"top", "slow", number}).exit_code == 1);
  CHECK(world.ctl({"top", "fast"}).exit_code == 1);
  CHECK(world.output({"peers"}).empty());
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(std::make_unique<Client>(world.spfd().address()));
  const std::string peer = "5 user " + std::to_string(::geteuid()) + ": pid " + std::to_string(::getpid()) + " (5)\n";
  support::wait_until("the connections", [&] { return world.output({"peers"}) == peer; });
}

// Stops one thread of a process for as long as it lives, as a fault in spfd would.
class StoppedThread {
 public:
  StoppedThread(pid_t process, std::string_view name) {
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
      std::string comm;
      std::getline(std::ifstream(task.path() / "comm"), comm);
      if (comm == name) thread_ = std::stoi(task.path().filename());
    }
    REQUIRE(thread_ > 0);
    is_stopped_ = ::ptrace(PTRACE_SEIZE, thread_, nullptr, nullptr) == 0;
    if (!is_stopped_) return;
    REQUIRE(::ptrace(PTRACE_INTERRUPT, thread_, nullptr, nullptr) == 0);
    int status = 0;
    REQUIRE(::waitpid(thread_, &status, __WALL) == thread_);
  }
  ~StoppedThread() {
    if (is_stopped_) ::ptrace(PTRACE_DETACH, thread_, nullptr, nullptr);
  }
  StoppedThread(const StoppedThread&) = delete;
  StoppedThread& operator=(const StoppedThread&) = delete;

  // Returns false where the system forbids this.
  [[nodiscard]] bool is_stopped() const { return is_stopped_; }

 private:
  pid_t thread_ = 0;
  bool is_stopped_ = false;
};

TEST_CASE("control: a stuck worker does not keep the counters of the others, and is named") {
  const World world({.arguments = {"--workers", "1"}, .zone = std::string(kZone)});
  CHECK(world.spfd().ask(kFailing).starts_with("result=fail"));
  constexpr std::string_view kWithout = "(without worker 1 of 1)\n";
  {
    const StoppedThread worker(world.spfd().pid(), "spfd worker");
    if (!worker.is_stopped()) {
      MESSAGE("not tried, since the system forbids ptrace");
      return;
    }
    // All at once, since each of them waits.
    const auto ask = [&](const std::vector<std::string>& words) {
      return std::async(std::launch::async, [&world, words] { return world.ctl(words); });
    };
    auto stats = ask({"stats"});
    auto stats_json = ask({"--json", "stats"});
    auto peers = ask({"peers"});
    auto top = ask({"top", "refused"});
    auto top_json = ask({"--json", "top", "refused"});
    auto metrics = ask({"stats", "--openmetrics"});
    world.spfd().signal(SIGUSR1);
    const std::string counters = stats.get().output;
    CHECK(counters.starts_with("questions=0 "));
    CHECK(counters.ends_with(kWithout));
    CHECK(has(stats_json.get().output, ", \"missing\": [\"worker 1 of 1\"]}\n"));
    CHECK(peers.get().output == kWithout);
    CHECK(top.get().output == kWithout);
    CHECK(has(top_json.get().output, "\"top\": [], \"missing\": [\"worker 1 of 1\"]"));
    const Finished refused = metrics.get();
    CHECK(refused.exit_code == 1);
    CHECK(refused.errors == "spfctl: there are no metrics, since a worker is stuck: worker 1 of 1\n");
    world.spfd().wait_for_log("counters: without worker 1 of 1");
  }
  CHECK(world.output({"top", "refused"}) == "1 pass.test\n");
  CHECK_FALSE(has(world.output({"stats"}), "without"));
}

TEST_CASE("control: during a stop, a command does not wait for a stuck worker either") {
  const World world({.arguments = {"--workers", "1"}, .zone = std::string(kZone)});
  const StoppedThread worker(world.spfd().pid(), "spfd worker");
  if (!worker.is_stopped()) {
    MESSAGE("not tried, since the system forbids ptrace");
    return;
  }
  auto stats = std::async(std::launch::async, [&] { return world.ctl({"stats"}); });
  world.spfd().signal(SIGTERM);
  const Finished finished = stats.get();
  CHECK(finished.errors.empty());
  CHECK(finished.output.ends_with("(without worker 1 of 1)\n"));
}

TEST_CASE("control: stop answers and ends the daemon") {
  const World world({.zone = std::string(kZone)});
  CHECK(world.output({"stop"}).empty());
  CHECK(world.spfd().wait() == 0);
  CHECK_FALSE(std::filesystem::exists(world.path()));
}

TEST_CASE("control: answers while all other connections are taken") {
  const World world({.arguments = {"--max-connections", "8"}, .zone = std::string(kZone)});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 30; ++i) clients.push_back(std::make_unique<Client>(world.spfd().address()));
  CHECK(has(world.output({"status"}), "max_connections=8\n"));
}

// Returns the answer to these bytes of a process of that user.
std::string as(uid_t user, const World& world, std::string_view bytes) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::string answer = "cannot connect";
    if (::setgroups(0, nullptr) == 0 && ::setgid(user) == 0 && ::setuid(user) == 0) {
      try {
        answer = world.send(bytes);
      } catch (const std::exception& error) {
        answer = error.what();
      }
    }
    ::_exit(::write(ends[1], answer.data(), answer.size()) < 0 ? 1 : 0);
  }
  ::close(ends[1]);
  std::string answer;
  std::array<char, 4096> buffer;
  for (ssize_t size = 0; (size = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
    answer.append(buffer.data(), static_cast<std::size_t>(size));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return answer;
}

TEST_CASE("control: users who are not allowed are refused and change nothing" * doctest::skip(::geteuid() != 0)) {
  {
    const World world({.arguments = {"--control-users", "54321"}, .zone = std::string(kZone)}, ",mode=0666");
    ::chmod(world.folder().path().c_str(), 0755);
    CHECK(as(54321, world, "status\n").starts_with("ok\nversion="));
    CHECK(as(54322, world, "stop\n") == "error: user 54322 may not control spfd (control-users)\n");
    CHECK(as(54322, world, "") == "error: user 54322 may not control spfd (control-users)\n");
    CHECK(has(world.output({"status"}), "state=running\n"));
    world.spfd().wait_for_log("warning: control: refused: user 54322 may not control spfd");
  }
  const World closed({.zone = std::string(kZone)});
  ::chmod(closed.folder().path().c_str(), 0755);
  CHECK_FALSE(as(54321, closed, "status\n").starts_with("ok"));
  // The user that the daemon becomes may give commands.
  const World dropped({.arguments = {"--user", "54321"}, .zone = std::string(kZone)}, ",user=54321");
  ::chmod(dropped.folder().path().c_str(), 0777);
  CHECK(as(54321, dropped, "status\n").starts_with("ok\nversion="));
  CHECK(dropped.output({"status"}).starts_with("version="));
}

TEST_CASE("control: stats-users may give the commands status and stats, and no other" * doctest::skip(::geteuid() != 0)) {
  const World world({.arguments = {"--stats-users", "54321"}, .zone = std::string(kZone)}, ",mode=0666");
  ::chmod(world.folder().path().c_str(), 0755);
  CHECK(as(54321, world, "status\n").starts_with("ok\nversion="));
  CHECK(as(54321, world, "stats\n").starts_with("ok\nquestions="));
  CHECK(as(54321, world, "stats openmetrics\n").ends_with("\n# EOF\n"));
  CHECK(as(54321, world, "json stats\n").starts_with("{\"ok\": true, "));
  int others = 0;
  for (const std::string& command : control_world::commands()) {
    if (command == "status" || command == "stats") continue;
    CAPTURE(command);
    const std::string line = command + (command == "explain" ? " ip=192.0.2.1 sender=a@pass.test\n" : "\n");
    CHECK(as(54321, world, line) == "error: this user may give the commands status and stats only (stats-users)\n");
    ++others;
  }
  CHECK(others == 13);
  CHECK(as(54322, world, "status\n") == "error: user 54322 may not control spfd (control-users)\n");
  CHECK(has(world.output({"status"}), "state=running\n"));
}

TEST_CASE("control: garbage, half a line, and unknown commands") {
  const World world({.arguments = {"--idle-timeout", "1"}, .zone = std::string(kZone)});
  CHECK(world.send("\n") == "error: there is no command in the line\n");
  CHECK(world.send("status now\n") == "error: status takes no arguments\n");
  CHECK(world.send("flush\n") == "error: usage: flush NAME | .ZONE | all\n");
  CHECK(world.send("  status  \r\n").starts_with("ok\n"));
  CHECK(world.send("make \"coffee\"\n") == "error: \"make\" is not a command; see spfctl(8)\n");
  CHECK(world.send(std::string_view("sta\0tus\n", 8)) == "error: a command is one line of printable US-ASCII\n");
  CHECK(world.send("lookup \xc3\xa4.test\n").starts_with("error: a command is one line of printable US-ASCII\n"));
  CHECK(world.send(std::string(3000, 'x')).starts_with("error: the line is longer than 2048 bytes\n"));
  CHECK(world.send("lookup " + std::string(1500, 'x') + "\n").starts_with("error: \"xxx"));
  // Only the first line counts.
  CHECK(world.send("loglevel info\nstop\nstop\n") == "ok\n");
  // Half a line is never carried out: neither at the end of the input nor when time is up.
  Client half("unix:" + world.path());
  half.send("stop");
  half.end_of_input();
  CHECK_FALSE(half.read_to_end().starts_with("ok"));
  Client slow("unix:" + world.path());
  slow.send("stop");
  CHECK(slow.read_to_end() == "error: the request was not complete in time\n");
  CHECK(has(world.output({"status"}), "state=running\n"));
  CHECK(world.spfd().is_running());
}

TEST_CASE("control: many clients at once, some of which never read or never write") {
  const World world({.zone = std::string(kZone)});
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 40; ++i) {
    idle.push_back(std::make_unique<Client>("unix:" + world.path()));
    if (i % 2 == 0) idle.back()->send("status\n");
  }
  std::vector<std::thread> threads;
  std::array<int, 4> good{};
  for (std::size_t i = 0; i < good.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 25; ++n) {
        const char* const command = n % 3 == 0 ? "status\n" : n % 3 == 1 ? "flush all\n" : "stats\n";
        if (world.send(command).starts_with("ok\n")) ++good[i];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : good) CHECK(count == 25);
  CHECK(world.spfd().ask(kQuestion).starts_with("result=pass"));
}

TEST_CASE("control: however many connections another user keeps, there is room for root" * doctest::skip(::geteuid() != 0)) {
  const World world({.arguments = {"--control-users", "54321", "--control-users", "54322"}, .zone = std::string(kZone)},
                    ",mode=0666");
  ::chmod(world.folder().path().c_str(), 0755);
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    char refused = 0;
    std::vector<std::unique_ptr<Client>> idle;
    if (::setgroups(0, nullptr) == 0 && ::setgid(54321) == 0 && ::setuid(54321) == 0) {
      try {
        for (int i = 0; i < 300; ++i) idle.push_back(std::make_unique<Client>("unix:" + world.path()));
        refused = idle.back()->read_to_end().starts_with("error: 4 connections of user 54321, 4 of all users") ? 'y' : 'n';
      } catch (const std::exception&) {
        refused = 'x';
      }
    }
    if (::write(ends[1], &refused, 1) == 1) ::pause();
    ::_exit(0);
  }
  char refused = 0;
  CHECK(::read(ends[0], &refused, 1) == 1);
  CHECK(refused == 'y');
  for (int i = 0; i < 3; ++i) CHECK(has(world.output({"status"}), "state=running\n"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("control: a client that disconnects before its answer has no effect") {
  const World world({.zone = std::string(kZone)});
  for (int i = 0; i < 200; ++i) {
    Client client("unix:" + world.path());
    client.send("stats\n");
  }
  CHECK(has(world.output({"status"}), "state=running\n"));
}

TEST_CASE("control: an inet address, an unknown user, and a socket in use are refused at the start") {
  const auto start = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--config", "/dev/null", "--listen", "inet:127.0.0.1:0"});
    return support::run(support::program("spfd"), arguments);
  };
  CHECK(has(start({"--control", "inet:127.0.0.1:1"}).errors, "must be a UNIX socket"));
  const World world({.zone = std::string(kZone)});
  CHECK(has(start({"--control", "unix:" + world.path()}).errors, "another server is listening there"));
  const TempFolder folder;
  CHECK(has(start({"--control", "unix:" + folder / "x", "--control-users", "nobody-of-that-name"}).errors,
            "control-users: there is no user \"nobody-of-that-name\""));
  CHECK(has(start({"--control", "unix:" + folder / "x", "--stats-users", "nobody-of-that-name"}).errors,
            "stats-users: there is no user \"nobody-of-that-name\""));
  CHECK_FALSE(std::filesystem::exists(folder / "x"));
}

TEST_CASE("spfctl: bytes of an answer that could control a terminal are shown as \\xNN") {
  const control_world::FakeServer server("ok\na\x1b]0;owned\x07\r\n\n\xc2\x9b[2J {\"key\": \"\x7f\"}\n");
  const auto finished = support::run(support::program("spfctl"), {"--socket", server.path(), "status"});
  CHECK(finished.exit_code == 0);
  CHECK(finished.output == "a\\x1b]0;owned\\x07\\x0d\n\n\\xc2\\x9b[2J {\"key\": \"\\x7f\"}\n");
}

TEST_CASE("spfctl: the reason of a daemon that refuses a client without reading its command") {
  // Such a daemon resets the connection, before or after the client has read the answer.
  for (const char* word : {"status", "--json"}) {
    const control_world::FakeServer server("error: user 1 may not \"control\" spfd\n");
    const auto finished = support::run(support::program("spfctl"), {"--socket", server.path(), word, "status"});
    CAPTURE(word);
    CHECK(finished.exit_code == 1);
    const bool is_json = word[0] == '-';
    CHECK(finished.errors == (is_json ? "" : "spfctl: user 1 may not \"control\" spfd\n"));
    CHECK(finished.output == (is_json ? "{\"ok\": false, \"error\": \"user 1 may not \\\"control\\\" spfd\"}\n" : ""));
  }
}

TEST_CASE("spfctl: its command line") {
  const auto run = [](const std::vector<std::string>& words) { return support::run(support::program("spfctl"), words); };
  CHECK(has(run({"--help"}).output, "Usage: spfctl"));
  CHECK(run({"--version"}).output.starts_with("spfctl "));
  CHECK(run({}).exit_code == 255);
  CHECK(run({"--socket", "", "status"}).exit_code == 255);
  CHECK(run({"--socket", std::string(200, 'x'), "status"}).exit_code == 255);
  CHECK(run({"flush", "all\nstop"}).exit_code == 255);
  CHECK(run({"flush", "a b"}).exit_code == 255);
  CHECK(run({"--socket", "/nonexistent/x", "explain", "ip=192.0.2.1", "sender=\"a b\"@x.example"}).exit_code == 2);
  CHECK(run({"--openmetrics", "status"}).errors == "spfctl: --openmetrics needs the command stats\n");
  for (const auto& [one, other] : {std::pair("--openmetrics", "--prometheus"),
                                   {"--prometheus", "--openmetrics"},
                                   {"--openmetrics", "--json"},
                                   {"--json", "--prometheus"}}) {
    const Finished both = run({"stats", one, other});
    CHECK(both.exit_code == 255);
    CHECK(has(both.errors, " exclude each other\n"));
  }
  CHECK(run({"--prometheus", "--prometheus", "--socket", "/nonexistent/x", "stats"}).exit_code == 2);
  CHECK(run({"--socket", "unix:/nonexistent/x,mode=0600", "status"}).errors ==
        "spfctl: cannot reach /nonexistent/x: No such file or directory\n");
  // A socket of another kind.
  const SpfdProcess spfd({.zone = std::string(kZone)});
  const Finished finished = run({"--socket", spfd.socket_path(), "--timeout", "5s", "status"});
  CHECK(finished.exit_code == 2);
}

}  // namespace
