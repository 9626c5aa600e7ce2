#include "spfd/log_writer.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

#include "common/io/descriptor.h"
#include "common/io/guarded.h"
#include "spfd/log_line.h"

namespace spfd {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kLastWrites{500};
constexpr milliseconds kRetry{1000};
constexpr std::chrono::seconds kReportInterval{60};
// After a write, the writer waits for this time, or until there are this many bytes, so that a busy daemon writes many lines at
// once.
constexpr milliseconds kCollect{10};
constexpr std::size_t kCollected = 64U << 10U;
constexpr std::size_t kReportRoom = 4096;
constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

}  // namespace

class LogWriter::Queue {
 public:
  explicit Queue(Write write) : write_(write), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wake_.is_open()) throw std::system_error(errno, std::generic_category(), "eventfd");
    state_.with([](State& state) { state.lines.reserve(kLogRoom + kReportRoom); });
    batch_.reserve(kLogRoom + kReportRoom);
  }

  void put(std::string_view lines, bool is_urgent) {
    const std::size_t room = is_urgent ? kLogRoom : kLogRoom - kUrgentLogRoom;
    const bool must_wake = state_.with([&](State& state) {
      const std::size_t before = state.lines.size();
      if (lines.size() > room - std::min(room, before)) {
        state.lost += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
        return false;
      }
      state.lines += lines;
      return before < state.wake_at && state.lines.size() >= state.wake_at;
    });
    if (must_wake) ::eventfd_write(wake_.get(), 1);
  }

  void stop() {
    state_.with([](State& state) { state.stops = true; });
    ::eventfd_write(wake_.get(), 1);
  }

  std::uint64_t lost() {
    return state_.with([](const State& state) { return state.lost; });
  }

  // Writes in the writer's thread until stop().
  void run() {
    for (bool stops = false; !stops;) {
      wait_for(1, lost() != reported_ ? milliseconds(kReportInterval) : milliseconds(-1));
      stops = write_all();
      if (!stops) wait_for(kCollected, kCollect);
    }
  }

 private:
  struct State {
    std::string lines;
    std::size_t wake_at = kNever;  // the writer is woken at this many bytes
    bool stops = false;
    std::uint64_t lost = 0;
  };

  // Waits for `bytes` bytes or for `time`; a negative time is not a limit.
  void wait_for(std::size_t bytes, milliseconds time) {
    const bool is_there = state_.with([&](State& state) {
      if (state.stops || state.lines.size() >= bytes) return true;
      state.wake_at = bytes;
      return false;
    });
    if (!is_there) wait_for_wake(time);
  }

  void wait_for_wake(milliseconds time) const {
    pollfd wake{wake_.get(), POLLIN, 0};
    ::poll(&wake, 1, static_cast<int>(time.count()));
    eventfd_t ignored = 0;
    ::eventfd_read(wake_.get(), &ignored);
  }

  // Writes all lines. Returns true if stop() was called, and everything is written that can be.
  bool write_all() {
    for (;;) {
      bool stops = take();
      if (batch_.empty()) return stops;
      for (std::size_t written = 0; written < batch_.size();) {
        const std::size_t size = write_(std::string_view(batch_).substr(written));
        written += size;
        if (size > 0) continue;
        stops = state_.with([](const State& state) { return state.stops; });
        if (stops) return true;
        wait_for_wake(kRetry);
      }
      batch_.clear();
    }
  }

  // Moves the waiting lines into batch_, with a report of lost ones. Returns whether stop() was called.
  bool take() {
    const auto [stops, lost] = state_.with([&](State& state) {
      state.lines.swap(batch_);
      state.wake_at = kNever;
      return std::pair(state.stops, state.lost);
    });
    if (lost != reported_ && (stops || Clock::now() >= next_report_)) {
      LogLine line(LogLevel::warning, batch_);
      line.text("the log could not be written in time:");
      line.number(" lost-lines=", static_cast<std::int64_t>(lost - reported_));
      reported_ = lost;
      next_report_ = Clock::now() + kReportInterval;
    }
    return stops;
  }

  const Write write_;
  const io::Descriptor wake_;  // an eventfd
  io::Guarded<State> state_;
  // Used by the thread only.
  std::string batch_;
  std::uint64_t reported_ = 0;
  Clock::time_point next_report_;
};

LogWriter::LogWriter(Write write) : queue_(std::make_shared<Queue>(write)) {}

void LogWriter::start() {
  std::promise<void> end;
  end_ = end.get_future();
  // The other threads handle signals.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  // The sandbox sends SIGSYS to the thread whose system call it refuses; if it were blocked, it would end the process.
  sigdelset(&all, SIGSYS);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([queue = queue_, end = std::move(end)]() mutable {
      queue->run();
      end.set_value();
    });
  } catch (const std::system_error& error) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw std::system_error(error.code(), "no thread for the log");
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LogWriter::~LogWriter() {
  queue_->stop();
  if (!thread_.joinable()) {
    queue_->run();
  } else if (end_.wait_for(kLastWrites) == std::future_status::ready) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void LogWriter::put(std::string_view lines, bool is_urgent) { queue_->put(lines, is_urgent); }

std::uint64_t LogWriter::lost() const { return queue_->lost(); }

}  // namespace spfd
