#include "common/io/resolver.h"

#include <algorithm>
#include <new>
#include <optional>
#include <unordered_map>
#include <utility>

#include "common/dns/likely_zone.h"
#include "common/dns/message.h"
#include "common/io/exchange.h"
#include "common/io/fair_queue.h"
#include "common/io/keyed_hash.h"
#include "common/io/query.h"
#include "common/io/random.h"
#include "common/io/silent_zones.h"
#include "common/io/tcp.h"
#include "common/io/udp.h"
#include "common/io/upstream.h"

namespace io {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How long EDNS0 is left out for a server that has refused it and then answered without it.
constexpr std::chrono::minutes kPlainTime{15};
// The wait before the next round when nothing listens, or before the next try to get a descriptor; doubled each time.
constexpr milliseconds kFirstBackOff{100};
constexpr milliseconds kLastBackOff{2000};
// A SERVFAIL that takes at least this time shows that the zone's servers are silent. A resolver that has it in its cache, or
// finds an answer that does not verify, is faster.
constexpr milliseconds kSlowRefusal{1000};
// The part of the slots that one zone may hold.
constexpr std::size_t kZonePart = 4;
// The fraction of the slots whose questions may wait for TCP.
constexpr std::size_t kTcpPart = 4;

// Returns whether this is an answer of servers that do not support EDNS0 (RFC 6891 §7; BADVERS: not this version).
bool is_edns_refusal(int rcode) { return rcode == 1 || rcode == 4 || rcode == 16; }

FairQueue::Limits limits(std::size_t slots, std::size_t waiting) {
  return {.slots = slots, .per_zone = std::max<std::size_t>(slots / kZonePart, 1), .waiting = waiting};
}

// Returns how often the time for a try is doubled at most.
int max_doublings(const ResolverOptions& options) { return std::clamp(options.tries, 1, 10) - 1; }

}  // namespace

milliseconds ResolverOptions::schedule() const {
  return std::min<milliseconds>(try_timeout * ((2 << max_doublings(*this)) - 1), kMaxSchedule);
}

class Resolver::Impl {
 public:
  Impl(Loop& loop, ResolverOptions options)
      : loop_(loop),
        options_(std::move(options)),
        queue_(loop, limits(options_.max_in_flight, options_.max_waiting)),
        tcp_queue_(loop, limits(options_.max_tcp, options_.max_in_flight / kTcpPart)) {
    set_servers(options_.servers);
  }

  std::uint64_t ask(const dns::Question& question, const Asker& asker, Callback callback, StillWanted still_wanted);
  void join(std::uint64_t number, std::uint64_t check);
  void set_servers(const std::vector<NameServer>& servers);

  [[nodiscard]] std::vector<ServerCounters> server_counters() const {
    std::vector<ServerCounters> all;
    for (const auto& server : *servers_) {
      all.push_back(server->counts);
      all.back().server = server->address;
    }
    return all;
  }

  ResolverCounters counters_;

 private:
  using Phase = Query::Phase;
  using Sent = Query::Sent;

  Upstream& upstream(const Query& query, std::size_t server) { return *(*query.servers)[server]; }

  // Continues a question, from the loop. If memory runs out, only this question fails.
  template <class GoOn>
  void go_on(std::uint64_t number, GoOn&& next) {
    // The question may have ended: two answers to it may be read from a socket at once.
    const auto found = queries_.find(number);
    if (found == queries_.end()) return;
    try {
      next(*found->second);
    } catch (const std::bad_alloc&) {
      const auto left = queries_.find(number);
      if (left != queries_.end()) finish(*left->second, dns::failure_answer("no memory", dns::Cause::local));
    }
  }

  void start(Query& query, std::uint64_t number, const dns::Question& question, const Asker& asker, Callback callback,
             StillWanted still_wanted);
  bool enter(Query& query, bool is_back);
  void give_way(Query& query);
  void on_place(Query& query, FairQueue::News news);
  void begin(Query& query);
  void next_try(Query& query);
  bool send_udp(Query& query, std::size_t server, bool edns, bool fell_back);
  void back_off(Query& query, Phase phase);
  void wait(Query& query, milliseconds time);
  void wait_in_steps(Query& query, milliseconds step, milliseconds time);
  milliseconds time_for_try(const Query& query, milliseconds first) const;
  void on_timer(Query& query);
  void on_silence(Query& query);
  void on_udp(Query& query, std::size_t index, Outcome outcome);
  void on_refused(Query& query, std::size_t index, int rcode);
  void give_up_server(Query& query, std::size_t index, Trouble trouble);
  void on_answer(Query& query, std::size_t index, dns::Answer answer);

