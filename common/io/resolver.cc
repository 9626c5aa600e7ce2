#include "common/io/resolver.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

#include "common/dns/message.h"
#include "common/io/exchange.h"
#include "common/io/random.h"
#include "common/io/tcp.h"
#include "common/io/udp.h"

namespace io {

namespace {

// How long a server that refused EDNS0, and then answered without, is asked without.
constexpr std::chrono::minutes kPlainTime{15};
// How long another server goes first after the first one did not answer.
constexpr std::chrono::seconds kPreferTime{60};

// RFC 6891 §7: what servers say that do not understand EDNS0 (BADVERS: not this version of it).
bool is_edns_refusal(int rcode) { return rcode == 1 || rcode == 4 || rcode == 16; }

}  // namespace

class Resolver::Impl : public std::enable_shared_from_this<Resolver::Impl> {
 public:
  Impl(Loop& loop, ResolverOptions options) : loop_(loop), options_(std::move(options)) {
    for (const NameServer& server : options_.servers) servers_.emplace_back(loop, server, random_, counters_);
  }

  void ask(const dns::Question& question, Callback callback, StillWanted still_wanted);

  ResolverCounters counters_;

 private:
  struct Server {
    Server(Loop& loop, const NameServer& at, RandomIds& random, ResolverCounters& counters)
        : address(at), udp(loop, at, random, counters) {}

    NameServer address;
    UdpClient udp;
    std::chrono::steady_clock::time_point plain_until;  // asked without EDNS0 until then
  };

  struct Query {
    Query(Loop& loop, std::function<void()> on_timer) : timer(loop, std::move(on_timer)) {}

    std::uint64_t number = 0;
    dns::Question question;
    Callback callback;
    StillWanted still_wanted;
    std::size_t first = 0;                // server of the first try
    std::size_t tries = 0;                // so far, tries left out included
    std::size_t server = 0;               // of this try
    std::vector<bool> spent;              // servers that need not be asked again
    std::chrono::milliseconds timeout{};  // of this try
    bool edns = true;
    bool fell_back = false;          // this try asks without EDNS0 since the server refused it
    bool first_is_silent = false;    // the server of the first try did not answer
    std::optional<Trouble> trouble;  // the one that says most
    std::optional<UdpClient::Ticket> udp;
    std::unique_ptr<TcpExchange> tcp;
    Timer timer;
  };

  enum class Try : std::uint8_t { sent, none_left, unwanted };

  Try next_try(Query& query);
  bool send_udp(Query& query);
  void send_tcp(Query& query);
  void advance(Query& query);
  void on_timer(Query& query);
  void on_udp(Query& query, Outcome outcome);
  void on_tcp(Query& query, Outcome outcome);
  void on_refused(Query& query, int rcode);
  void give_up_server(Query& query, Trouble trouble);
  void on_answer(Query& query, dns::Answer answer);
  void finish(Query& query, dns::Answer answer);
  void forget(Query& query) { queries_.erase(queries_.find(query.number)); }
  static void note(Query& query, Trouble trouble);
  static dns::Answer failure_of(const Query& query);

  Loop& loop_;
  ResolverOptions options_;
  RandomIds random_;
  std::deque<Server> servers_;
  std::size_t preferred_ = 0;
  std::chrono::steady_clock::time_point preferred_until_;
  std::size_t tcp_count_ = 0;
  std::uint64_t next_number_ = 1;
  std::unordered_map<std::uint64_t, std::unique_ptr<Query>> queries_;
};

void Resolver::Impl::ask(const dns::Question& question, Callback callback, StillWanted still_wanted) {
  ++counters_.questions;
  if (queries_.size() >= kMaxInFlight) {
    ++counters_.failures;
    loop_.post([weak = weak_from_this(), callback = std::move(callback)] {
      if (!weak.expired()) callback(dns::failure_answer("too many questions in flight", dns::Cause::local));
    });
    return;
  }
  const std::uint64_t number = next_number_++;
  auto& slot = queries_[number];
  slot = std::make_unique<Query>(loop_, [this, &slot] { on_timer(*slot); });
  Query& query = *slot;
  query.number = number;
  query.question = question;
  query.callback = std::move(callback);
  query.still_wanted = std::move(still_wanted);
  query.first = loop_.now() < preferred_until_ ? preferred_ : 0;
  query.spent.resize(servers_.size());
  if (next_try(query) == Try::sent) return;
  loop_.post([weak = weak_from_this(), number] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    if (const auto found = self->queries_.find(number); found != self->queries_.end()) {
      self->finish(*found->second, failure_of(*found->second));
    }
  });
}

// Goes round over the servers, until one takes the question.
Resolver::Impl::Try Resolver::Impl::next_try(Query& query) {
  if (query.tries > 0 && query.still_wanted && !query.still_wanted()) return Try::unwanted;
  const std::size_t rounds = static_cast<std::size_t>(std::clamp(options_.tries, 1, 10));
  while (query.tries < rounds * servers_.size()) {
    const std::size_t round = query.tries / servers_.size();
    query.server = (query.first + query.tries++) % servers_.size();
    // A server has said what it thinks of the question; those that said nothing are not worth a longer wait.
    if (round > 0 && query.trouble && query.trouble->kind == Trouble::Kind::refused) break;
    if (query.spent[query.server]) continue;
    query.edns = loop_.now() >= servers_[query.server].plain_until;
    query.fell_back = false;
    query.timeout = options_.try_timeout * (1 << round);
    if (send_udp(query)) return Try::sent;
  }
  return Try::none_left;
}

