#include "common/io/resolver.h"

#include <algorithm>
#include <new>
#include <unordered_map>
#include <utility>

#include "common/dns/likely_zone.h"
#include "common/dns/message.h"
#include "common/io/exchange.h"
#include "common/io/failure.h"
#include "common/io/fair_queue.h"
#include "common/io/keyed_hash.h"
#include "common/io/open_question.h"
#include "common/io/random.h"
#include "common/io/silent_zones.h"
#include "common/io/tcp.h"
#include "common/io/udp.h"
#include "common/io/upstream.h"
#include "common/io/upstreams.h"

namespace io {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How long EDNS0 is left out for a server that has refused it and then answered without it.
constexpr std::chrono::minutes kPlainTime{15};
// The wait before the next round when nothing listens, or before the next try to get a descriptor; doubled each time.
constexpr milliseconds kFirstBackOff{100};
constexpr milliseconds kLastBackOff{2000};
// The part of the slots that one zone may hold.
constexpr std::size_t kZonePart = 4;
// The fraction of the slots whose questions may wait for TCP.
constexpr std::size_t kTcpPart = 4;

// Returns whether this is an answer of servers that do not support EDNS0 (RFC 6891 §7; BADVERS: not this version).
bool is_edns_refusal(int rcode) { return rcode == 1 || rcode == 4 || rcode == 16; }

FairQueue::Limits limits(std::size_t slots, std::size_t waiting) {
  return {.slots = slots, .per_zone = std::max<std::size_t>(slots / kZonePart, 1), .waiting = waiting};
}

}  // namespace

class Resolver::Impl {
 public:
  Impl(Loop& loop, ResolverOptions options)
      : loop_(loop),
        options_(std::move(options)),
        servers_(loop, random_, counters_, options_.on_change),
        queue_(loop, limits(options_.max_in_flight, options_.max_waiting)),
        tcp_queue_(loop, limits(options_.max_tcp, options_.max_in_flight / kTcpPart)) {
    servers_.set(options_.servers);
  }

  std::uint64_t ask(const dns::Question& question, const Asker& asker, Callback callback, StillWanted still_wanted);
  void join(std::uint64_t number, std::uint64_t check);
  void set_servers(const std::vector<NameServer>& servers) { servers_.set(servers); }

  [[nodiscard]] std::vector<ServerCounters> server_counters() const { return servers_.counters(); }

  ResolverCounters counters_;

 private:
  using Phase = OpenQuestion::Phase;
  using Sent = OpenQuestion::Sent;

  Upstream& upstream(const OpenQuestion& open, std::size_t server) { return *(*open.servers)[server]; }

  // Continues a question, from the loop. If memory runs out, only this question fails.
  template <class GoOn>
  void go_on(std::uint64_t number, GoOn&& next) {
    // The question may have ended: two answers to it may be read from a socket at once.
    const auto found = questions_.find(number);
    if (found == questions_.end()) return;
    try {
      next(*found->second);
    } catch (const std::bad_alloc&) {
      const auto left = questions_.find(number);
      if (left != questions_.end()) finish(*left->second, dns::failure_answer("no memory", dns::Cause::local));
    }
  }

  void start(OpenQuestion& open, std::uint64_t number, const dns::Question& question, const Asker& asker, Callback callback,
             StillWanted still_wanted);
  bool enter(OpenQuestion& open, bool is_back);
  void give_way(OpenQuestion& open);
  void on_place(OpenQuestion& open, FairQueue::News news);
  void begin(OpenQuestion& open);
  void next_try(OpenQuestion& open);
  bool send_udp(OpenQuestion& open, std::size_t server, bool edns, bool fell_back);
  void back_off(OpenQuestion& open, Phase phase);
  void wait(OpenQuestion& open, milliseconds time);
  void wait_in_steps(OpenQuestion& open, milliseconds step, milliseconds time);
  milliseconds time_for_try(const OpenQuestion& open, milliseconds first) const;
  void on_timer(OpenQuestion& open);
  void on_silence(OpenQuestion& open);
  void on_udp(OpenQuestion& open, std::size_t index, Ending ending);
  void on_refused(OpenQuestion& open, std::size_t index, int rcode);
  void give_up_server(OpenQuestion& open, std::size_t index, Trouble trouble);
  void on_answer(OpenQuestion& open, std::size_t index, dns::Answer answer);

