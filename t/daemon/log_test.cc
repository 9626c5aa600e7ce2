// A log that is slow, full, gone or stuck delays no answer, and lost lines are counted.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "spfd/log.h"
#include "t/support/spfd_process.h"

namespace {

// Replaces syslog(3) in this program. It can be blocked, as glibc's is if nobody reads from /dev/log.
struct Syslog {
  std::mutex mutex;
  std::vector<std::string> lines;
};
Syslog g_syslog;

[[gnu::format(printf, 1, 0)]] void take_syslog(const char* format, va_list values) {
  std::array<char, 2048> text{};
  std::vsnprintf(text.data(), text.size(), format, values);
  const std::lock_guard<std::mutex> lock(g_syslog.mutex);
  g_syslog.lines.emplace_back(text.data());
}

}  // namespace

// All forms, since a fortified build calls the second one or, with clang and glibc 2.40, the third.
extern "C" void syslog(int priority, const char* format, ...) __attribute__((format(printf, 2, 3)));
// NOLINTNEXTLINE(bugprone-reserved-identifier): glibc's name
extern "C" void __syslog_chk(int priority, int flag, const char* format, ...) __attribute__((format(printf, 3, 4)));
// NOLINTNEXTLINE(bugprone-reserved-identifier): glibc's name
extern "C" void __vsyslog_chk(int priority, int flag, const char* format, va_list values) __attribute__((format(printf, 3, 0)));
extern "C" void syslog(int /*priority*/, const char* format, ...) {
  va_list values;
  va_start(values, format);
  take_syslog(format, values);
  va_end(values);
}
// NOLINTNEXTLINE(bugprone-reserved-identifier): glibc's name
extern "C" void __syslog_chk(int /*priority*/, int /*flag*/, const char* format, ...) {
  va_list values;
  va_start(values, format);
  take_syslog(format, values);
  va_end(values);
}
// NOLINTNEXTLINE(bugprone-reserved-identifier): glibc's name
extern "C" void __vsyslog_chk(int /*priority*/, int /*flag*/, const char* format, va_list values) { take_syslog(format, values); }

namespace {

using support::Client;
using support::SpfdProcess;

constexpr std::string_view kZone = "pass.test TXT \"v=spf1 ip4:192.0.2.10 -all\"\n";

// Returns a request with a long log line.
std::string question() {
  return "ip=192.0.2.10\nhelo=" + std::string(200, 'h') + ".test\nsender=" + std::string(200, 'u') + "@pass.test\nkeep=1\n\n";
}

struct Pipe {
  Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    close_reader();
    close_writer();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void close_reader() { close(0); }
  void close_writer() { close(1); }
  // Reads until all of these texts have arrived.
  std::string read_until(const std::vector<std::string_view>& texts) {
    std::string all;
    std::array<char, 65536> bytes{};
    const auto lacks = [&](std::string_view text) { return all.find(text) == std::string::npos; };
    while (std::any_of(texts.begin(), texts.end(), lacks)) {
      pollfd look{ends[0], POLLIN, 0};
      REQUIRE(::poll(&look, 1, 60'000) > 0);
      const ssize_t size = ::read(ends[0], bytes.data(), bytes.size());
      REQUIRE(size > 0);
      all.append(bytes.data(), static_cast<std::size_t>(size));
    }
    return all;
  }

  std::array<int, 2> ends{-1, -1};

 private:
  void close(std::size_t end) {
    if (ends.at(end) >= 0) ::close(std::exchange(ends.at(end), -1));
  }
};

// Replaces stderr of this process during its lifetime.
class Stderr {
 public:
  explicit Stderr(int fd) : saved_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) { become(fd); }
  ~Stderr() {
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
  }
  Stderr(const Stderr&) = delete;
  Stderr& operator=(const Stderr&) = delete;

  static void become(int fd) { ::dup2(fd, STDERR_FILENO); }

 private:
  int saved_;
};

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string_view::npos; at += what.size()) ++found;
  return found;
}

std::size_t number_after(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  REQUIRE(at != std::string_view::npos);
  return std::stoul(std::string(text.substr(at + key.size(), 12)));
}

TEST_CASE("a log reader that stops reading delays no answer; lost lines are counted, and reported when it reads again") {
  constexpr std::size_t kQuestions = 8000;
  Pipe log;
  const SpfdProcess spfd({.arguments = {"--workers", "2"}, .zone = std::string(kZone), .log_to = log.ends[1]});
  Client client(spfd.address());
  std::size_t right = 0;
  for (std::size_t i = 0; i < kQuestions; i += 40) {
    std::string questions;
    for (int k = 0; k < 40; ++k) questions += question();
    REQUIRE(client.send(questions));
    for (int k = 0; k < 40; ++k) right += client.read_answer().starts_with("result=pass") ? 1U : 0U;
  }
  CHECK(right == kQuestions);
  spfd.signal(SIGUSR1);
  const std::string text = log.read_until({"log lost-lines=", "in time: lost-lines="});
  const std::size_t written = count(text, " info: result=pass ");
  const std::size_t lost = number_after(text, " warning: the log could not be written in time: lost-lines=");
  CHECK(lost > 0);
  CHECK(written + lost == kQuestions);
  CHECK(number_after(text, "counters: log lost-lines=") == lost);
  CHECK(count(text, "counters: questions=8000 ") == 1);
}

