#include "spfd/session.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <iterator>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "common/base/reuse.h"
#include "spfd/health.h"
#include "spfd/log.h"

namespace spfd {

namespace {

using std::chrono::milliseconds;

// How often a client that cannot be read from is looked at, whether it is still there.
constexpr milliseconds kProbeInterval{500};
// How long, and how many bytes, a client may go on sending after its last answer. A close with unread input would make the
// kernel reset the connection and the client lose the answer.
constexpr milliseconds kLinger{2000};
// The same for a connection that makes room for others.
constexpr milliseconds kShortLinger{200};
constexpr std::size_t kMaxDiscarded = 1U << 20U;
// Above this many checks of a worker a connection gets only one at a time.
constexpr std::size_t kBusyChecks = 4096;
constexpr int kReadsAtOnce = 4;
// So many bytes of answers are written before more questions are read.
constexpr std::size_t kFullOutput = 65536;
// What a worker keeps of slots that are done: so many, and none that was larger.
constexpr std::size_t kSpareSlots = 128;
constexpr std::size_t kSpareSize = 8192;
// Bytes of questions and answers of a connection: at kFullSlots no further question is begun. When the answers of those that are
// under way become more than kMaxHeld, the check that they wait for is ended: its answer is a temperror.
constexpr std::size_t kFullSlots = 64U << 10U;
constexpr std::size_t kMaxHeld = 256U << 10U;
// For all connections of a worker: above that, each has only one question at a time. At twice that (Service::kMostBytes) some of
// them are closed.
constexpr std::size_t kMaxHeldByAll = Service::kMostBytes / 2;

// An answer in time beats a better one too late: the time that a client gives, less a little for the way back.
milliseconds check_time(const Snapshot& snapshot, const protocol::Inquiry& inquiry) {
  if (!inquiry.timeout) return snapshot.timeouts.check;
  const milliseconds theirs = *inquiry.timeout - std::min(milliseconds{250}, *inquiry.timeout / 4);
  return std::clamp(theirs, milliseconds{1}, snapshot.timeouts.check);
}

// The same when the daemon stops.
milliseconds time_left(const Service& service, milliseconds time) {
  if (!service.is_draining) return time;
  const auto left = std::chrono::duration_cast<milliseconds>(service.drain_end - service.loop.now());
  return std::clamp(left, milliseconds{1}, std::max(time, milliseconds{1}));
}

}  // namespace

void Service::complain(const std::exception& exception) noexcept {
  ++counters.failed;
  try {
    if (complaint.is_due(loop.now())) log(LogLevel::error, "a check or a connection was given up: {}", exception.what());
  } catch (const std::exception&) {
    // No memory for the line either; the counter has it.
  }
}

Session::Session(Service& service, SessionOwner& owner, Descriptor socket, protocol::Door door)
    : service_(service),
      owner_(owner),
      id_(++service.last_id),
      opened_(service.loop.now()),
      socket_(std::move(socket)),
      codec_(protocol::make_codec(door)),
      waiting_since_(service.loop.now()) {}

// A session that was never filed has not ended.
Session::~Session() { service_.held -= held_ + buffered_; }

template <class Step>
void Session::guarded(Step&& step) noexcept {
  try {
    step();
  } catch (const std::exception& exception) {
    service_.complain(exception);
    end();
  }
}

bool Session::start() {
  is_starting_ = true;
  guarded([this] { read_input(); });
  is_starting_ = false;
  return !has_ended_;
}

void Session::drain() {
  if (has_ended_) return;
  guarded([this] {
    if (slots_.empty() && output_.empty()) return read_input();
    finish_or_wait();
  });
}

void Session::answer_now() {
  if (has_ended_) return;
  guarded([this] {
    expire_checks();
    if (!has_ended_) go_on();
  });
}

void Session::expire_checks() {
  is_advancing_ = true;  // so that the answers take no slot away from under the loop
  for (const Slot& slot : slots_) {
    if (slot.check != nullptr && !has_ended_) slot.check->expire();
  }
  is_advancing_ = false;
}

HeldConnection Session::held() {
  using State = HeldConnection::State;
  if (!peer_) peer_ = peer_of(socket_.get());
  State state = State::idle;
  if (is_lingering_) {
    state = State::idle;
  } else if (!output_.empty()) {
    state = State::not_reading;
  } else if (!slots_.empty()) {
    state = State::checking;
  } else if (codec_->has_message()) {
    state = State::in_message;
  } else if (codec_->has_partial()) {
    state = State::asking;
  }
  const TimePoint since = state == State::checking ? slots_.front().started : waiting_since_;
  return {id_, *peer_, state, since, opened_, held_ + buffered_};
}

void Session::displace(TimePoint since) {
  if (has_ended_ || held().since != since) return;
  shed("there are too many connections");
}

void Session::shed(std::string_view why) {
  if (has_ended_) return;
  ++service_.counters.displaced;
  is_shed_ = true;
  guarded([&] {
    if (!output_.empty() || is_lingering_) return end();
    expire_checks();
    if (!has_ended_) give_up(why);
  });
}

void Session::read_input() {
  // A question in pieces costs a few reads, not a turn of the loop each.
  for (int i = 0; i < kReadsAtOnce && !has_ended_ && !at_end_of_input_; ++i) {
    const ssize_t size = ::read(socket_.get(), service_.buffer.data(), service_.buffer.size());
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      return end();
    }
    if (size == 0) {
      at_end_of_input_ = true;
      if (client_is_gone()) return end();
      codec_->finish();
    } else if (no_more_questions_) {
      discarded_ += static_cast<std::size_t>(size);
    } else {
      // A mail server may have been silent for long; what it begins now has its time from now.
      if (codec_->is_kept() && !codec_->has_partial()) waiting_since_ = service_.loop.now();
      codec_->feed({service_.buffer.data(), static_cast<std::size_t>(size)});
    }
    const std::uint64_t before = service_.counters.questions;
    advance();
    if (service_.counters.questions != before || no_more_questions_ || !output_.empty()) break;
  }
  if (!has_ended_) finish_or_wait();
}