  void queue_tcp(OpenQuestion& open, std::size_t index);
  void on_tcp_place(OpenQuestion& open, FairQueue::News news);
  void start_tcp(OpenQuestion& open);
  void on_tcp_silence(OpenQuestion& open);
  void on_tcp(OpenQuestion& open, Ending ending);
  void on_tcp_trouble(OpenQuestion& open, Trouble trouble);

  void finish(OpenQuestion& open, dns::Answer answer);
  void forget(OpenQuestion& open);
  void note_zone(const OpenQuestion& open, const dns::Answer& answer);

  Loop& loop_;
  ResolverOptions options_;
  RandomIds random_;
  HashKey hash_key_ = HashKey::random();
  Upstreams servers_;
  FairQueue queue_;
  FairQueue tcp_queue_;
  SilentZones silent_zones_{hash_key_};
  Clock::time_point last_answer_;  // time of the last answer that was not a failure
  std::uint64_t next_number_ = 1;
  std::unordered_map<std::uint64_t, std::unique_ptr<OpenQuestion>> questions_;
};

// ---- a slot --------------------------------------------------------------------------------------------------------------

std::uint64_t Resolver::Impl::ask(const dns::Question& question, const Asker& asker, Callback callback,
                                  StillWanted still_wanted) {
  ++counters_.questions;
  const std::uint64_t number = next_number_++;
  auto made = std::make_unique<OpenQuestion>(loop_, servers_.list(),
                                             [this, number] { go_on(number, [this](OpenQuestion& one) { on_timer(one); }); });
  OpenQuestion& open = *made;
  questions_.emplace(number, std::move(made));
  try {
    start(open, number, question, asker, std::move(callback), std::move(still_wanted));
  } catch (const std::bad_alloc&) {
    forget(open);
    throw;
  }
  return number;
}

void Resolver::Impl::join(std::uint64_t number, std::uint64_t check) {
  go_on(number, [&](OpenQuestion& open) {
    open.add_joined(check, [this](std::uint64_t one) { return queue_.load(one) + tcp_queue_.load(one); });
    if (open.phase == Phase::queued) queue_.join(open.place, check);
    if (open.phase == Phase::tcp_queued) tcp_queue_.join(open.tcp_place, check);
  });
}

void Resolver::Impl::start(OpenQuestion& open, std::uint64_t number, const dns::Question& question, const Asker& asker,
                           Callback callback, StillWanted still_wanted) {
  open.number = number;
  open.question = question;
  open.owner = {keyed_hash(hash_key_, dns::likely_zone(question.name)), asker.check};
  open.callback = std::move(callback);
  open.still_wanted = std::move(still_wanted);
  open.begin = loop_.now();
  open.patience = open.end = open.begin + asker.patience;
  if (enter(open, false)) begin(open);
}

// Takes a slot, or a place in the queue. Returns whether it is a slot. `is_back`: the question had one before.
bool Resolver::Impl::enter(OpenQuestion& open, bool is_back) {
  open.phase = Phase::queued;
  open.place = queue_.enter(open.owner, is_back, [this, number = open.number](FairQueue::News news) {
    go_on(number, [&](OpenQuestion& one) { on_place(one, news); });
  });
  if (FairQueue::has_slot(open.place)) return true;
  for (const std::uint64_t check : open.joined) queue_.join(open.place, check);
  ++counters_.queued;
  wait(open, milliseconds::max());
  return false;
}