  void queue_tcp(Query& query, std::size_t index);
  void on_tcp_place(Query& query, FairQueue::News news);
  void start_tcp(Query& query);
  void on_tcp_silence(Query& query);
  void on_tcp(Query& query, Outcome outcome);
  void on_tcp_trouble(Query& query, Trouble trouble);
  static bool is_over_tcp(const Query& query) { return query.phase >= Phase::tcp_queued; }

  void finish(Query& query, dns::Answer answer);
  void forget(Query& query);
  static void note(Query& query, Trouble trouble);
  bool is_cut_short(const Query& query);
  dns::Answer failure_of(const Query& query);
  void note_zone(const Query& query, const dns::Answer& answer);

  void heard(Upstream& server);
  void report(const Upstream& server, bool has_changed);
  void send_probes(const Query& query);

  Loop& loop_;
  ResolverOptions options_;
  RandomIds random_;
  HashKey hash_key_ = HashKey::random();
  SocketBudget budget_;
  FairQueue queue_;
  FairQueue tcp_queue_;
  SilentZones silent_zones_{hash_key_};
  Clock::time_point last_answer_;  // time of the last answer that was not a failure
  std::shared_ptr<const Upstreams> servers_ = std::make_shared<const Upstreams>();
  std::uint64_t next_number_ = 1;
  std::unordered_map<std::uint64_t, std::unique_ptr<Query>> queries_;
};

void Resolver::Impl::set_servers(const std::vector<NameServer>& servers) {
  Upstreams upstreams;
  for (const NameServer& server : servers) {
    const auto old =
        std::find_if(servers_->begin(), servers_->end(), [&](const auto& known) { return known->address == server; });
    upstreams.push_back(old != servers_->end() ? *old : std::make_shared<Upstream>(loop_, server, random_, budget_, counters_));
  }
  servers_ = std::make_shared<const Upstreams>(std::move(upstreams));
}

// ---- a slot --------------------------------------------------------------------------------------------------------------

std::uint64_t Resolver::Impl::ask(const dns::Question& question, const Asker& asker, Callback callback,
                                  StillWanted still_wanted) {
  ++counters_.questions;
  const std::uint64_t number = next_number_++;
  auto made = std::make_unique<Query>(loop_, servers_, [this, number] { go_on(number, [this](Query& one) { on_timer(one); }); });
  Query& query = *made;
  queries_.emplace(number, std::move(made));
  try {
    start(query, number, question, asker, std::move(callback), std::move(still_wanted));
  } catch (const std::bad_alloc&) {
    forget(query);
    throw;
  }
  return number;
}

void Resolver::Impl::join(std::uint64_t number, std::uint64_t check) {
  go_on(number, [&](Query& query) {
    query.add_joined(check, [this](std::uint64_t one) { return queue_.load(one) + tcp_queue_.load(one); });
    if (query.phase == Phase::queued) queue_.join(query.place, check);
    if (query.phase == Phase::tcp_queued) tcp_queue_.join(query.tcp_place, check);
  });
}

void Resolver::Impl::start(Query& query, std::uint64_t number, const dns::Question& question, const Asker& asker,
                           Callback callback, StillWanted still_wanted) {
  query.number = number;
  query.question = question;
  query.owner = {keyed_hash(hash_key_, dns::likely_zone(question.name)), asker.check};
  query.callback = std::move(callback);
  query.still_wanted = std::move(still_wanted);
  query.begin = loop_.now();
  query.patience = query.end = query.begin + asker.patience;
  if (enter(query, false)) begin(query);
}

// Takes a slot, or a place in the queue. Returns whether it is a slot. `is_back`: the question had one before.
bool Resolver::Impl::enter(Query& query, bool is_back) {
  query.phase = Phase::queued;
  query.place = queue_.enter(query.owner, is_back, [this, number = query.number](FairQueue::News news) {
    go_on(number, [&](Query& one) { on_place(one, news); });
  });
  if (FairQueue::has_slot(query.place)) return true;
  for (const std::uint64_t check : query.joined) queue_.join(query.place, check);
  ++counters_.queued;
  wait(query, milliseconds::max());
  return false;
}

// Gives up the slot to a question that waits, and queues for another try. Answers to the earlier tries may still come meanwhile.
void Resolver::Impl::give_way(Query& query) {
  query.place.reset();
  if (enter(query, true)) next_try(query);
}