void Session::advance() {
  if (is_advancing_) return;
  is_advancing_ = true;
  if (output_.empty()) output_.swap(service_.output);
  for (bool more = true; more && !has_ended_;) {
    more = take_questions();
    collect_answers();
    if (!write_output()) break;
    if (held_ >= kFullSlots || slots_.size() >= in_flight_limit()) more = false;
    if (has_finished()) more = true;
  }
  if (output_.empty()) {
    // Idle connections keep no buffer.
    if (output_.capacity() > service_.output.capacity() && output_.capacity() <= kMaxHeld) output_.swap(service_.output);
    std::string().swap(output_);
  }
  is_advancing_ = false;
}

// True when it stopped before the codec had no more.
bool Session::take_questions() {
  while (!no_more_questions_ && !has_ended_) {
    if (is_blocked_ || output_.size() >= kFullOutput || held_ >= kFullSlots || slots_.size() >= in_flight_limit()) return true;
    Slot& slot = take_slot();
    const protocol::Moment now{service_.snapshot->doors, static_cast<std::uint64_t>(std::time(nullptr))};
    if (!codec_->next(now, slot.item)) {
      give_back_last_slot();
      if (at_end_of_input_ || codec_->is_broken()) no_more_questions_ = true;
      return false;
    }
    begin(slot);
    collect_answers();
  }
  return false;
}

// At the end of slots_, with nothing in it.
Slot& Session::take_slot() {
  if (service_.spare.empty()) return slots_.emplace_back();
  slots_.splice(slots_.end(), service_.spare, service_.spare.begin());
  return slots_.back();
}

void Session::give_back_last_slot() { service_.spare.splice(service_.spare.begin(), slots_, std::prev(slots_.end())); }