// Gives up the slot to a question that waits, and queues for another try. Answers to the earlier tries may still come meanwhile.
void Resolver::Impl::give_way(OpenQuestion& open) {
  open.place.reset();
  if (enter(open, true)) next_try(open);
}

void Resolver::Impl::on_place(OpenQuestion& open, FairQueue::News news) {
  if (news == FairQueue::News::turned_away) {
    ++counters_.turned_away;
    return finish(open, failure_of(open, options_));
  }
  if (open.still_wanted && !open.still_wanted()) return forget(open);
  if (open.sent.empty()) return begin(open);
  next_try(open);
}

// Begins to ask; the question has a slot.
void Resolver::Impl::begin(OpenQuestion& open) {
  const auto end_of_try = loop_.now() + options_.try_timeout;
  if (end_of_try <= open.patience && silent_zones_.has(open.question.name)) {
    ++counters_.brief;
    open.is_brief = true;
    open.end = end_of_try;
  }
  open.phase = Phase::asking;
  if (open.servers->empty()) return wait(open, milliseconds{0});
  servers_.send_probes(open.question, options_.try_timeout);
  next_try(open);
}

// ---- over UDP ------------------------------------------------------------------------------------------------------------

void Resolver::Impl::next_try(OpenQuestion& open) {
  if (!open.sent.empty() && open.still_wanted && !open.still_wanted()) return forget(open);
  const auto is_down = [&](std::size_t server) { return upstream(open, server).health.is_down(); };
  for (;;) {
    open.phase = Phase::asking;
    if (open.sent.size() >= kMaxSent) return wait(open, milliseconds::max());
    const bool is_refused = open.trouble && open.trouble->kind == Trouble::Kind::refused;
    const Rounds::Step step = open.rounds.next(is_down, is_refused);
    if (step.kind == Rounds::Step::Kind::give_up) return finish(open, failure_of(open, options_));
    if (step.kind == Rounds::Step::Kind::pause) return back_off(open, Phase::backing_off);
    const auto tcp = std::find_if(open.sent.begin(), open.sent.end(),
                                  [&](const Sent& sent) { return sent.needs_tcp && sent.server == step.server; });
    if (tcp != open.sent.end()) return queue_tcp(open, static_cast<std::size_t>(tcp - open.sent.begin()));
    if (send_udp(open, step.server, loop_.now() >= upstream(open, step.server).plain_until, false)) return;
  }
}

bool Resolver::Impl::send_udp(OpenQuestion& open, std::size_t server, bool edns, bool fell_back) {
  const std::size_t index = open.sent.size();
  open.sent.reserve(index + 1);  // so that there is room for each datagram that is sent
  auto ticket = upstream(open, server).udp.send(open.question, edns, [this, index, number = open.number](Ending ending) {
    go_on(number, [&](OpenQuestion& one) { on_udp(one, index, std::move(ending)); });
  });
  if (!ticket) {
    if (ticket.error().kind == Trouble::Kind::unreachable) servers_.on_unreachable(upstream(open, server));
    open.note(ticket.error());
    return false;
  }
  ++upstream(open, server).counts.udp;
  open.sent.push_back({.server = server, .edns = edns, .fell_back = fell_back, .at = loop_.now(), .ticket = *ticket});
  wait_in_steps(open, options_.try_timeout, time_for_try(open, options_.try_timeout));
  return true;
}

milliseconds Resolver::Impl::time_for_try(const OpenQuestion& open, milliseconds first) const {
  return first * (1 << std::min(open.rounds.number(), options_.max_doublings()));
}

void Resolver::Impl::back_off(OpenQuestion& open, Phase phase) {
  open.phase = phase;
  const int doublings = std::min(open.back_offs++, 10);
  wait(open, std::min(kFirstBackOff * (1 << doublings), kLastBackOff));
}

// Sets the timer, for the end of the question at the latest.
void Resolver::Impl::wait(OpenQuestion& open, milliseconds time) {
  const auto left = std::chrono::ceil<milliseconds>(open.end - loop_.now());
  open.is_last_timer = time >= left;
  open.timer.set(std::min(time, left));
}