void Resolver::Impl::on_place(Query& query, FairQueue::News news) {
  if (news == FairQueue::News::turned_away) {
    ++counters_.turned_away;
    return finish(query, failure_of(query));
  }
  if (query.still_wanted && !query.still_wanted()) return forget(query);
  if (query.sent.empty()) return begin(query);
  next_try(query);
}

// Begins to ask; the question has a slot.
void Resolver::Impl::begin(Query& query) {
  const auto end_of_try = loop_.now() + options_.try_timeout;
  if (end_of_try <= query.patience && silent_zones_.has(query.question.name)) {
    ++counters_.brief;
    query.is_brief = true;
    query.end = end_of_try;
  }
  query.phase = Phase::asking;
  if (query.servers->empty()) return wait(query, milliseconds{0});
  send_probes(query);
  next_try(query);
}

// ---- over UDP ------------------------------------------------------------------------------------------------------------

void Resolver::Impl::next_try(Query& query) {
  if (!query.sent.empty() && query.still_wanted && !query.still_wanted()) return forget(query);
  const auto is_down = [&](std::size_t server) { return upstream(query, server).health.is_down(); };
  for (;;) {
    query.phase = Phase::asking;
    if (query.sent.size() >= kMaxSent) return wait(query, milliseconds::max());
    const bool is_refused = query.trouble && query.trouble->kind == Trouble::Kind::refused;
    const Rounds::Step step = query.rounds.next(is_down, is_refused);
    if (step.kind == Rounds::Step::Kind::give_up) return finish(query, failure_of(query));
    if (step.kind == Rounds::Step::Kind::pause) return back_off(query, Phase::backing_off);
    const auto tcp = std::find_if(query.sent.begin(), query.sent.end(),
                                  [&](const Sent& sent) { return sent.needs_tcp && sent.server == step.server; });
    if (tcp != query.sent.end()) return queue_tcp(query, static_cast<std::size_t>(tcp - query.sent.begin()));
    if (send_udp(query, step.server, loop_.now() >= upstream(query, step.server).plain_until, false)) return;
  }
}

bool Resolver::Impl::send_udp(Query& query, std::size_t server, bool edns, bool fell_back) {
  const std::size_t index = query.sent.size();
  query.sent.reserve(index + 1);  // so that there is room for each datagram that is sent
  auto ticket = upstream(query, server).udp.send(query.question, edns, [this, index, number = query.number](Outcome outcome) {
    go_on(number, [&](Query& one) { on_udp(one, index, std::move(outcome)); });
  });
  if (!ticket) {
    if (ticket.error().kind == Trouble::Kind::unreachable) {
      ++upstream(query, server).counts.unreachable;
      report(upstream(query, server), upstream(query, server).health.on_unreachable(loop_.now()));
    }
    note(query, ticket.error());
    return false;
  }
  ++upstream(query, server).counts.udp;
  query.sent.push_back({.server = server, .edns = edns, .fell_back = fell_back, .at = loop_.now(), .ticket = *ticket});
  wait_in_steps(query, options_.try_timeout, time_for_try(query, options_.try_timeout));
  return true;
}

milliseconds Resolver::Impl::time_for_try(const Query& query, milliseconds first) const {
  return first * (1 << std::min(query.rounds.number(), max_doublings(options_)));
}

void Resolver::Impl::back_off(Query& query, Phase phase) {
  query.phase = phase;
  const int doublings = std::min(query.back_offs++, 10);
  wait(query, std::min(kFirstBackOff * (1 << doublings), kLastBackOff));
}

// Sets the timer, for the end of the question at the latest.
void Resolver::Impl::wait(Query& query, milliseconds time) {
  const auto left = std::chrono::ceil<milliseconds>(query.end - loop_.now());
  query.is_last_timer = time >= left;
  query.timer.set(std::min(time, left));
}

// Waits for the answer to a try. After each step the try ends early if others wait for the slot.
void Resolver::Impl::wait_in_steps(Query& query, milliseconds step, milliseconds time) {
  query.left = time - step;
  wait(query, step);
}

void Resolver::Impl::on_timer(Query& query) {
  query.is_at_end = query.is_last_timer;
  const bool has_time_left = query.left > milliseconds{0} && !query.is_last_timer;
  if (query.phase == Phase::tcp) return on_tcp_silence(query);
  if (query.phase == Phase::asking && !query.sent.empty()) {
    if (has_time_left && !queue_.has_new()) return wait_in_steps(query, options_.try_timeout, query.left);
    on_silence(query);
  }
  if (query.is_last_timer || query.servers->empty()) return finish(query, failure_of(query));
  if (query.phase == Phase::tcp_backing_off) return queue_tcp(query, query.tcp_sent);
  if (queue_.has_new()) return give_way(query);
  next_try(query);
}