void Session::begin(Slot& slot) {
  protocol::Item& item = slot.item;
  hold(slot);
  using Kind = protocol::Item::Kind;
  if (item.closes) no_more_questions_ = true;
  slot.snapshot = service_.snapshot;
  if (item.kind != Kind::step) {
    has_asked_ = true;
    ++service_.counters.questions;
    ++service_.counters.doors[static_cast<std::size_t>(item.door)];
  }
  if (item.kind == Kind::ping || item.kind == Kind::health) ++service_.counters.pings;
  slot.started = service_.loop.now();
  if (item.kind == Kind::rewrite) return begin_rewriting(slot);
  if (item.kind == Kind::health) return begin_probe(slot);
  if (item.kind != Kind::check) {
    slot.answer.swap(item.bytes);
    slot.is_done = true;
    return;
  }
  if (!item.error.empty()) {
    ++service_.counters.bad_questions;
    return answered(slot, receiver::bad_request(slot.snapshot->policy, item.error));
  }
  const auto step = [this, &slot](spf::AnswerSource& answers) -> spf::Needs {
    try {
      auto decision = std::exchange(service_.spare_decision, nullptr);
      if (decision == nullptr) decision = std::make_unique<receiver::Workspace>();
      spf::Needs needs = receiver::decide(slot.item.request, slot.snapshot->policy, answers, *decision);
      (needs.empty() ? slot.decision : service_.spare_decision) = std::move(decision);
      return needs;
    } catch (const std::exception& exception) {
      service_.complain(exception);
      return {};
    }
  };
  const auto done = [this, &slot](const io::CheckCost& /*cost*/) {
    if (has_ended_) return;
    guarded([&] {
      if (slot.decision != nullptr) {
        answered(slot, slot.decision->reply);
        service_.spare_decision = std::move(slot.decision);
      } else {
        answered(slot, receiver::not_checked(slot.snapshot->policy, "the check could not be finished"));
      }
      go_on();
    });
  };
  slot.check = service_.driver.start(step, time_left(service_, check_time(*slot.snapshot, item)), done);
}

// A question was answered later than it came.
void Session::go_on() {
  if (is_advancing_) return;
  advance();
  relieve();
  if (!has_ended_) finish_or_wait();
}

// Answers that wait for a check that takes long, or for a client that does not read, must not take more and more memory.
void Session::relieve() {
  while (!has_ended_ && held_ > kMaxHeld) {
    if (!output_.empty()) {
      ++service_.counters.write_timeouts;
      return end();
    }
    if (slots_.front().check == nullptr) return;
    is_advancing_ = true;
    slots_.front().check->expire();
    is_advancing_ = false;
    if (!has_ended_) advance();
  }
}

void Session::hold(Slot& slot) {
  const std::size_t size = slot.item.size() + slot.answer.size();
  held_ += size - slot.size;
  service_.held += size - slot.size;
  slot.size = size;
}

void Session::give_back(Slot& slot) {
  held_ -= slot.size;
  service_.held -= slot.size;
  slot.size = 0;
}

// Counts what is held beside the slots.
void Session::weigh() {
  const std::size_t now = codec_->held() + output_.size();
  service_.held += now - buffered_;
  buffered_ = now;
  if (service_.held <= Service::kMostBytes || service_.is_lightening) return;
  service_.is_lightening = true;
  try {
    owner_.hold_less();
  } catch (const std::bad_alloc& problem) {
    service_.complain(problem);
  }
  service_.is_lightening = false;
}

void Session::begin_probe(Slot& slot) {
  const auto probe = std::make_shared<DnsProbe>(slot.item.request.time);
  const auto step = [probe](spf::AnswerSource& answers) { return probe->look(answers); };
  const auto done = [this, &slot, probe](const io::CheckCost& /*cost*/) {
    if (has_ended_) return;
    guarded([&] {
      protocol::Health health{.is_draining = service_.is_draining, .has_dns = probe->has_answer()};
      if (service_.limit != nullptr) {
        health.connections = service_.limit->open();
        health.max_connections = service_.limit->most();
      }
      codec_->encode_health(slot.item, health, answer_of(slot));
      hold(slot);
      slot.is_done = true;
      go_on();
    });
  };
  slot.check = service_.driver.start(step, time_left(service_, std::min(kProbeTime, slot.snapshot->timeouts.check)), done);
}