bool Resolver::Impl::send_udp(Query& query) {
  auto ticket = servers_[query.server].udp.send(query.question, query.edns,
                                                [this, &query](Outcome outcome) { on_udp(query, std::move(outcome)); });
  if (!ticket) {
    note(query, ticket.error());
    return false;
  }
  query.udp = *ticket;
  query.timer.set(query.timeout);
  return true;
}

void Resolver::Impl::send_tcp(Query& query) {
  if (tcp_count_ >= kMaxTcp) {
    note(query, {Trouble::Kind::no_socket, "no socket: too many questions over TCP"});
    return advance(query);
  }
  auto exchange =
      TcpExchange::start(loop_, servers_[query.server].address, query.question, random_.next(), query.edns, options_.tcp_timeout,
                         [this, &query](Outcome outcome) { on_tcp(query, std::move(outcome)); });
  if (!exchange) return give_up_server(query, exchange.error());
  query.tcp = std::move(*exchange);
  ++tcp_count_;
  ++counters_.tcp;
}

void Resolver::Impl::advance(Query& query) {
  switch (next_try(query)) {
    case Try::sent: break;
    case Try::none_left: finish(query, failure_of(query)); break;
    case Try::unwanted: forget(query); break;
  }
}

void Resolver::Impl::on_timer(Query& query) {
  ++counters_.timeouts;
  servers_[query.server].udp.give_up(*std::exchange(query.udp, std::nullopt));
  if (query.server == query.first) query.first_is_silent = true;
  note(query, {Trouble::Kind::timed_out, "timed out"});
  advance(query);
}

void Resolver::Impl::on_udp(Query& query, Outcome outcome) {
  query.udp.reset();
  query.timer.cancel();
  if (!outcome) {
    if (outcome.error().kind == Trouble::Kind::unreachable) return give_up_server(query, outcome.error());
    note(query, outcome.error());
    return advance(query);
  }
  switch (outcome->kind) {
    case dns::Response::Kind::answer: return on_answer(query, std::move(outcome->answer));
    case dns::Response::Kind::truncated: return send_tcp(query);
    case dns::Response::Kind::refused: return on_refused(query, outcome->rcode);
  }
}

void Resolver::Impl::on_tcp(Query& query, Outcome outcome) {
  query.tcp.reset();
  --tcp_count_;
  if (!outcome) return give_up_server(query, outcome.error());
  switch (outcome->kind) {
    case dns::Response::Kind::answer: return on_answer(query, std::move(outcome->answer));
    case dns::Response::Kind::truncated: return give_up_server(query, {Trouble::Kind::tcp_failed, "truncated over TCP too"});
    case dns::Response::Kind::refused: return give_up_server(query, {Trouble::Kind::refused, dns::rcode_name(outcome->rcode)});
  }
}

void Resolver::Impl::on_refused(Query& query, int rcode) {
  if (query.edns && is_edns_refusal(rcode)) {
    query.edns = false;
    query.fell_back = true;
    if (!send_udp(query)) advance(query);
    return;
  }
  give_up_server(query, {Trouble::Kind::refused, dns::rcode_name(rcode)});
}

// This server needs not be asked again.
void Resolver::Impl::give_up_server(Query& query, Trouble trouble) {
  query.spent[query.server] = true;
  note(query, std::move(trouble));
  advance(query);
}

void Resolver::Impl::on_answer(Query& query, dns::Answer answer) {
  const auto now = loop_.now();
  if (query.fell_back) servers_[query.server].plain_until = now + kPlainTime;
  if (query.first_is_silent && query.server != query.first) {
    preferred_ = query.server;
    preferred_until_ = now + kPreferTime;
  }
  finish(query, std::move(answer));
}

void Resolver::Impl::finish(Query& query, dns::Answer answer) {
  if (answer.status == dns::Status::failure) ++counters_.failures;
  const Callback callback = std::move(query.callback);
  forget(query);
  callback(std::move(answer));
}

void Resolver::Impl::note(Query& query, Trouble trouble) {
  if (!query.trouble || trouble.kind >= query.trouble->kind) query.trouble = std::move(trouble);
}

dns::Answer Resolver::Impl::failure_of(const Query& query) {
  return dns::failure_answer(query.trouble ? query.trouble->text : "no server could be reached");
}

Resolver::Resolver(Loop& loop, ResolverOptions options) : impl_(std::make_shared<Impl>(loop, std::move(options))) {}

Resolver::~Resolver() = default;

void Resolver::ask(const dns::Question& question, const Asker& /*asker*/, Callback callback, StillWanted still_wanted) {
  impl_->ask(question, std::move(callback), std::move(still_wanted));
}

const ResolverCounters& Resolver::counters() const { return impl_->counters_; }

}  // namespace io