// Records that the last try got no answer in its time. One may still come.
void Resolver::Impl::on_silence(Query& query) {
  Sent& last = query.sent.back();
  if (!last.ticket) return;
  ++counters_.timeouts;
  ++upstream(query, last.server).counts.timeouts;
  last.timed_out = true;
  query.rounds.waited();
  note(query, {Trouble::Kind::timed_out, "timed out"});
  // If the asker's patience was shorter than a try, the server did not have its full time.
  if (query.is_last_timer && loop_.now() - last.at < options_.try_timeout) return;
  Upstream& server = upstream(query, last.server);
  report(server, server.health.on_silence(query.owner.zone, last.at, loop_.now()));
}

void Resolver::Impl::on_udp(Query& query, std::size_t index, Outcome outcome) {
  query.sent[index].ticket.reset();
  Upstream& server = upstream(query, query.sent[index].server);
  if (outcome) heard(server);
  // The outcome of an earlier try does not affect the later one.
  const bool is_last = query.phase == Phase::asking && index + 1 == query.sent.size();
  if (!outcome) {
    switch (outcome.error().kind) {
      case Trouble::Kind::strays: return queue_tcp(query, index);
      case Trouble::Kind::unreachable:
        ++server.counts.unreachable;
        report(server, server.health.on_unreachable(loop_.now()));
        break;
      case Trouble::Kind::unreadable: return give_up_server(query, index, outcome.error());
      default: break;
    }
    note(query, outcome.error());
    if (is_last) next_try(query);
    return;
  }
  switch (outcome->kind) {
    case dns::Response::Kind::answer: return on_answer(query, index, std::move(outcome->answer));
    case dns::Response::Kind::truncated: return queue_tcp(query, index);
    case dns::Response::Kind::refused: return on_refused(query, index, outcome->rcode);
  }
}

void Resolver::Impl::on_refused(Query& query, std::size_t index, int rcode) {
  const Sent sent = query.sent[index];
  const Sent& last = query.sent.back();
  const bool is_current = query.phase == Phase::asking && last.server == sent.server && query.sent.size() < kMaxSent;
  if (is_current && rcode == dns::kBadCookie) {
    // The next try has the cookie that came with this answer; if it fails too, TCP needs no cookie (RFC 7873 §5.3).
    if (std::exchange(query.had_bad_cookie, true)) return queue_tcp(query, index);
    if (!send_udp(query, sent.server, sent.edns, sent.fell_back)) next_try(query);
    return;
  }
  if (is_current && sent.edns && is_edns_refusal(rcode)) {
    if (last.fell_back) return;
    if (!send_udp(query, sent.server, false, true)) next_try(query);
    return;
  }
  give_up_server(query, index, {Trouble::Kind::refused, dns::rcode_name(rcode)});
}

// Stops asking this server.
void Resolver::Impl::give_up_server(Query& query, std::size_t index, Trouble trouble) {
  const std::size_t server = query.sent[index].server;
  ServerCounters& counters = upstream(query, server).counts;
  ++(trouble.kind == Trouble::Kind::refused ? counters.refused : counters.unreadable);
  query.rounds.spend(server);
  note(query, std::move(trouble));
  const bool is_last = query.phase == Phase::asking && query.sent.back().server == server;
  const bool is_over = query.phase == Phase::queued && !query.rounds.is_any_left();
  if (is_last || is_over) next_try(query);
}

void Resolver::Impl::on_answer(Query& query, std::size_t index, dns::Answer answer) {
  const auto now = loop_.now();
  const Sent& sent = query.sent[index];
  upstream(query, sent.server).counts.duration.add(static_cast<std::uint64_t>((now - sent.at).count()));
  if (sent.fell_back) upstream(query, sent.server).plain_until = now + kPlainTime;
  for (const Sent& other : query.sent) {
    if (!other.timed_out || other.server == sent.server) continue;
    Upstream& server = upstream(query, other.server);
    report(server, server.health.on_other_answered(other.at, now));
  }
  finish(query, std::move(answer));
}

// ---- over TCP ------------------------------------------------------------------------------------------------------------

