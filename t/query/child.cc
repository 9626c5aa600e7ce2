#include "t/query/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "common/base/printable.h"
#include "common/base/text.h"

namespace query_test {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{60};

struct Ends {
  int ours = -1, childs = -1;
};

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

Ends make_pipe(bool child_writes) {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) fail("pipe2");
  return child_writes ? Ends{fds[0], fds[1]} : Ends{fds[1], fds[0]};
}

Ends make_terminal() {
  const int ours = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (ours < 0 || ::grantpt(ours) != 0 || ::unlockpt(ours) != 0) fail("posix_openpt");
  std::array<char, 64> name{};
  if (::ptsname_r(ours, name.data(), name.size()) != 0) fail("ptsname_r");
  const int childs = ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (childs < 0) fail("open");
  return {ours, childs};
}

void close_fd(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_with(const std::vector<std::string>& settings) {
  std::vector<std::string> out = settings;
  if (std::none_of(out.begin(), out.end(), [](const std::string& setting) { return setting.starts_with("LC_ALL="); })) {
    out.emplace_back("LC_ALL=C");
  }
  for (const char* name : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name); value != nullptr) out.push_back(std::string(name) + "=" + value);
  }
  return out;
}

// Returns true at the end.
bool read_into(int fd, std::string& text) {
  std::array<char, 65536> bytes;
  const ssize_t size = ::read(fd, bytes.data(), bytes.size());
  if (size > 0) text.append(bytes.data(), static_cast<std::size_t>(size));
  return size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN);  // a terminal ends with EIO
}

}  // namespace

std::string built_program() {
  const char* const build = std::getenv("BUILD");
  return std::string(build == nullptr ? "build" : build) + "/bin/spfquery";
}

std::vector<std::string> Outcome::lines() const {
  std::vector<std::string> lines;
  for (const std::string_view line : base::split(out, '\n')) lines.emplace_back(line);
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

Child::Child(const std::vector<std::string>& arguments, const ChildOptions& options) {
  std::vector<std::string> words = {options.program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = environment_with(options.environment);

  Ends in = make_pipe(false);
  Ends out = options.out_is_terminal ? make_terminal() : make_pipe(true);
  Ends err = options.err_is_terminal ? make_terminal() : make_pipe(true);
  if (!options.out_path.empty()) {
    close_fd(out.childs);
    out.childs = ::open(options.out_path.c_str(), O_WRONLY | O_CLOEXEC);
    if (out.childs < 0) fail("open");
  }
  // A child that ends early must not end the test. The child itself has the default handler.
  static_cast<void>(::signal(SIGPIPE, SIG_IGN));
  sigset_t pipe_signal;
  ::sigemptyset(&pipe_signal);
  ::sigaddset(&pipe_signal, SIGPIPE);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setsigdefault(&attributes, &pipe_signal);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in.childs, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out.childs, 1);
  ::posix_spawn_file_actions_adddup2(&actions, err.childs, 2);
  const int problem =
      ::posix_spawn(&pid_, words.front().c_str(), &actions, &attributes, pointers(words).data(), pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  close_fd(in.childs);
  close_fd(out.childs);
  close_fd(err.childs);
  in_ = in.ours;
  out_ = out.ours;
  err_ = err.ours;
  ::fcntl(in_, F_SETFL, O_NONBLOCK);
  if (problem != 0) throw std::system_error(problem, std::generic_category(), words.front());
}

Child::~Child() {
  close_fd(in_);
  close_fd(out_);
  close_fd(err_);
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void Child::send(std::string_view text) { unsent_ += text; }

void Child::close_input() {
  while (!unsent_.empty() && in_ >= 0) {
    if (!read_some(1000)) break;
  }
  close_fd(in_);
}

void Child::signal(int number) const { ::kill(pid_, number); }

// Moves bytes in all directions. Returns false if nothing is left to read.
bool Child::read_some(int wait_ms) {
  std::array<pollfd, 3> look = {{{out_, POLLIN, 0}, {err_, POLLIN, 0}, {unsent_.empty() ? -1 : in_, POLLOUT, 0}}};
  if (::poll(look.data(), look.size(), wait_ms) < 0) return errno == EINTR;
  if (look[0].revents != 0 && read_into(out_, outcome_.out)) close_fd(out_);
  if (look[1].revents != 0 && read_into(err_, outcome_.err)) close_fd(err_);
  if (look[2].revents != 0) {
    const ssize_t size = ::write(in_, unsent_.data(), unsent_.size());
    if (size > 0) unsent_.erase(0, static_cast<std::size_t>(size));
    if (size < 0 && errno == EPIPE) close_fd(in_);
  }
  return out_ >= 0 || err_ >= 0;
}

std::vector<std::string> Child::wait_for_lines(std::size_t count) {
  const auto end = Clock::now() + kPatience;
  std::size_t lines = 0;
  for (std::size_t counted = 0;;) {
    const auto begin = outcome_.out.begin() + static_cast<std::ptrdiff_t>(counted);
    lines += static_cast<std::size_t>(std::count(begin, outcome_.out.end(), '\n'));
    counted = outcome_.out.size();
    if (lines >= count) break;
    if (Clock::now() > end || !read_some(1000)) {
      throw std::runtime_error("the lines did not come: " + base::clip(outcome_.out, 400) + base::clip(outcome_.err, 400));
    }
  }
  return outcome_.lines();
}

// getrusage() reports at least the parent's memory for a child, so this reads the child's own status.
long Child::peak_kib() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string word; status >> word;) {
    long kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib;
  }
  throw std::runtime_error("VmHWM is missing");
}

Outcome Child::finish() {
  const auto end = Clock::now() + kPatience;
  close_input();
  while (Clock::now() < end && read_some(1000)) {}
  if (Clock::now() >= end) ::kill(pid_, SIGKILL);
  int status = 0;
  if (::waitpid(pid_, &status, 0) == pid_) pid_ = -1;
  outcome_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome_;
}

Outcome run_query(const std::vector<std::string>& arguments, const std::string& input, const ChildOptions& options) {
  Child child(arguments, options);
  child.send(input);
  return child.finish();
}

}  // namespace query_test