void Session::begin_rewriting(Slot& slot) {
  if (!slot.snapshot->srs) {
    return answered_rewriting(slot, {receiver::SrsReply::Kind::temporary, "there are no secrets (srs-secret-file)", {}});
  }
  const auto step = [this, &slot](spf::AnswerSource& answers) -> spf::Needs {
    const protocol::Item& item = slot.item;
    try {
      receiver::SrsReply reply;
      spf::Needs needs = receiver::answer(item.rewriting, *slot.snapshot->srs, item.request.time, &answers, reply);
      if (needs.empty()) slot.rewritten = std::move(reply);
      return needs;
    } catch (const std::exception& exception) {
      service_.complain(exception);
      return {};
    }
  };
  const auto done = [this, &slot](const io::CheckCost& /*cost*/) {
    if (has_ended_) return;
    guarded([&] {
      if (!slot.rewritten) {
        const protocol::Item& item = slot.item;
        receiver::answer(item.rewriting, *slot.snapshot->srs, item.request.time, nullptr, slot.rewritten.emplace());
      }
      answered_rewriting(slot, *slot.rewritten);
      go_on();
    });
  };
  slot.check = service_.driver.start(step, time_left(service_, slot.snapshot->timeouts.srs), done);
}

// The first slot's answer goes straight to the output.
std::string& Session::answer_of(Slot& slot) {
  return &slot == &slots_.front() && output_.size() < kFullOutput ? output_ : slot.answer;
}

void Session::answered_rewriting(Slot& slot, const receiver::SrsReply& reply) {
  ++service_.counters.rewriting[static_cast<std::size_t>(reply.kind)];
  if (slot.item.rewriting.kind == receiver::SrsRequest::Kind::invalid) ++service_.counters.bad_questions;
  codec_->encode_rewriting(reply, answer_of(slot));
  hold(slot);
  slot.is_done = true;
  service_.verdicts.add(slot.item, reply, service_.loop.now() - slot.started);
}

void Session::answered(Slot& slot, const receiver::Reply& reply) {
  ++service_.counters.results[static_cast<std::size_t>(reply.result)];
  codec_->encode(slot.item, reply, slot.snapshot->doors, answer_of(slot));
  hold(slot);
  slot.is_done = true;
  service_.verdicts.add(slot.item, reply, service_.loop.now() - slot.started);
}

bool Session::has_finished() const { return !slots_.empty() && slots_.front().is_done; }

void Session::collect_answers() {
  while (has_finished() && output_.size() < kFullOutput) {
    Slot& slot = slots_.front();
    output_ += slot.answer;
    const bool is_large = slot.size > kSpareSize;
    give_back(slot);
    if (is_large || service_.spare.size() >= kSpareSlots) {
      slots_.pop_front();
      continue;
    }
    base::renew(slot);
    service_.spare.splice(service_.spare.begin(), slots_, slots_.begin());
  }
}

// True when nothing is left to write.
bool Session::write_output() {
  while (!has_ended_ && written_ < output_.size()) {
    const ssize_t size = ::send(socket_.get(), output_.data() + written_, output_.size() - written_, MSG_NOSIGNAL);
    if (size >= 0) {
      written_ += static_cast<std::size_t>(size);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!is_blocked_) waiting_since_ = service_.loop.now();
      is_blocked_ = true;
      return false;
    } else if (errno != EINTR) {
      end();
      return false;
    }
  }
  if (has_ended_) return false;
  if (!output_.empty()) {
    output_.clear();
    written_ = 0;
    is_blocked_ = false;
    waiting_since_ = service_.loop.now();
  }
  return true;
}

void Session::finish_or_wait() {
  weigh();
  if (has_ended_) return;
  const auto now = service_.loop.now();
  if (is_lingering_) {
    if (at_end_of_input_ || discarded_ > kMaxDiscarded) return end();
    watch_input(true);
    return wait_until(waiting_since_ + (is_shed_ ? kShortLinger : kLinger));
  }
  if (!output_.empty()) {
    watch_output(true);
    watch_input(false);
    return wait_until(waiting_since_ + service_.snapshot->timeouts.write);
  }
  watch_output(false);
  if (slots_.empty()) {
    if (no_more_questions_ || (service_.is_draining && !may_still_ask())) return close_gently();
    watch_input(true);
    if (service_.is_draining) return wait_until(service_.drain_end);
    const bool is_servers = codec_->is_kept() && !codec_->has_partial();
    return wait_until(waiting_since_ + (is_servers ? service_.snapshot->timeouts.mta_idle : service_.snapshot->timeouts.idle));
  }
  const bool reads = !at_end_of_input_ && !service_.is_draining && discarded_ <= kMaxDiscarded &&
                     (no_more_questions_ || (held_ < kFullSlots && slots_.size() < in_flight_limit()));
  watch_input(reads);
  if (!reads) wait_until(now + kProbeInterval);
}

