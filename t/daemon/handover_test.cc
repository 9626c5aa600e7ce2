// From one spfd to the next: a second one that takes over the sockets, and a restart below a service manager that holds them.
// Clients that ask meanwhile get an answer.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/io/socket.h"
#include "common/service/unix_socket.h"
#include "t/daemon/pass_zone.h"
#include "t/support/dns_server.h"
#include "t/support/sanitized.h"
#include "t/support/spfd_process.h"

namespace {

using pass_zone::kQuestion;
using pass_zone::kSlowQuestion;
using pass_zone::kZone;
using support::Client;
using support::SpfdProcess;
using support::TempFolder;

// Clients that ask without a pause, each request on a connection of its own.
class Load {
 public:
  explicit Load(const std::string& address) {
    for (int i = 0; i < 4; ++i) {
      threads_.emplace_back([this, address] {
        while (!ends_) ask(address);
      });
    }
  }
  ~Load() { end(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void end() {
    ends_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  // Waits until this many more requests have been answered.
  void wait_for(int answers) const {
    const int before = answered_;
    support::wait_until("answers", [&] { return answered_ >= before + answers || !first_problem().empty(); });
  }
  [[nodiscard]] int answered() const { return answered_; }
  [[nodiscard]] std::string first_problem() const {
    const std::lock_guard lock(mutex_);
    return first_problem_;
  }

 private:
  void ask(const std::string& address) {
    std::string problem;
    try {
      Client client(address);
      client.send(kQuestion);
      const std::string answer = client.read_to_end();
      if (!answer.starts_with("result=pass")) problem = "answer: \"" + answer + "\"";
    } catch (const std::exception& error) {
      problem = error.what();
    }
    ++answered_;
    if (problem.empty()) return;
    const std::lock_guard lock(mutex_);
    if (first_problem_.empty()) first_problem_ = problem;
  }

  std::atomic<bool> ends_{false};
  std::atomic<int> answered_{0};
  mutable std::mutex mutex_;
  std::string first_problem_;
  std::vector<std::thread> threads_;
};

// ---- a successor takes over ----------------------------------------------------------------------------------------------

TEST_CASE("--take-over: a second spfd replaces the first; no client is refused meanwhile") {
  const TempFolder folder;
  const std::string address = "unix:" + folder / "spfd.sock";
  const std::vector<std::string> arguments = {"--listen", address, "--take-over", "--pid-file", folder / "pid", "--workers", "2"};
  auto current = std::make_unique<SpfdProcess>(SpfdProcess::Settings{.arguments = arguments, .zone = std::string(kZone)});
  Load load(address);
  for (int i = 0; i < 5; ++i) {
    load.wait_for(50);
    auto next = std::make_unique<SpfdProcess>(SpfdProcess::Settings{.arguments = arguments, .zone = std::string(kZone)});
    CHECK(next->log().find("taking over from process " + std::to_string(current->pid())) != std::string::npos);
    CHECK(current->wait() == EX_OK);
    // The predecessor's socket belongs to the successor.
    CHECK(std::filesystem::is_socket(folder / "spfd.sock"));
    CHECK(support::slurp(folder / "pid") == std::to_string(next->pid()) + "\n");
    current = std::move(next);
  }
  load.wait_for(50);
  load.end();
  CHECK(load.first_problem() == "");
  CHECK(current->stop() == EX_OK);
  CHECK_FALSE(std::filesystem::exists(folder / "spfd.sock"));
}

TEST_CASE("--take-over: the predecessor's checks are answered, and so are new requests meanwhile") {
  support::DnsServer dns([](const dns::Question&, bool) { return support::react(support::Reaction::Fault::silence); });
  const TempFolder folder;
  const std::string address = "unix:" + folder / "spfd.sock";
  const std::vector<std::string> arguments = {"--listen", address, "--take-over", "--nameserver", dns.address()};
  SpfdProcess first({.arguments = arguments, .zone = std::string(kZone)});
  Client slow(address);
  slow.send(kSlowQuestion);
  support::wait_until("the question to arrive", [&] { return dns.count() > 0; });
  SpfdProcess second({.arguments = arguments, .zone = std::string(kZone)});
  Client client(address);
  client.send(kQuestion);
  CHECK(client.read_to_end().starts_with("result=pass"));
  CHECK(slow.read_to_end().starts_with("result=temperror"));
  CHECK(first.wait() == EX_OK);
}

TEST_CASE("--take-over: a predecessor that hangs does not stop the successor, and does no harm when it continues") {
  const TempFolder folder;
  const std::string address = "unix:" + folder / "spfd.sock";
  const std::vector<std::string> arguments = {"--listen", address, "--take-over", "--pid-file", folder / "pid"};
  SpfdProcess first({.arguments = arguments, .zone = std::string(kZone)});
  Client old(address);
  old.send("keep=1\n" + std::string(kQuestion));
  CHECK(old.read_answer().starts_with("result=pass"));
  first.signal(SIGSTOP);
  SpfdProcess second({.arguments = arguments, .zone = std::string(kZone)});
  for (int i = 0; i < 3; ++i) {
    Client client(address);
    client.send(kQuestion);
    CHECK(client.read_to_end().starts_with("result=pass"));
  }
  first.signal(SIGCONT);
  CHECK(first.wait() == EX_OK);
  CHECK(support::slurp(folder / "pid") == std::to_string(second.pid()) + "\n");
  Client client(address);
  client.send(kQuestion);
  CHECK(client.read_to_end().starts_with("result=pass"));
}

TEST_CASE("--take-over: without it, or if the socket belongs to another program, nothing is replaced or asked to end") {
  const TempFolder folder;
  const std::string path = folder / "other.sock";
  const io::Descriptor other = support::listen_at(path);
  const auto refused =
      support::run(support::program("spfd"), {"--config", "/dev/null", "--listen", "unix:" + path, "--take-over"});
  CHECK(refused.exit_code == EX_UNAVAILABLE);
  CHECK(refused.errors.find("is not an spfd") != std::string::npos);
  CHECK_NOTHROW(Client("unix:" + path));
}

// Starts a successor that fails. Returns its end after checking that the first spfd has not noticed.
support::Finished fail_to_take_over(const SpfdProcess& first, const TempFolder& folder, std::vector<std::string> arguments) {
  const std::string path = first.socket_path();
  arguments.insert(arguments.begin(), {"--config", "/dev/null", "--listen", "unix:" + path, "--take-over"});
  support::Finished finished = support::run(support::program("spfd"), arguments);
  CAPTURE(finished.errors);
  CHECK(first.ask(kQuestion).starts_with("result=pass"));
  CHECK(first.log().find("stopping") == std::string::npos);
  for (const std::string& place : {folder.path(), first.folder().path()}) {
    for (const auto& entry : std::filesystem::directory_iterator(place))
      CHECK_FALSE(entry.path().filename().string().starts_with(".spfd-"));
  }
  return finished;
}

TEST_CASE("--take-over: a start that fails at another socket or at the pid file leaves the first spfd reachable") {
  const TempFolder folder;
  const SpfdProcess other({.zone = std::string(kZone), .on_tcp = true});
  const SpfdProcess first({.zone = std::string(kZone)});
  const auto in_use = fail_to_take_over(first, folder, {"--listen", other.address()});
  CHECK(in_use.exit_code == EX_UNAVAILABLE);
  CHECK(in_use.errors.find("Address already in use") != std::string::npos);
  CHECK(fail_to_take_over(first, folder, {"--pid-file", folder / "none/pid"}).exit_code == EX_CANTCREAT);
  // Detected when the socket has its name already.
  const std::string milter = folder / "milter.sock";
  const auto twice = fail_to_take_over(first, folder, {"--milter", "unix:" + milter, "--pid-file", milter});
  CHECK(twice.exit_code == EX_CANTCREAT);
  CHECK_FALSE(std::filesystem::exists(milter));
}

TEST_CASE("--take-over: a start that cannot create its worker threads leaves the first spfd reachable" *
          doctest::skip(::geteuid() != 0)) {
  const TempFolder folder;
  const SpfdProcess first({.zone = std::string(kZone)});
  rlimit old_limit{};
  REQUIRE(::getrlimit(RLIMIT_NPROC, &old_limit) == 0);
  // Not effective for root. The thread sanitizer has a thread of its own.
  const rlimit few{support::kIsSanitized ? 3U : 2U, old_limit.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NPROC, &few) == 0);
  const auto refused = fail_to_take_over(first, folder, {"--user", "54321", "--workers", "4"});
  ::setrlimit(RLIMIT_NPROC, &old_limit);
  CHECK(refused.exit_code == EX_OSERR);
  CHECK(refused.errors.find("cannot be started") != std::string::npos);
}

// A process that listens as `user`, pretends to be spfd, and may leave its socket to a child.
class Impostor {
 public:
  Impostor(const std::string& path, uid_t user, bool leaves) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const io::SocketAddress address = io::unix_address(path);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::alarm(30);
      ::prctl(PR_SET_NAME, "spfd");
      const int listening = ::socket(AF_UNIX, SOCK_STREAM, 0);
      const bool is_ready = ::bind(listening, address.get(), address.size) == 0 && ::seteuid(user) == 0 &&
                            ::listen(listening, 100) == 0 && ::seteuid(::getuid()) == 0;
      if (leaves && ::fork() != 0) ::_exit(0);
      ::alarm(30);
      if (is_ready) static_cast<void>(::write(ready[1], "x", 1) == 1);
      for (;;) ::pause();
    }
    ::close(ready[1]);
    if (leaves) ::waitpid(std::exchange(pid_, -1), nullptr, 0);
    char byte = 0;
    CHECK(::read(ready[0], &byte, 1) == 1);
    ::close(ready[0]);
  }
  ~Impostor() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Impostor(const Impostor&) = delete;
  Impostor& operator=(const Impostor&) = delete;

