// Starts on machines without enough threads or without IPv4. And which configuration the log names.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.h"
#include "spfd/config/config_file.h"
#include "spfd/config/options.h"
#include "t/support/option_docs.h"
#include "t/support/show.h"
#include "t/support/spfd_process.h"

namespace {

using support::SpfdProcess;
using support::TempFolder;

// Runs spfd as a child that changes its own limits first; its log is a file.
class Child {
 public:
  Child(std::vector<std::string> arguments, const std::function<bool()>& prepare) {
    arguments.insert(arguments.begin(), support::program("spfd"));
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const std::string log = folder_ / "log";
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ > 0) return;
    ::dup2(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
    if (prepare()) ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ~Child() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] std::string log() const { return support::slurp(folder_ / "log"); }
  [[nodiscard]] bool has_ended() {
    if (pid_ > 0 && ::waitpid(pid_, &status_, WNOHANG) == pid_) pid_ = -1;
    return pid_ < 0;
  }
  int wait() {
    support::wait_until("the end of spfd", [&] { return has_ended(); });
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  }
  void signal(int number) const { ::kill(pid_, number); }

 private:
  TempFolder folder_;
  pid_t pid_ = -1;
  int status_ = 0;
};

TEST_CASE("start: too few threads end it with a sentence, at any limit") {
  const TempFolder folder;
  // A user id that nobody else has, if we may change to it, so that only these processes count.
  const bool is_root = ::geteuid() == 0;
  for (const rlim_t most : {rlim_t{1}, rlim_t{3}}) {
    std::vector<std::string> arguments = {"--config", "/dev/null", "--workers", "4", "--listen", "unix:" + folder / "x.sock"};
    if (is_root) arguments.insert(arguments.end(), {"--user", "54322"});
    Child child(arguments, [&] {
      const rlimit limit{is_root ? most : 1, is_root ? most : 1};
      // The search for leaks needs a thread of its own, and would change the exit status.
      return ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1) == 0 && ::setrlimit(RLIMIT_NPROC, &limit) == 0;
    });
    CHECK(child.wait() == EX_OSERR);
    CAPTURE(child.log());
    // The thread of the log is the first. If the user has other processes, it cannot be started either.
    const char* const what = most == 1 ? "no thread for the log: " : "of 4 cannot be started: ";
    if (is_root) CHECK(child.log().find(what) != std::string::npos);
  }
}

TEST_CASE("start: too few descriptors end it with a sentence that names the limit, at any limit") {
  int named = 0;
  for (rlim_t most = 5; most < 32; ++most) {
    const TempFolder folder;
    Child child({"--config", "/dev/null", "--workers", "8", "--listen", "unix:" + folder / "x.sock"}, [&] {
      const rlimit limit{most, most};
      return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
    });
    CAPTURE(most);
    const int exit_code = child.wait();
    CAPTURE(child.log());
    // The descriptors that the test itself was given may leave none for the libraries, which the loader opens.
    if (child.log().find("error while loading shared libraries") != std::string::npos) continue;
    CHECK(exit_code == EX_OSERR);
    CHECK(base::lower(child.log()).find("open files") != std::string::npos);
    ++named;
  }
  CHECK(named > 10);
}

TEST_CASE("start: a thread that cannot be started is named, that of the control socket too" * doctest::skip(::geteuid() != 0)) {
  bool is_control_named = false;
  for (rlim_t most = 2; most < 12 && !is_control_named; ++most) {
    const TempFolder folder;
    Child child({"--config", "/dev/null", "--workers", "2", "--user", "54323", "--listen", "unix:" + folder / "x", "--control",
                 "unix:" + folder / "c"},
                [&] {
                  const rlimit limit{most, most};
                  return ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1) == 0 && ::setrlimit(RLIMIT_NPROC, &limit) == 0;
                });
    support::wait_until("an end or a start",
                        [&] { return child.has_ended() || child.log().find(" ready: ") != std::string::npos; });
    const std::string log = child.log();
    CAPTURE(log);
    CHECK(log.find("worker 3 of 2") == std::string::npos);
    if (!child.has_ended()) break;
    is_control_named = log.find("the worker of the control socket cannot be started: ") != std::string::npos;
  }
  CHECK(is_control_named);
}

// Enters a network namespace whose loopback interface has no IPv4 address.
bool enter_ipv6_only_network() {
  if (::unshare(CLONE_NEWNET) != 0) return false;
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  if (::ioctl(fd, SIOCSIFFLAGS, &request) != 0) return false;
  sockaddr_in none{};
  none.sin_family = AF_INET;
  std::memcpy(&request.ifr_addr, &none, sizeof none);
  static_cast<void>(::ioctl(fd, SIOCSIFADDR, &request));
  ::close(fd);
  return true;
}

TEST_CASE("start: the default address on a host with IPv6 only" * doctest::skip(::geteuid() != 0)) {
  Child child({"--config", "/dev/null"}, enter_ipv6_only_network);
  support::wait_until("the start", [&] { return child.log().find(" ready: ") != std::string::npos || child.has_ended(); });
  const std::string log = child.log();
  CAPTURE(log);
  CHECK(log.find(" ready: listening on inet:[::1]:5970;") != std::string::npos);
  CHECK(log.find("inet:127.0.0.1:5970: cannot listen there: Cannot assign requested address") != std::string::npos);
  child.signal(SIGTERM);
  CHECK(child.wait() == EX_OK);
}

TEST_CASE("start: an address that the host lacks is an error, if it is the only one or is not a default loopback address" *
          doctest::skip(::geteuid() != 0)) {
  Child alone({"--config", "/dev/null", "--listen", "inet:127.0.0.1:5970"}, enter_ipv6_only_network);
  CHECK(alone.wait() == EX_UNAVAILABLE);
  Child other({"--config", "/dev/null", "--listen", "inet:192.0.2.1:5970", "--listen", "inet:[::1]:5970"},
              enter_ipv6_only_network);
  CHECK(other.wait() == EX_UNAVAILABLE);
}

TEST_CASE("the default addresses are those of both loopbacks") {
  const auto options = spfd::make_options({}, {});
  REQUIRE(options.ok());
  const std::vector<std::string> expected = {"inet:127.0.0.1:5970", "inet:[::1]:5970"};
  CHECK(options::access_of<spfd::Options>(support::row_named(spfd::option_table(), "listen")).get(*options) == expected);
}

TEST_CASE("the log line at the start names the configuration that was read") {
  const TempFolder folder;
  const std::string path = folder.write("spfd.conf", "workers = 1\n");
  const SpfdProcess spfd({.arguments = {"--config", path}});
  spfd.wait_for_log("; configuration: " + path + "\n");
}

}  // namespace