// Answers to earlier tries may still come meanwhile.
void Resolver::Impl::queue_tcp(Query& query, std::size_t index) {
  if (query.phase == Phase::tcp_queued || query.phase == Phase::tcp) return;
  if (query.phase == Phase::queued) query.place.reset();
  query.tcp_sent = index;
  query.sent[index].needs_tcp = true;
  query.phase = Phase::tcp_queued;
  // A server has answered.
  query.is_brief = false;
  query.end = query.patience;
  wait(query, milliseconds::max());
  const bool is_back = query.tcp_begin != Clock::time_point{};
  query.tcp_place = tcp_queue_.enter(query.owner, is_back, [this, number = query.number](FairQueue::News news) {
    go_on(number, [&](Query& one) { on_tcp_place(one, news); });
  });
  if (FairQueue::has_slot(query.tcp_place)) return start_tcp(query);
  for (const std::uint64_t check : query.joined) tcp_queue_.join(query.tcp_place, check);
  ++counters_.queued;
}

void Resolver::Impl::on_tcp_place(Query& query, FairQueue::News news) {
  if (news == FairQueue::News::granted) return start_tcp(query);
  ++counters_.turned_away;
  finish(query, failure_of(query));
}

void Resolver::Impl::start_tcp(Query& query) {
  if (query.still_wanted && !query.still_wanted()) return forget(query);
  const Sent& sent = query.sent[query.tcp_sent];
  Upstream& server = upstream(query, sent.server);
  query.phase = Phase::tcp;
  auto exchange = TcpExchange::start(
      loop_, server.address, {.question = query.question, .id = random_.next(), .edns = sent.edns, .cookies = server.cookies},
      [this, number = query.number](Outcome outcome) { go_on(number, [&](Query& one) { on_tcp(one, std::move(outcome)); }); });
  if (exchange) {
    query.tcp = std::move(*exchange);
    ++counters_.tcp;
    ++server.counts.tcp;
    query.tcp_begin = loop_.now();
    return wait_in_steps(query, options_.tcp_timeout, time_for_try(query, options_.tcp_timeout));
  }
  if (exchange.error().kind != Trouble::Kind::no_socket) return on_tcp_trouble(query, exchange.error());
  query.tcp_place.reset();
  note(query, exchange.error());
  back_off(query, Phase::tcp_backing_off);
}

// Handles a connection without an answer so far. It stays until its time is over, and for longer while the server answers others
// over TCP: such a server handles few connections at a time, and a new one would come after all others. But if others wait for
// our slot, the connection has to end.
void Resolver::Impl::on_tcp_silence(Query& query) {
  const Upstream& server = upstream(query, query.sent[query.tcp_sent].server);
  const bool is_busy = server.last_tcp_answer > query.tcp_begin;
  if (!query.is_last_timer && tcp_queue_.waiting() == 0 && (query.left > milliseconds{0} || is_busy)) {
    return wait_in_steps(query, options_.tcp_timeout, std::max(query.left, options_.tcp_timeout));
  }
  query.rounds.waited();
  on_tcp_trouble(query, {Trouble::Kind::tcp_failed, "TCP failed: timed out"});
}

void Resolver::Impl::on_tcp(Query& query, Outcome outcome) {
  if (!outcome) return on_tcp_trouble(query, outcome.error());
  Upstream& server = upstream(query, query.sent[query.tcp_sent].server);
  server.last_tcp_answer = loop_.now();
  heard(server);
  switch (outcome->kind) {
    case dns::Response::Kind::answer: return on_answer(query, query.tcp_sent, std::move(outcome->answer));
    case dns::Response::Kind::truncated: return on_tcp_trouble(query, {Trouble::Kind::unreadable, "truncated over TCP too"});
    case dns::Response::Kind::refused: return on_tcp_trouble(query, {Trouble::Kind::refused, dns::rcode_name(outcome->rcode)});
  }
}

// Ends a try over TCP that failed. Only a readable answer of the server is final; other troubles may be temporary, as over UDP.
void Resolver::Impl::on_tcp_trouble(Query& query, Trouble trouble) {
  const bool is_at_end = query.is_at_end;
  const std::size_t server = query.sent[query.tcp_sent].server;
  ServerCounters& counters = upstream(query, server).counts;
  ++(trouble.kind == Trouble::Kind::refused ? counters.refused : counters.tcp_failed);
  if (trouble.kind != Trouble::Kind::tcp_failed) query.rounds.spend(server);
  note(query, std::move(trouble));
  if (is_at_end) return finish(query, failure_of(query));
  query.tcp.reset();
  query.tcp_place.reset();
  if (!FairQueue::has_slot(query.place)) return give_way(query);
  next_try(query);
}

