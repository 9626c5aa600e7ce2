#include "spfd/pipeline.h"

#include <algorithm>
#include <ctime>
#include <iterator>
#include <utility>

#include "common/base/reuse.h"
#include "common/protocol/control.h"
#include "common/protocol/query_lines.h"
#include "common/protocol/srs_reader.h"
#include "common/receiver/receiver.h"
#include "common/receiver/srs_answer.h"

namespace spfd {

namespace {

using std::chrono::milliseconds;

// If a worker has more checks under way, each connection may have one request at a time.
constexpr std::size_t kBusyChecks = 4096;
// The same holds if all connections of a worker together hold more bytes than this. At twice this, some of them are closed.
constexpr std::size_t kMaxHeldByAll = Shared::kMostBytes / 2;
// The number of unused slots that a worker keeps, and the size above which it keeps none.
constexpr std::size_t kSpareSlots = 128;
constexpr std::size_t kSpareSize = 8192;
// The characters of an id that spfd makes, of five bits each.
constexpr std::size_t kIdSize = 13;

// Returns the time for a check: the time that the client gives, less a little for sending the answer, so that the answer is in
// time.
milliseconds check_time(const Snapshot& snapshot, const protocol::CheckRequest& check) {
  if (!check.timeout) return snapshot.timeouts.check;
  const milliseconds theirs = *check.timeout - std::min(milliseconds{250}, *check.timeout / 4);
  return std::clamp(theirs, milliseconds{1}, snapshot.timeouts.check);
}

}  // namespace

Pipeline::Pipeline(Shared& shared, Owner& owner, protocol::Door door)
    : shared_(shared), owner_(owner), any_codec_(protocol::make_codec(door)), codec_(protocol::codec_of(any_codec_)) {}

Pipeline::~Pipeline() { shared_.held -= held_ + buffered_; }

void Pipeline::end_input() {
  at_end_ = true;
  codec_.finish();
}

// ---- requests ------------------------------------------------------------------------------------------------------------

bool Pipeline::take_requests() {
  while (!is_closed_) {
    if (output_.size() >= kFullOutput || is_full()) return true;
    Slot& slot = take_slot();
    if (!codec_.next({shared_.snapshot->doors, slot.read_at}, slot.request)) {
      shared_.spare.slots.splice(shared_.spare.slots.begin(), slots_, std::prev(slots_.end()));
      if (at_end_ || codec_.is_broken()) close();
      return false;
    }
    begin(slot);
    collect_answers();
  }
  return false;
}

// Appends an empty slot to slots_, for a request that is read now.
Slot& Pipeline::take_slot() {
  std::list<Slot>& spare = shared_.spare.slots;
  if (spare.empty()) {
    slots_.emplace_back();
  } else {
    slots_.splice(slots_.end(), spare, spare.begin());
  }
  slots_.back().read_at = static_cast<std::uint64_t>(std::time(nullptr));
  return slots_.back();
}

void Pipeline::begin(Slot& slot) {
  hold(slot);
  if (slot.request.closes) close();
  slot.snapshot = shared_.snapshot;
  slot.started = shared_.loop.now();
  const auto* ready = std::get_if<protocol::Ready>(&slot.request.what);
  if (ready == nullptr || ready->kind != protocol::Ready::Kind::packet) {
    ++asked_;
    ++shared_.counters.requests;
    ++shared_.counters.doors[static_cast<std::size_t>(slot.request.door)];
  }
  std::visit([&](auto& what) { begin(what, slot); }, slot.request.what);
}

// Gives the check an id if the client has not given one, and lets the header contain it if that is configured.
void Pipeline::add_id(protocol::CheckRequest& check, CheckIds ids) {
  if (check.id.empty()) {
    constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz234567";
    std::uint64_t number = shared_.next_id++;
    for (std::size_t i = 0; i < kIdSize; ++i, number /= kDigits.size()) check.id += kDigits[number % kDigits.size()];
  }
  if (ids == CheckIds::header) check.request.id = check.id;
}

// Returns why the client of the control socket gets no answer to "explain"; empty: it does.
std::string Pipeline::why_not_explained() {
  if (shared_.control != nullptr && shared_.control->may_only_watch(owner_.peer())) return std::string(ControlDesk::kOnlyWatches);
  if (shared_.driver.running() >= ControlDesk::kMostExplained) return "too many of these commands are under way: try again later";
  return {};
}

void Pipeline::begin(protocol::CheckRequest& check, Slot& slot) {
  if (slot.snapshot->check_ids != CheckIds::client) add_id(check, slot.snapshot->check_ids);
  if (slot.request.door == protocol::Door::control && check.error.empty()) check.error = why_not_explained();
  if (check.error.empty()) return run<protocol::CheckRequest>(slot, check_time(*slot.snapshot, check));
  ++shared_.counters.bad_requests;
  answer(check, receiver::bad_request(slot.snapshot->policy, check.error, check.request.id), slot);
}

void Pipeline::begin(protocol::RewritingRequest& rewriting, Slot& slot) {
  if (slot.snapshot->srs) return run<protocol::RewritingRequest>(slot, slot.snapshot->timeouts.srs);
  answer(rewriting, {receiver::SrsReply::Kind::temporary, "there are no secrets (srs-secret-file)", {}}, slot);
}

void Pipeline::begin(protocol::HealthRequest& /*request*/, Slot& slot) {
  ++shared_.counters.pings;
  slot.found = std::make_unique<DnsProbe>(slot.snapshot->health_name, slot.read_at);
  run<protocol::HealthRequest>(slot, std::min(kProbeTime, slot.snapshot->timeouts.check));
}

void Pipeline::begin(protocol::Ready& ready, Slot& slot) {
  if (ready.kind == protocol::Ready::Kind::ping) ++shared_.counters.pings;
  slot.answer.swap(ready.answer);
  slot.is_done = true;
}

void Pipeline::begin(protocol::ControlRequest& request, Slot& slot) {
  const auto done = [this, &slot, format = request.format](const protocol::ControlAnswer& answer) {
    // Without a handle, the caller of expire() continues.
    const bool is_later = slot.check != nullptr;
    try {
      protocol::ControlCodec::write_control(answer, format, answer_of(slot));
      complete(slot);
    } catch (const std::exception& exception) {
      return owner_.failed(exception);
    }
    if (is_later) owner_.answered();
  };
  if (shared_.control == nullptr) return done({.is_error = true, .text = "there is no control socket here"});
  slot.check = shared_.control->order(shared_.loop, request, owner_.peer(), done);
}

void Pipeline::give_up(std::string_view why) {
  close();
  if (!codec_.has_partial()) return;
  // A client that has begun a request always gets an answer with the reason.
  Slot& slot = take_slot();
  codec_.give_up(why, slot.request);
  begin(slot);
}

// ---- steps ---------------------------------------------------------------------------------------------------------------

template <class What>
void Pipeline::run(Slot& slot, milliseconds time) {
  const auto step = [this, &slot](spf::AnswerSource& answers) -> spf::Needs {
    try {
      return look(std::get<What>(slot.request.what), slot, answers);
    } catch (const std::exception& exception) {
      shared_.complain(exception);
      return {};
    }
  };
  const auto done = [this, &slot](const io::CheckCost& cost) {
    slot.cost = cost;
    // Without a handle, the check ended within the call that is under way, in start() or expire(), whose caller continues.
    const bool is_later = slot.check != nullptr;
    try {
      answer_found(std::get<What>(slot.request.what), slot);
    } catch (const std::exception& exception) {
      return owner_.failed(exception);
    }
    if (is_later) owner_.answered();
  };
  slot.check = shared_.driver.start(step, time_left(time), done);
}

spf::Needs Pipeline::look(const protocol::CheckRequest& check, Slot& slot, spf::AnswerSource& answers) {
  if (check.request.explain && slot.found.index() != 0) return explain(slot, answers);
  auto workspace = std::exchange(shared_.spare.workspace, nullptr);
  if (workspace == nullptr) workspace = std::make_unique<receiver::Workspace>();
  spf::Needs needs = receiver::decide(check.request, slot.snapshot->policy, answers, *workspace);
  if (needs.empty()) {
    if (slot.snapshot->shadow != nullptr) judge_shadow(check, workspace->reply, slot, answers);
    slot.found = std::move(workspace);
    if (check.request.explain) return explain(slot, answers);
  } else {
    shared_.spare.workspace = std::move(workspace);
  }
  return needs;
}

void Pipeline::judge_shadow(const protocol::CheckRequest& check, const receiver::Reply& reply, Slot& slot,
                            spf::AnswerSource& answers) {
  auto workspace = std::exchange(shared_.spare.shadow, nullptr);
  if (workspace == nullptr) workspace = std::make_unique<receiver::Workspace>();
  slot.shadow = spfd::judge_shadow(check.request, *slot.snapshot->shadow, reply, answers, *workspace);
  shared_.spare.shadow = std::move(workspace);
}

// Explains the reply in the slot, or gives the reason why it is not explained.
spf::Needs Pipeline::explain(Slot& slot, spf::AnswerSource& answers) {
  const receiver::Policy& policy = slot.snapshot->policy;
  if (auto* workspace = std::get_if<std::unique_ptr<receiver::Workspace>>(&slot.found)) {
    std::optional<receiver::Why>& why = (*workspace)->reply.why;
    if (!policy.allow_explain) {
      why = receiver::not_explained("this spfd does not explain (allow-explain)");
    } else if (shared_.explaining >= Explaining::kMost) {
      why = receiver::not_explained("too many explanations are under way: ask again later");
    } else {
      slot.found = std::make_unique<Explaining>(std::move(*workspace), shared_.explaining);
    }
  }
  auto* explaining = std::get_if<std::unique_ptr<Explaining>>(&slot.found);
  return explaining == nullptr ? spf::Needs{} : (*explaining)->look(policy, answers);
}

spf::Needs Pipeline::look(const protocol::RewritingRequest& rewriting, Slot& slot, spf::AnswerSource& answers) {
  receiver::SrsReply reply;
  spf::Needs needs = receiver::answer(rewriting.request, *slot.snapshot->srs, slot.read_at, &answers, reply);
  if (needs.empty()) slot.found = std::move(reply);
  return needs;
}

spf::Needs Pipeline::look(const protocol::HealthRequest& /*request*/, Slot& slot, spf::AnswerSource& answers) {
  return std::get<std::unique_ptr<DnsProbe>>(slot.found)->look(answers);
}

// ---- answers -------------------------------------------------------------------------------------------------------------

void Pipeline::answer_found(const protocol::CheckRequest& check, Slot& slot) {
  if (auto* explaining = std::get_if<std::unique_ptr<Explaining>>(&slot.found)) slot.found = (*explaining)->take();
  auto* workspace = std::get_if<std::unique_ptr<receiver::Workspace>>(&slot.found);
  if (workspace == nullptr)
    return answer(check, receiver::not_checked(slot.snapshot->policy, "the check could not be finished", check.request.id), slot);
  answer(check, (*workspace)->reply, slot);
  shared_.spare.workspace = std::move(*workspace);
}

void Pipeline::answer_found(const protocol::RewritingRequest& rewriting, Slot& slot) {
  if (!std::holds_alternative<receiver::SrsReply>(slot.found))
    receiver::answer(rewriting.request, *slot.snapshot->srs, slot.read_at, nullptr, slot.found.emplace<receiver::SrsReply>());
  answer(rewriting, std::get<receiver::SrsReply>(slot.found), slot);
}

void Pipeline::answer_found(const protocol::HealthRequest& request, Slot& slot) {
  protocol::Health health{.is_draining = shared_.drain_end.has_value() || shared_.is_drained,
                          .dns = std::get<std::unique_ptr<DnsProbe>>(slot.found)->found()};
  if (shared_.limit != nullptr) {
    health.connections = shared_.limit->open();
    health.max_connections = shared_.limit->most();
  }
  protocol::append_health(health, request.format, request.id, answer_of(slot));
  complete(slot);
}

void Pipeline::answer(const protocol::CheckRequest& check, const receiver::Reply& reply, Slot& slot) {
  ++shared_.counters.results[static_cast<std::size_t>(reply.result)];
  shared_.counters.checks.count(slot.request.door, reply);
  // loop.now() is the time at which the present callback began, and a whole check may run within one callback.
  if (check.error.empty()) {
    const auto time = std::chrono::steady_clock::now() - slot.started;
    shared_.counters.checks.count(reply, slot.cost, time);
    if (slot.shadow.state != Shadow::State::none) shared_.counters.checks.count(reply, slot.shadow);
    shared_.tops.count(reply, time);
  }
  std::get<std::unique_ptr<protocol::CheckCodec>>(any_codec_)->encode(check, reply, slot.snapshot->doors, answer_of(slot));
  complete(slot);
  shared_.verdicts.add(check, slot.request.door, reply, slot.shadow, shared_.loop.now() - slot.started);
}

void Pipeline::answer(const protocol::RewritingRequest& rewriting, const receiver::SrsReply& reply, Slot& slot) {
  ++shared_.counters.rewriting[static_cast<std::size_t>(reply.kind)];
  shared_.counters.checks.count(slot.request.door, reply);
  using Kind = receiver::SrsRequest::Kind;
  if (rewriting.request.kind == Kind::invalid || rewriting.request.kind == Kind::given_up) ++shared_.counters.bad_requests;
  answer_of(slot) += protocol::encode_srs(rewriting.protocol, reply);
  complete(slot);
  shared_.verdicts.add(rewriting.request, slot.request.door, reply, shared_.loop.now() - slot.started);
}

void Pipeline::complete(Slot& slot) {
  hold(slot);
  slot.is_done = true;
}

// Returns the string for the slot's answer: the first slot's answer goes straight to the output.
std::string& Pipeline::answer_of(Slot& slot) {
  return &slot == &slots_.front() && output_.size() < kFullOutput ? output_ : slot.answer;
}

void Pipeline::collect_answers() {
  while (has_finished() && output_.size() < kFullOutput) {
    Slot& slot = slots_.front();
    output_ += slot.answer;
    const bool is_large = slot.size > kSpareSize;
    give_back(slot);
    if (is_large || shared_.spare.slots.size() >= kSpareSlots) {
      slots_.pop_front();
      continue;
    }
    base::renew(slot);
    shared_.spare.slots.splice(shared_.spare.slots.begin(), slots_, slots_.begin());
  }
}

// ---- the end of checks ---------------------------------------------------------------------------------------------------

void Pipeline::expire(Slot& slot) {
  const auto check = std::move(slot.check);
  if (check == nullptr || slot.is_done) return;
  check->expire();
}

void Pipeline::expire() {
  for (Slot& slot : slots_) expire(slot);
}

bool Pipeline::expire_first() {
  if (slots_.empty() || slots_.front().check == nullptr || slots_.front().is_done) return false;
  expire(slots_.front());
  return true;
}

void Pipeline::drop() {
  close();
  for (Slot& slot : slots_) {
    shared_.counters.dropped += slot.is_done ? 0 : 1;
    slot.check = nullptr;
    give_back(slot);
  }
  shared_.held -= std::exchange(buffered_, 0);
}

// ---- memory --------------------------------------------------------------------------------------------------------------

void Pipeline::hold(Slot& slot) {
  const std::size_t size = slot.request.size() + slot.answer.size();
  held_ += size - slot.size;
  shared_.held += size - slot.size;
  slot.size = size;
}

void Pipeline::give_back(Slot& slot) {
  held_ -= slot.size;
  shared_.held -= slot.size;
  slot.size = 0;
}

void Pipeline::weigh() {
  const std::size_t now = codec_.held() + output_.size();
  shared_.held += now - buffered_;
  buffered_ = now;
}

void Pipeline::borrow_output() {
  if (output_.empty()) output_.swap(shared_.spare.output);
}

// Returns the output's memory to the worker, since idle connections keep no buffer.
void Pipeline::return_output() {
  if (!output_.empty()) return;
  if (output_.capacity() > shared_.spare.output.capacity() && output_.capacity() <= kMaxHeld) output_.swap(shared_.spare.output);
  std::string().swap(output_);
}

milliseconds Pipeline::time_left(milliseconds time) const {
  if (!shared_.drain_end) return time;
  const auto left = std::chrono::duration_cast<milliseconds>(*shared_.drain_end - shared_.loop.now());
  return std::clamp(left, milliseconds{1}, std::max(time, milliseconds{1}));
}

std::size_t Pipeline::in_flight_limit() const {
  const bool is_busy = shared_.driver.running() >= kBusyChecks || shared_.held >= kMaxHeldByAll;
  return is_busy ? 1 : codec_.max_in_flight();
}

}  // namespace spfd