 private:
  pid_t pid_ = -1;
};

TEST_CASE("--take-over: a process that has ended, or has another user than its socket, gets no signal" *
          doctest::skip(::geteuid() != 0)) {
  constexpr uid_t kUser = 54321;
  const TempFolder folder;
  const auto why = [&](const std::string& name, uid_t user, bool leaves) {
    const std::string path = folder / name;
    const Impostor impostor(path, user, leaves);
    const auto listener = service::listen_on({.path = path}, service::TakeOver{.user = kUser});
    return listener.ok() ? "" : listener.error().message;
  };
  CHECK(why("root", 0, false) == "");
  const std::string ended = why("ended", kUser, true);
  CHECK_MESSAGE((ended.find("has ended") != std::string::npos || ended.find("cannot be identified") != std::string::npos), ended);
  CHECK(why("other", kUser, false).find("belongs to another user than the socket") != std::string::npos);
  CHECK(why("stranger", kUser + 1, false).find("belongs to user 54322") != std::string::npos);
}

TEST_CASE("--take-over: a link that replaces a stale socket does not lead to another spfd") {
  const SpfdProcess victim({.zone = std::string(kZone)});
  const TempFolder folder;
  const std::string path = folder / "n.sock";
  const std::string link = folder / "link";
  support::listen_at(path).close();
  std::filesystem::create_symlink(victim.socket_path(), link);
  std::atomic<bool> ends{false};
  std::thread swapper([&] {
    while (!ends) ::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, link.c_str(), RENAME_EXCHANGE);
  });
  bool is_found = false;
  for (int i = 0; i < 3000 && !is_found; ++i) {
    const auto listener = service::listen_on({.path = path}, service::TakeOver{});
    is_found = listener.ok() && listener->predecessor && listener->predecessor->pid == victim.pid();
  }
  ends = true;
  swapper.join();
  CHECK_FALSE(is_found);
}