// When the daemon stops: half a question, a message under way, or a connection that has just come.
bool Session::may_still_ask() const {
  return codec_->has_partial() || codec_->has_message() || (!has_asked_ && !codec_->is_kept());
}

void Session::on_timer() {
  timer_is_set_ = false;
  if (has_ended_) return;
  if (service_.loop.now() < deadline_) return wait_until(deadline_);
  if (is_lingering_) return end();
  if (!output_.empty()) {
    ++service_.counters.write_timeouts;
    return end();
  }
  if (!slots_.empty()) {
    return client_is_gone() ? end() : finish_or_wait();
  }
  ++service_.counters.idle_timeouts;
  give_up("the question was not complete in time");
}

void Session::give_up(std::string_view why) {
  no_more_questions_ = true;
  if (!codec_->has_partial()) return slots_.empty() ? end() : go_on();
  // Never silence: who has begun a question learns why there is no answer to it.
  Slot& slot = take_slot();
  codec_->give_up(why, slot.item);
  is_advancing_ = true;  // an answer that is there at once must not take the slot away from under begin()
  begin(slot);
  is_advancing_ = false;
  advance();
  if (!has_ended_) finish_or_wait();
}

void Session::close_gently() {
  if (!at_end_of_input_) {
    const ssize_t size = ::recv(socket_.get(), service_.buffer.data(), service_.buffer.size(), MSG_DONTWAIT);
    const bool may_send_more = size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && (codec_->is_broken() || discarded_ > 0);
    if (size > 0 || may_send_more) {
      ::shutdown(socket_.get(), SHUT_WR);
      is_lingering_ = true;
      no_more_questions_ = true;
      waiting_since_ = service_.loop.now();
      return finish_or_wait();
    }
  }
  end();
}

void Session::end() {
  if (has_ended_) return;
  has_ended_ = true;
  for (Slot& slot : slots_) {
    service_.counters.dropped += slot.is_done ? 0 : 1;
    give_back(slot);
  }
  service_.held -= std::exchange(buffered_, 0);
  if (input_) input_->disable();
  if (output_watch_) output_watch_->disable();
  if (timer_) timer_->cancel();
  socket_.close();
  if (!is_starting_) owner_.session_ended(*this);
}

// A half-closed client still waits for its answers, so the end of its input tells nothing.
bool Session::client_is_gone() const {
  pollfd look{socket_.get(), 0, 0};
  return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

std::size_t Session::in_flight_limit() const {
  const bool is_busy = service_.driver.running() >= kBusyChecks || service_.held >= kMaxHeldByAll;
  return is_busy ? 1 : codec_->max_in_flight();
}

void Session::watch_input(bool on) {
  if (!on) {
    if (input_) input_->disable();
    return;
  }
  if (!input_)
    input_ = std::make_unique<io::Watch>(service_.loop, socket_.get(), io::Watch::readable,
                                         [this] { guarded([this] { read_input(); }); });
  input_->enable();
}

void Session::watch_output(bool on) {
  if (!on) {
    if (output_watch_) output_watch_->disable();
    return;
  }
  if (!output_watch_) {
    output_watch_ = std::make_unique<io::Watch>(service_.loop, socket_.get(), io::Watch::writable, [this] {
      guarded([this] {
        advance();
        if (!has_ended_) finish_or_wait();
      });
    });
  }
  output_watch_->enable();
}

void Session::wait_until(TimePoint deadline) {
  deadline_ = deadline;
  // Set only when it must come earlier: a timer that comes too early is set again then, which is cheaper than at each question.
  if (timer_is_set_ && timer_set_for_ <= deadline) return;
  if (!timer_) timer_ = std::make_unique<io::Timer>(service_.loop, [this] { guarded([this] { on_timer(); }); });
  const auto wait = std::chrono::duration_cast<milliseconds>(deadline - service_.loop.now());
  timer_->set(std::max(wait, milliseconds::zero()) + milliseconds{1});
  timer_is_set_ = true;
  timer_set_for_ = deadline;
}

}  // namespace spfd