TEST_CASE("a log that stays stuck does not delay the start or the stop") {
  Pipe log;
  const std::string full(65536, '\n');
  ::fcntl(log.ends[1], F_SETPIPE_SZ, 65536);
  REQUIRE(::write(log.ends[1], full.data(), full.size()) == 65536);
  SpfdProcess spfd({.arguments = {"--workers", "2"}, .zone = std::string(kZone), .log_to = log.ends[1]});
  CHECK(spfd.ask("ip=192.0.2.10\nsender=u@pass.test\n\n").starts_with("result=pass"));
  CHECK(spfd.stop() == 0);
}

TEST_CASE("a full disk and a log reader that has gone delay no answer") {
  const auto serves = [](int log) {
    SpfdProcess spfd({.zone = std::string(kZone), .log_to = log});
    for (int i = 0; i < 20; ++i) {
      if (!spfd.ask("ip=192.0.2.10\nsender=u@pass.test\n\n").starts_with("result=pass")) return false;
    }
    return spfd.stop() == 0;
  };
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(full >= 0);
  CHECK(serves(full));
  ::close(full);
  Pipe log;
  log.close_reader();
  CHECK(serves(log.ends[1]));
}

TEST_CASE("lines that could not be written are written when it is possible again") {
  Pipe later;
  int first = -1;
  SUBCASE("the disk was full") { first = ::open("/dev/full", O_WRONLY | O_CLOEXEC); }
  SUBCASE("the reader had gone") {
    static_cast<void>(::signal(SIGPIPE, SIG_IGN));
    Pipe gone;
    gone.close_reader();
    first = std::exchange(gone.ends[1], -1);
  }
  SUBCASE("the pipe was full and the caller had set O_NONBLOCK") {
    Pipe busy;
    ::fcntl(busy.ends[1], F_SETFL, O_NONBLOCK);
    while (::write(busy.ends[1], "x", 1) == 1) {}
    first = std::exchange(busy.ends[1], -1);
    later.close_reader();
    later.ends[0] = std::exchange(busy.ends[0], -1);
  }
  const bool is_same = later.ends[0] >= 0 && ::fcntl(first, F_GETFL) & O_NONBLOCK;
  {
    const Stderr error(first);
    spfd::LogThread thread;
    thread.start();
    for (int i = 0; i < 100; ++i) spfd::log_line(spfd::LogLevel::warning, "line " + std::to_string(i) + ".");
    if (!is_same) Stderr::become(later.ends[1]);
    const std::string text = later.read_until({"line 99."});
    for (int i = 0; i < 100; ++i) CHECK(count(text, "line " + std::to_string(i) + ".") == 1);
    CHECK(spfd::lost_log_lines() == 0);
  }
  ::close(first);
}

TEST_CASE("the lines of many threads are complete, and none is lost when the writer ends") {
  constexpr int kThreads = 4;
  constexpr int kLines = 500;
  Pipe log;
  std::thread reader;
  std::string text;
  {
    const Stderr error(log.ends[1]);
    spfd::LogThread thread;
    thread.start();
    reader = std::thread([&] { text = log.read_until({"the end"}); });
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([] {
        for (int k = 0; k < kLines; ++k) spfd::log_line(spfd::LogLevel::warning, "<" + std::string(300, 'x') + ">");
      });
    }
    for (std::thread& one : threads) one.join();
    spfd::log_line(spfd::LogLevel::warning, "the end");
  }
  reader.join();
  CHECK(count(text, " warning: <" + std::string(300, 'x') + ">\n") == kThreads * kLines);
}

TEST_CASE("a syslog that blocks delays nobody") {
  spfd::open_log(spfd::LogTarget::syslog, "mail");
  {
    std::optional<std::unique_lock<std::mutex>> stuck(std::in_place, g_syslog.mutex);
    spfd::LogThread thread;
    thread.start();
    // More lines than can wait, plus those that the writer may have taken already.
    constexpr std::size_t kLines = 3 * spfd::kLogRoom / 400;
    for (std::size_t i = 0; i < kLines; ++i) spfd::log_line(spfd::LogLevel::warning, std::string(400, 'x'));
    CHECK(spfd::lost_log_lines() > 0);
    stuck.reset();
    std::size_t written = 0;
    support::wait_until("the lines", [&] {
      const std::lock_guard<std::mutex> lock(g_syslog.mutex);
      written = static_cast<std::size_t>(std::count(g_syslog.lines.begin(), g_syslog.lines.end(), std::string(400, 'x')));
      return written + spfd::lost_log_lines() == kLines;
    });
    spfd::log_line(spfd::LogLevel::warning, "later");
  }
  spfd::open_log(spfd::LogTarget::standard_error, "mail");
  const std::lock_guard<std::mutex> lock(g_syslog.mutex);
  CHECK(std::count(g_syslog.lines.begin(), g_syslog.lines.end(), "later") == 1);
}

}  // namespace