// Waits for the answer to a try. After each step the try ends early if others wait for the slot.
void Resolver::Impl::wait_in_steps(OpenQuestion& open, milliseconds step, milliseconds time) {
  open.left = time - step;
  wait(open, step);
}

void Resolver::Impl::on_timer(OpenQuestion& open) {
  open.is_at_end = open.is_last_timer;
  const bool has_time_left = open.left > milliseconds{0} && !open.is_last_timer;
  if (open.phase == Phase::tcp) return on_tcp_silence(open);
  if (open.phase == Phase::asking && !open.sent.empty()) {
    if (has_time_left && !queue_.has_new()) return wait_in_steps(open, options_.try_timeout, open.left);
    on_silence(open);
  }
  if (open.is_last_timer || open.servers->empty()) return finish(open, failure_of(open, options_));
  if (open.phase == Phase::tcp_backing_off) return queue_tcp(open, open.tcp_sent);
  if (queue_.has_new()) return give_way(open);
  next_try(open);
}

// Records that the last try got no answer in its time. One may still come.
void Resolver::Impl::on_silence(OpenQuestion& open) {
  Sent& last = open.sent.back();
  if (!last.ticket) return;
  ++counters_.timeouts;
  ++upstream(open, last.server).counts.timeouts;
  last.timed_out = true;
  open.rounds.waited();
  open.note({Trouble::Kind::timed_out, "timed out"});
  // If the asker's patience was shorter than a try, the server did not have its full time.
  if (open.is_last_timer && loop_.now() - last.at < options_.try_timeout) return;
  servers_.on_silence(upstream(open, last.server), open.owner.zone, last.at);
}

void Resolver::Impl::on_udp(OpenQuestion& open, std::size_t index, Ending ending) {
  open.sent[index].ticket.reset();
  Upstream& server = upstream(open, open.sent[index].server);
  if (ending) servers_.on_answer(server);
  // The ending of an earlier try does not affect the later one.
  const bool is_last = open.phase == Phase::asking && index + 1 == open.sent.size();
  if (!ending) {
    switch (ending.error().kind) {
      case Trouble::Kind::strays: return queue_tcp(open, index);
      case Trouble::Kind::unreachable: servers_.on_unreachable(server); break;
      case Trouble::Kind::unreadable: return give_up_server(open, index, ending.error());
      default: break;
    }
    open.note(ending.error());
    if (is_last) next_try(open);
    return;
  }
  switch (ending->kind) {
    case dns::Response::Kind::answer: return on_answer(open, index, std::move(ending->answer));
    case dns::Response::Kind::truncated: return queue_tcp(open, index);
    case dns::Response::Kind::refused: return on_refused(open, index, ending->rcode);
  }
}

void Resolver::Impl::on_refused(OpenQuestion& open, std::size_t index, int rcode) {
  const Sent sent = open.sent[index];
  const Sent& last = open.sent.back();
  const bool is_current = open.phase == Phase::asking && last.server == sent.server && open.sent.size() < kMaxSent;
  if (is_current && rcode == dns::kBadCookie) {
    // The next try has the cookie that came with this answer; if it fails too, TCP needs no cookie (RFC 7873 §5.3).
    if (std::exchange(open.had_bad_cookie, true)) return queue_tcp(open, index);
    if (!send_udp(open, sent.server, sent.edns, sent.fell_back)) next_try(open);
    return;
  }
  if (is_current && sent.edns && is_edns_refusal(rcode)) {
    if (last.fell_back) return;
    if (!send_udp(open, sent.server, false, true)) next_try(open);
    return;
  }
  give_up_server(open, index, {Trouble::Kind::refused, dns::rcode_name(rcode)});
}

