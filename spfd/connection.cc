#include "spfd/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

namespace spfd {

namespace {

using std::chrono::milliseconds;

// How often a connection from which nothing is read is checked for a client that has closed it.
constexpr milliseconds kProbeInterval{500};
// How long, and how many bytes, a client may continue to send after its last answer. Closing a socket with unread input would
// make the kernel reset the connection, and the client would lose the answer.
constexpr milliseconds kLinger{2000};
// The same time for a connection that makes room for others.
constexpr milliseconds kShortLinger{200};
constexpr std::size_t kMaxDiscarded = 1U << 20U;
constexpr int kReadsAtOnce = 4;

}  // namespace

Connection::Connection(Shared& shared, ConnectionOwner& owner, std::uint64_t id, io::Descriptor socket, protocol::Door door)
    : shared_(shared),
      owner_(owner),
      id_(id),
      door_(door),
      opened_(shared.loop.now()),
      socket_(std::move(socket)),
      pipeline_(shared, *this, door),
      waiting_since_(shared.loop.now()),
      linger_(kLinger) {}

template <class Step>
void Connection::guarded(Step&& step) noexcept {
  if (has_ended()) return;
  try {
    step();
  } catch (const std::exception& exception) {
    failed(exception);
  }
}

void Connection::failed(const std::exception& exception) noexcept {
  shared_.complain(exception);
  end();
}

void Connection::answered() noexcept {
  guarded([this] { go_on(); });
}

void Connection::start() {
  guarded([this] { read_input(); });
}

// ---- making room, and the daemon's stop ----------------------------------------------------------------------------------

void Connection::drain() {
  guarded([this] {
    asked_before_ = pipeline_.asked();
    if (phase_ == Phase::open && pipeline_.is_empty()) return read_input();
    wait();
  });
}

void Connection::answer_now() {
  guarded([this] {
    if (phase_ == Phase::open && !pipeline_.is_closed() && !pipeline_.is_full()) read_input();
    if (has_ended()) return;
    pipeline_.expire();
    if (!has_ended()) go_on();
  });
}

const Peer& Connection::peer() {
  if (!peer_) peer_ = peer_of(socket_.get());
  return *peer_;
}

HeldConnection Connection::held() {
  using State = HeldConnection::State;
  State state = State::idle;
  if (phase_ == Phase::lingering) {
    state = State::idle;
  } else if (phase_ == Phase::blocked) {
    state = State::not_reading;
  } else if (!pipeline_.is_empty()) {
    state = State::checking;
  } else if (pipeline_.codec().has_message()) {
    state = State::in_message;
  } else if (pipeline_.codec().has_partial()) {
    state = State::asking;
  }
  const TimePoint since = state == State::checking ? pipeline_.first_started() : waiting_since_;
  return {id_, peer(), state, since, opened_, pipeline_.held()};
}

void Connection::displace(TimePoint since) {
  if (has_ended() || held().since != since) return;
  shed("there are too many connections");
}

void Connection::shed(std::string_view why) {
  if (has_ended()) return;
  // The connection may be chosen again while its last answer is written.
  if (std::exchange(linger_, kShortLinger) != kShortLinger) ++shared_.counters.displaced;
  guarded([&] {
    if (phase_ != Phase::open) return end();
    pipeline_.expire();
    if (!has_ended()) give_up(why);
  });
}

void Connection::give_up(std::string_view why) {
  pipeline_.give_up(why);
  if (pipeline_.is_empty()) return end();
  go_on();
}

// ---- bytes ---------------------------------------------------------------------------------------------------------------

void Connection::read_input() {
  // Several reads per turn of the loop, for requests that come in pieces.
  for (int i = 0; i < kReadsAtOnce && !has_ended() && !pipeline_.is_at_end(); ++i) {
    std::vector<char>& input = shared_.spare.input;
    const ssize_t size = ::read(socket_.get(), input.data(), input.size());
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      return end();
    }
    if (size == 0) {
      if (client_is_gone()) return end();
      pipeline_.end_input();
    } else if (pipeline_.is_closed()) {
      discarded_ += static_cast<std::size_t>(size);
    } else {
      // A mail server may have been silent for long; the time for this request begins now.
      if (pipeline_.codec().is_kept() && !pipeline_.codec().has_partial()) waiting_since_ = shared_.loop.now();
      pipeline_.feed({input.data(), static_cast<std::size_t>(size)});
    }
    const std::uint64_t before = shared_.counters.requests;
    advance();
    if (shared_.counters.requests != before || pipeline_.is_closed() || phase_ == Phase::blocked) break;
  }
  if (!has_ended()) wait();
}

// Begins requests and writes complete answers alternately, as long as there is room.
void Connection::advance() {
  pipeline_.borrow_output();
  for (bool more = true; more && !has_ended();) {
    more = phase_ == Phase::blocked || pipeline_.take_requests();
    pipeline_.collect_answers();
    if (!write_output()) break;
    more = pipeline_.has_finished() || (more && !pipeline_.is_full());
  }
  pipeline_.return_output();
}

void Connection::go_on() {
  advance();
  relieve();
  if (!has_ended()) wait();
}

// Bounds the memory of answers that wait for a slow check or for a client that does not read.
void Connection::relieve() {
  while (!has_ended() && pipeline_.is_overfull()) {
    if (phase_ == Phase::blocked) {
      ++shared_.counters.write_timeouts;
      return end();
    }
    if (!pipeline_.expire_first()) return;
    if (!has_ended()) advance();
  }
}