// ---- the end -------------------------------------------------------------------------------------------------------------

void Resolver::Impl::finish(Query& query, dns::Answer answer) {
  if (answer.status == dns::Status::failure) ++counters_.failures;
  note_zone(query, answer);
  const Callback callback = std::move(query.callback);
  forget(query);
  callback(std::move(answer));
}

// Records what the end of a question says about the servers of its zone.
void Resolver::Impl::note_zone(const Query& query, const dns::Answer& answer) {
  const auto now = loop_.now();
  if (answer.status != dns::Status::failure) {
    last_answer_ = now;
    return silent_zones_.on_answer(query.question.name);
  }
  // An overloaded name server is slow for all zones.
  if (last_answer_ < query.begin || query.sent.empty()) return;
  const bool is_slow_refusal = answer.cause == dns::Cause::reported && query.trouble &&
                               query.trouble->kind == Trouble::Kind::refused && now - query.sent.front().at >= kSlowRefusal;
  if (answer.cause == dns::Cause::no_answer || is_slow_refusal) silent_zones_.on_silence(query.question.name, now);
}

void Resolver::Impl::forget(Query& query) {
  for (const Sent& sent : query.sent) {
    if (sent.ticket) upstream(query, sent.server).udp.give_up(*sent.ticket);
  }
  queries_.erase(queries_.find(query.number));
}

void Resolver::Impl::note(Query& query, Trouble trouble) {
  if (!query.trouble || trouble.kind >= query.trouble->kind) query.trouble = std::move(trouble);
}

// Returns whether the asker's patience ended before the servers had their full time.
bool Resolver::Impl::is_cut_short(const Query& query) {
  if (!query.is_at_end) return false;
  if (query.phase == Phase::tcp_backing_off) return true;
  if (query.phase == Phase::tcp && query.end - query.tcp_begin < options_.tcp_timeout) return true;
  if (query.sent.empty() && query.trouble->kind != Trouble::Kind::unreachable) return true;
  const auto since = query.sent.empty() ? query.begin : query.sent.front().at;
  return !query.is_brief && query.end - since < options_.schedule();
}

dns::Answer Resolver::Impl::failure_of(const Query& query) {
  if (query.phase == Phase::queued) return dns::failure_answer("too many questions in flight", dns::Cause::local);
  if (query.phase == Phase::tcp_queued) return dns::failure_answer("too many questions over TCP", dns::Cause::local);
  if (!query.trouble) return dns::failure_answer("no server could be reached", dns::Cause::local);
  const Trouble& trouble = *query.trouble;
  if (is_cut_short(query)) return dns::failure_answer(trouble.text, dns::Cause::local);
  if (query.is_at_end && is_over_tcp(query)) return dns::failure_answer(trouble.text, dns::Cause::unavailable);
  switch (trouble.kind) {
    case Trouble::Kind::no_socket: return dns::failure_answer(trouble.text, dns::Cause::local);
    case Trouble::Kind::unreachable:
    case Trouble::Kind::tcp_failed: return dns::failure_answer(trouble.text, dns::Cause::unavailable);
    case Trouble::Kind::timed_out: break;
    default: return dns::failure_answer(trouble.text);
  }
  // Servers that answer no question at all say nothing about this name.
  const bool answers_others = std::any_of(query.servers->begin(), query.servers->end(),
                                          [&](const auto& server) { return server->health.last_answer() >= query.begin; });
  return dns::failure_answer(trouble.text, answers_others ? dns::Cause::no_answer : dns::Cause::unavailable);
}

// ---- which servers answer ------------------------------------------------------------------------------------------------

void Resolver::Impl::heard(Upstream& server) { report(server, server.health.on_answer(loop_.now())); }

void Resolver::Impl::report(const Upstream& server, bool has_changed) {
  if (has_changed && options_.on_change) options_.on_change(server.address, server.health.is_down());
}

// Sends probes to servers that are down, unless all are: then questions try them anyway.
void Resolver::Impl::send_probes(const Query& query) {
  const auto is_down = [](const auto& server) { return server->health.is_down(); };
  if (std::all_of(servers_->begin(), servers_->end(), is_down)) return;
  for (const auto& server : *servers_) {
    if (!server->health.take_probe(loop_.now())) continue;
    server->probe(query.question, options_.try_timeout, [this, server = server.get()](const Outcome& outcome) {
      if (outcome) heard(*server);
    });
  }
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
