#include "spfquery/interrupt.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <utility>

namespace spfquery {

namespace {

std::atomic<bool> has_come_in = false;
// The end of the pipe that the handler of SIGINT writes to; -1: none.
std::atomic<int> interrupt_fd = -1;

void on_interrupt(int /*number*/) {
  has_come_in = true;
  static_cast<void>(!::write(interrupt_fd, "", 1));
}

}  // namespace

Interrupt::Interrupt(io::Loop& loop, std::function<void()> callback) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return;
  reading_ = io::Descriptor(ends[0]);
  writing_ = io::Descriptor(ends[1]);
  watch_ = std::make_unique<io::Watch>(loop, reading_.get(), io::Watch::readable, [this, call = std::move(callback)] {
    watch_->disable();
    call();
  });
  watch_->enable();
  interrupt_fd = writing_.get();
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
}

Interrupt::~Interrupt() { static_cast<void>(std::signal(SIGINT, SIG_DFL)); }

bool Interrupt::has_come() { return has_come_in; }

}  // namespace spfquery