// Stops asking this server.
void Resolver::Impl::give_up_server(OpenQuestion& open, std::size_t index, Trouble trouble) {
  const std::size_t server = open.sent[index].server;
  ServerCounters& counters = upstream(open, server).counts;
  ++(trouble.kind == Trouble::Kind::refused ? counters.refused : counters.unreadable);
  open.rounds.spend(server);
  open.note(std::move(trouble));
  const bool is_last = open.phase == Phase::asking && open.sent.back().server == server;
  const bool is_over = open.phase == Phase::queued && !open.rounds.is_any_left();
  if (is_last || is_over) next_try(open);
}

void Resolver::Impl::on_answer(OpenQuestion& open, std::size_t index, dns::Answer answer) {
  const auto now = loop_.now();
  const Sent& sent = open.sent[index];
  upstream(open, sent.server).counts.duration.add(static_cast<std::uint64_t>((now - sent.at).count()));
  if (sent.fell_back) upstream(open, sent.server).plain_until = now + kPlainTime;
  for (const Sent& other : open.sent) {
    if (!other.timed_out || other.server == sent.server) continue;
    servers_.on_other_answered(upstream(open, other.server), other.at);
  }
  finish(open, std::move(answer));
}

// ---- over TCP ------------------------------------------------------------------------------------------------------------

// Answers to earlier tries may still come meanwhile.
void Resolver::Impl::queue_tcp(OpenQuestion& open, std::size_t index) {
  if (open.phase == Phase::tcp_queued || open.phase == Phase::tcp) return;
  if (open.phase == Phase::queued) open.place.reset();
  open.tcp_sent = index;
  open.sent[index].needs_tcp = true;
  open.phase = Phase::tcp_queued;
  // A server has answered.
  open.is_brief = false;
  open.end = open.patience;
  wait(open, milliseconds::max());
  const bool is_back = open.tcp_begin != Clock::time_point{};
  open.tcp_place = tcp_queue_.enter(open.owner, is_back, [this, number = open.number](FairQueue::News news) {
    go_on(number, [&](OpenQuestion& one) { on_tcp_place(one, news); });
  });
  if (FairQueue::has_slot(open.tcp_place)) return start_tcp(open);
  for (const std::uint64_t check : open.joined) tcp_queue_.join(open.tcp_place, check);
  ++counters_.queued;
}

void Resolver::Impl::on_tcp_place(OpenQuestion& open, FairQueue::News news) {
  if (news == FairQueue::News::granted) return start_tcp(open);
  ++counters_.turned_away;
  finish(open, failure_of(open, options_));
}

void Resolver::Impl::start_tcp(OpenQuestion& open) {
  if (open.still_wanted && !open.still_wanted()) return forget(open);
  const Sent& sent = open.sent[open.tcp_sent];
  Upstream& server = upstream(open, sent.server);
  open.phase = Phase::tcp;
  auto exchange = TcpExchange::start(
      loop_, server.address, {.question = open.question, .id = random_.next(), .edns = sent.edns, .cookies = server.cookies},
      [this, number = open.number](Ending ending) { go_on(number, [&](OpenQuestion& one) { on_tcp(one, std::move(ending)); }); });
  if (exchange) {
    open.tcp = std::move(*exchange);
    ++counters_.tcp;
    ++server.counts.tcp;
    open.tcp_begin = loop_.now();
    return wait_in_steps(open, options_.tcp_timeout, time_for_try(open, options_.tcp_timeout));
  }
  if (exchange.error().kind != Trouble::Kind::no_socket) return on_tcp_trouble(open, exchange.error());
  open.tcp_place.reset();
  open.note(exchange.error());
  back_off(open, Phase::tcp_backing_off);
}

// Handles a connection without an answer so far. It stays until its time is over, and for longer while the server answers others
// over TCP: such a server handles few connections at a time, and a new one would come after all others. But if others wait for
// our slot, the connection has to end.
void Resolver::Impl::on_tcp_silence(OpenQuestion& open) {
  const Upstream& server = upstream(open, open.sent[open.tcp_sent].server);
  const bool is_busy = server.last_tcp_answer > open.tcp_begin;
  if (!open.is_last_timer && tcp_queue_.waiting() == 0 && (open.left > milliseconds{0} || is_busy)) {
    return wait_in_steps(open, options_.tcp_timeout, std::max(open.left, options_.tcp_timeout));
  }
  open.rounds.waited();
  on_tcp_trouble(open, {Trouble::Kind::tcp_failed, "TCP failed: timed out"});
}