TEST_CASE("--take-over: as root, in a folder owned by root, the name is moved after the change of user" *
          doctest::skip(::geteuid() != 0)) {
  const TempFolder folder;
  const std::string path = folder / "spfd.sock";
  const std::vector<std::string> arguments = {"--listen", "unix:" + path, "--take-over", "--user", "54321"};
  SpfdProcess first({.arguments = arguments, .zone = std::string(kZone)});
  const SpfdProcess second({.arguments = arguments, .zone = std::string(kZone)});
  CHECK(first.wait() == EX_OK);
  Client client("unix:" + path);
  client.send(kQuestion);
  CHECK(client.read_to_end().starts_with("result=pass"));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("a duplicate address is refused, also with --take-over") {
  const TempFolder folder;
  const std::string address = "unix:" + folder / "x.sock";
  const auto finished =
      support::run(support::program("spfd"), {"--config", "/dev/null", "--listen", address, "--listen", address, "--take-over"});
  CHECK(finished.exit_code == EX_UNAVAILABLE);
  CHECK(finished.errors.find("is given twice") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder / "x.sock"));
}

// ---- below a service manager ---------------------------------------------------------------------------------------------

// A service manager like systemd with spfd.socket: it holds the listening socket, and starts spfd with it.
class Activator {
 public:
  explicit Activator(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
    zone_ = folder_.write("zone", kZone);
    start();
  }
  ~Activator() { stop(); }
  Activator(const Activator&) = delete;
  Activator& operator=(const Activator&) = delete;