// Writes as much as the socket takes. Returns whether nothing is left.
bool Connection::write_output() {
  if (has_ended()) return false;
  std::string& output = pipeline_.output();
  if (output.empty()) return true;
  while (written_ < output.size()) {
    const ssize_t size = ::send(socket_.get(), output.data() + written_, output.size() - written_, MSG_NOSIGNAL);
    if (size >= 0) {
      written_ += static_cast<std::size_t>(size);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (phase_ != Phase::blocked) waiting_since_ = shared_.loop.now();
      phase_ = Phase::blocked;
      return false;
    } else if (errno != EINTR) {
      end();
      return false;
    }
  }
  output.clear();
  written_ = 0;
  phase_ = Phase::open;
  waiting_since_ = shared_.loop.now();
  return true;
}

// ---- waiting -------------------------------------------------------------------------------------------------------------

void Connection::wait() {
  pipeline_.weigh();
  if (shared_.held > Shared::kMostBytes) owner_.hold_less();
  switch (phase_) {
    case Phase::open: watch_output(false); return wait_for_requests();
    case Phase::blocked:
      watch_output(true);
      watch_input(false);
      return wait_until(waiting_since_ + shared_.snapshot->timeouts.write);
    case Phase::lingering:
      if (pipeline_.is_at_end() || discarded_ > kMaxDiscarded) return end();
      watch_input(true);
      return wait_until(waiting_since_ + linger_);
    case Phase::ended: return;
  }
}

void Connection::wait_for_requests() {
  const bool is_stopping = shared_.drain_end.has_value();
  if (pipeline_.is_empty()) {
    // During a stop, a client gets one more answer, and can then go to another spfd before its next request.
    const bool has_enough = is_stopping ? pipeline_.asked() > asked_before_ : shared_.is_drained;
    if (pipeline_.is_closed() || (has_enough && !may_still_ask())) return close_gently();
    watch_input(true);
    if (is_stopping) return wait_until(*shared_.drain_end);
    const bool is_servers = pipeline_.codec().is_kept() && !pipeline_.codec().has_partial();
    return wait_until(waiting_since_ + (is_servers ? shared_.snapshot->timeouts.mta_idle : shared_.snapshot->timeouts.idle));
  }
  const bool reads = !pipeline_.is_at_end() && discarded_ <= kMaxDiscarded && (pipeline_.is_closed() || !pipeline_.is_full());
  watch_input(reads);
  if (!reads) wait_until(shared_.loop.now() + kProbeInterval);
}

// Returns whether the client may continue when the daemon is drained: it has sent a partial request, an SMTP session depends on
// it, or it has just connected.
bool Connection::may_still_ask() const {
  const protocol::Codec& codec = pipeline_.codec();
  return codec.has_partial() || codec.has_session() || (pipeline_.asked() == 0 && !codec.is_kept());
}

void Connection::on_timer() {
  timer_set_for_.reset();
  if (shared_.loop.now() < deadline_) return wait_until(deadline_);
  switch (phase_) {
    case Phase::open:
      if (!pipeline_.is_empty()) return client_is_gone() ? end() : wait();
      ++shared_.counters.idle_timeouts;
      return give_up("the request was not complete in time");
    case Phase::blocked: ++shared_.counters.write_timeouts; return end();
    case Phase::lingering: return end();
    case Phase::ended: return;
  }
}

// ---- the end -------------------------------------------------------------------------------------------------------------

void Connection::close_gently() {
  if (!pipeline_.is_at_end()) {
    std::vector<char>& input = shared_.spare.input;
    const ssize_t size = ::recv(socket_.get(), input.data(), input.size(), MSG_DONTWAIT);
    const bool may_send_more =
        size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && (pipeline_.codec().is_broken() || discarded_ > 0);
    if (size > 0 || may_send_more) {
      ::shutdown(socket_.get(), SHUT_WR);
      phase_ = Phase::lingering;
      pipeline_.close();
      waiting_since_ = shared_.loop.now();
      return wait();
    }
  }
  end();
}

void Connection::end() {
  if (has_ended()) return;
  phase_ = Phase::ended;
  pipeline_.drop();
  if (input_) input_->disable();
  if (output_watch_) output_watch_->disable();
  if (timer_) timer_->cancel();
  socket_.close();
  owner_.connection_ended(*this);
}

// Returns whether the connection is closed in both directions. A client that has only ended its input still waits for its
// answers.
bool Connection::client_is_gone() const {
  pollfd look{socket_.get(), 0, 0};
  return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

void Connection::watch_input(bool on) {
  if (!on) {
    if (input_) input_->disable();
    return;
  }
  if (!input_)
    input_ = std::make_unique<io::Watch>(shared_.loop, socket_.get(), io::Watch::readable,
                                         [this] { guarded([this] { read_input(); }); });
  input_->enable();
}

void Connection::watch_output(bool on) {
  if (!on) {
    if (output_watch_) output_watch_->disable();
    return;
  }
  if (!output_watch_)
    output_watch_ =
        std::make_unique<io::Watch>(shared_.loop, socket_.get(), io::Watch::writable, [this] { guarded([this] { go_on(); }); });
  output_watch_->enable();
}

void Connection::wait_until(TimePoint deadline) {
  deadline_ = deadline;
  // The timer is set only if it must fire earlier. If it fires too early it is set again, which costs less than setting it at
  // each request.
  if (timer_set_for_ && *timer_set_for_ <= deadline) return;
  if (!timer_) timer_ = std::make_unique<io::Timer>(shared_.loop, [this] { guarded([this] { on_timer(); }); });
  const auto wait = std::chrono::duration_cast<milliseconds>(deadline - shared_.loop.now());
  timer_->set(std::max(wait, milliseconds::zero()) + milliseconds{1});
  timer_set_for_ = deadline;
}

}  // namespace spfd
