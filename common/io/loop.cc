#include "common/io/loop.h"

#include <event2/event.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

namespace io {

static_assert(Watch::readable == EV_READ && Watch::writable == EV_WRITE);

// ---- Inbox ---------------------------------------------------------------------------------------------------------------

Inbox::Inbox() : wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!wake_.is_open()) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void Inbox::post(Task task) {
  const bool is_first = state_.with([&](State& state) {
    if (state.closed) return false;
    state.tasks.push_back(std::move(task));
    return state.tasks.size() == 1;
  });
  // The loop takes all tasks at once, so one wake-up is enough. The write fails only if a wake-up is already pending.
  if (is_first) eventfd_write(wake_.get(), 1);
}

std::vector<Inbox::Task> Inbox::take() {
  eventfd_t wakes = 0;
  eventfd_read(wake_.get(), &wakes);
  return state_.with([](State& state) { return std::exchange(state.tasks, {}); });
}

void Inbox::close() {
  // The tasks are destroyed outside of the lock, since their captures may post.
  const std::vector<Task> dropped = state_.with([](State& state) {
    state.closed = true;
    return std::exchange(state.tasks, {});
  });
}

// ---- Loop ----------------------------------------------------------------------------------------------------------------

namespace {

using Clock = std::chrono::steady_clock;

// Descriptors that event_base_new() opens. It ends the process if it gets only a part of them.
constexpr std::size_t kDescriptors = 4;

event_base* new_base() {
  std::vector<Descriptor> free;
  for (std::size_t i = 0; i < kDescriptors; ++i) {
    free.emplace_back(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!free.back().is_open()) throw std::system_error(errno, std::generic_category(), "event loop");
  }
  free.clear();
  return event_base_new();
}

}  // namespace

Loop::Loop() : base_(new_base()), inbox_(std::make_shared<Inbox>()), wake_event_(nullptr) {
  if (base_ == nullptr) throw std::system_error(errno, std::generic_category(), "event_base_new");
  const auto on_wake = [](evutil_socket_t, short, void* self) { static_cast<Loop*>(self)->run_posted(); };
  wake_event_ = event_new(base_, inbox_->wake_.get(), EV_READ | EV_PERSIST, on_wake, this);
  if (wake_event_ == nullptr || event_add(wake_event_, nullptr) != 0) {
    if (wake_event_ != nullptr) event_free(wake_event_);
    event_base_free(base_);
    throw std::bad_alloc();
  }
}

Loop::~Loop() {
  inbox_->close();
  event_free(wake_event_);
  event_base_free(base_);
}

void Loop::run() { event_base_loop(base_, EVLOOP_NO_EXIT_ON_EMPTY); }

void Loop::stop() { event_base_loopbreak(base_); }

void Loop::run_posted() {
  begin_callback();
  for (const Inbox::Task& task : inbox_->take()) call(task);
  end_callback();
}

void Loop::call(const std::function<void()>& function) noexcept {
  try {
    function();
  } catch (const std::exception& exception) {
    if (!exception_handler_) std::terminate();
    exception_handler_(exception);
  }
}

void Loop::begin_callback() {
  now_ = std::chrono::steady_clock::now();
  busy_since_.store(now_->time_since_epoch().count(), std::memory_order_relaxed);
}

void Loop::end_callback() {
  now_.reset();
  busy_since_.store(0, std::memory_order_relaxed);
}

std::chrono::nanoseconds Loop::busy_for() const {
  const Clock::rep since = busy_since_.load(std::memory_order_relaxed);
  if (since == 0) return std::chrono::nanoseconds::zero();
  return Clock::now().time_since_epoch() - Clock::duration(since);
}

// ---- Callback ------------------------------------------------------------------------------------------------------------

Callback::Callback(Loop& loop, int fd, short what, std::function<void()> function) : loop_(loop), function_(std::move(function)) {
  event_ = event_new(
      loop.base(), fd, what, [](evutil_socket_t, short, void* self) { static_cast<Callback*>(self)->call(); }, this);
  if (event_ == nullptr) throw std::bad_alloc();
}

Callback::~Callback() {
  event_free(event_);
  if (is_gone_ != nullptr) *is_gone_ = true;
}

void Callback::call() {
  bool is_gone = false;
  is_gone_ = &is_gone;
  std::function<void()> function = std::move(function_);
  Loop& loop = loop_;
  loop.begin_callback();
  loop.call(function);
  loop.end_callback();
  if (is_gone) return;
  function_ = std::move(function);
  is_gone_ = nullptr;
}

// ---- Timer ---------------------------------------------------------------------------------------------------------------

Timer::Timer(Loop& loop, std::function<void()> callback) : callback_(loop, -1, 0, std::move(callback)) {}

void Timer::set(std::chrono::milliseconds after) {
  const auto wait = std::max(after, std::chrono::milliseconds{0}).count();
  const timeval time{.tv_sec = wait / 1000, .tv_usec = static_cast<suseconds_t>(wait % 1000) * 1000};
  if (event_add(callback_.get(), &time) != 0) throw std::bad_alloc();
}

void Timer::cancel() { event_del(callback_.get()); }

// ---- Afterwards ----------------------------------------------------------------------------------------------------------

Afterwards::Afterwards(Loop& loop, std::function<void()> callback) : callback_(loop, -1, 0, std::move(callback)) {}

// libevent appends it to the callbacks that are ready.
void Afterwards::set() { event_active(callback_.get(), EV_TIMEOUT, 0); }

// ---- Watch ---------------------------------------------------------------------------------------------------------------

Watch::Watch(Loop& loop, int fd, What what, std::function<void()> callback)
    : callback_(loop, fd, static_cast<short>(what | EV_PERSIST), std::move(callback)) {}

void Watch::enable() {
  if (enabled_) return;
  if (event_add(callback_.get(), nullptr) != 0) throw std::bad_alloc();
  enabled_ = true;
}

void Watch::disable() {
  if (enabled_) event_del(callback_.get());
  enabled_ = false;
}

}  // namespace io