  [[nodiscard]] std::string address() const { return "unix:" + folder_ / "spfd.sock"; }
  [[nodiscard]] std::string log() const { return support::slurp(folder_ / "log"); }

  void start(const std::vector<std::string>& more = {}) {
    std::filesystem::remove(folder_ / "log");
    std::vector<std::string> words = {support::program("spfd"), "--config", "/dev/null", "--zone", zone_};
    words.insert(words.end(), arguments_.begin(), arguments_.end());
    words.insert(words.end(), more.begin(), more.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const std::string log = folder_ / "log";
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ > 0) return;
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, STDERR_FILENO);
    ::dup2(listening_.get(), 3);
    ::fcntl(3, F_SETFD, 0);  // even if it was 3 already
    for (int fd = 4; fd < 64; ++fd) ::close(fd);
    ::setenv("LISTEN_FDS", "1", 1);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  int stop() {
    if (child_ < 0) return 0;
    ::kill(child_, SIGTERM);
    int status = 0;
    ::waitpid(std::exchange(child_, -1), &status, 0);
    return status;
  }

 private:
  TempFolder folder_;
  std::vector<std::string> arguments_;
  std::string zone_;
  io::Descriptor listening_ = support::listen_at(folder_ / "spfd.sock");
  pid_t child_ = -1;
};

TEST_CASE("a restart loses no request if a service manager holds the socket") {
  Activator manager({});
  Load load(manager.address());
  for (int i = 0; i < 5; ++i) {
    load.wait_for(50);
    CHECK(manager.stop() == 0);
    manager.start();
  }
  load.wait_for(50);
  load.end();
  CHECK(load.first_problem() == "");
}

TEST_CASE("below a service manager, addresses that it does not pass are opened as well") {
  const TempFolder folder;
  Activator manager({"--milter", "unix:" + folder / "milter.sock"});
  support::wait_until("the start", [&] { return manager.log().find(" ready: ") != std::string::npos; });
  CHECK(manager.log().find("listening on " + manager.address() + ", milter unix:" + folder / "milter.sock;") !=
        std::string::npos);
  manager.stop();
  CHECK_FALSE(std::filesystem::exists(folder / "milter.sock"));
}

TEST_CASE("below a service manager, an address that it passes may be in the configuration too") {
  Activator manager({});
  support::wait_until("the first start", [&] { return manager.log().find(" ready: ") != std::string::npos; });
  manager.stop();
  manager.start({"--listen", manager.address() + ",mode=0600"});
  support::wait_until("the start", [&] { return manager.log().find(" ready: ") != std::string::npos; });
  CHECK(manager.log().find("listening on " + manager.address() + "; ") != std::string::npos);
  CHECK(manager.log().find("warning: " + manager.address() + ": the service manager made this socket") != std::string::npos);
}

}  // namespace