void Resolver::Impl::on_tcp(OpenQuestion& open, Ending ending) {
  if (!ending) return on_tcp_trouble(open, {open.judged(ending.error().kind), ending.error().text});
  Upstream& server = upstream(open, open.sent[open.tcp_sent].server);
  server.last_tcp_answer = loop_.now();
  servers_.on_answer(server);
  switch (ending->kind) {
    case dns::Response::Kind::answer: return on_answer(open, open.tcp_sent, std::move(ending->answer));
    case dns::Response::Kind::truncated: return on_tcp_trouble(open, {Trouble::Kind::unreadable, "truncated over TCP too"});
    case dns::Response::Kind::refused: return on_tcp_trouble(open, {Trouble::Kind::refused, dns::rcode_name(ending->rcode)});
  }
}

// Ends a try over TCP that failed. Only an answer of the server is final; other troubles may be temporary, as over UDP.
void Resolver::Impl::on_tcp_trouble(OpenQuestion& open, Trouble trouble) {
  const bool is_at_end = open.is_at_end;
  const std::size_t server = open.sent[open.tcp_sent].server;
  ServerCounters& counters = upstream(open, server).counts;
  ++(trouble.kind == Trouble::Kind::refused ? counters.refused : counters.tcp_failed);
  if (trouble.kind != Trouble::Kind::tcp_failed) open.rounds.spend(server);
  open.note(std::move(trouble));
  if (is_at_end) return finish(open, failure_of(open, options_));
  open.tcp.reset();
  open.tcp_place.reset();
  if (!FairQueue::has_slot(open.place)) return give_way(open);
  next_try(open);
}

// ---- the end -------------------------------------------------------------------------------------------------------------

void Resolver::Impl::finish(OpenQuestion& open, dns::Answer answer) {
  if (answer.status == dns::Status::failure) ++counters_.failures;
  note_zone(open, answer);
  const Callback callback = std::move(open.callback);
  forget(open);
  callback(std::move(answer));
}

// Records what the end of a question says about the servers of its zone.
void Resolver::Impl::note_zone(const OpenQuestion& open, const dns::Answer& answer) {
  const auto now = loop_.now();
  if (answer.status != dns::Status::failure) {
    last_answer_ = now;
    return silent_zones_.on_answer(open.question.name);
  }
  // An overloaded name server is slow for all zones.
  if (last_answer_ < open.begin) return;
  if (is_silence_of_zone(open, answer.cause, now)) silent_zones_.on_silence(open.question.name, now);
}

void Resolver::Impl::forget(OpenQuestion& open) {
  for (const Sent& sent : open.sent) {
    if (sent.ticket) upstream(open, sent.server).udp.give_up(*sent.ticket);
  }
  questions_.erase(questions_.find(open.number));
}

Resolver::Resolver(Loop& loop, ResolverOptions options) : impl_(std::make_unique<Impl>(loop, std::move(options))) {}

Resolver::~Resolver() = default;

std::uint64_t Resolver::ask(const dns::Question& question, const Asker& asker, Callback callback, StillWanted still_wanted) {
  return impl_->ask(question, asker, std::move(callback), std::move(still_wanted));
}

void Resolver::join(std::uint64_t question, std::uint64_t check) { impl_->join(question, check); }

void Resolver::set_servers(const std::vector<NameServer>& servers) { impl_->set_servers(servers); }

const ResolverCounters& Resolver::counters() const { return impl_->counters_; }

std::vector<ServerCounters> Resolver::server_counters() const { return impl_->server_counters(); }

}  // namespace io
