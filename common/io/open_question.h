// A question of the resolver under way: who asks, how far it has come, and all that it holds. resolver.cc decides what happens to
// it, and failure.h what its end means if it got no answer.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/dns/answer.h"
#include "common/io/exchange.h"
#include "common/io/fair_queue.h"
#include "common/io/loop.h"
#include "common/io/rounds.h"
#include "common/io/tcp.h"
#include "common/io/udp.h"
#include "common/io/upstreams.h"

namespace io {

struct OpenQuestion {
  using Clock = std::chrono::steady_clock;
  enum class Phase : std::uint8_t {
    queued,       // waits for a slot
    asking,       // waits for the answer to the last try, or to an earlier one
    backing_off,  // nothing listens, or no descriptor: waits before the next round
    tcp_queued,   // waits for a slot for TCP
    tcp_backing_off,
    tcp,
  };
  // A datagram that was sent.
  struct Sent {
    std::size_t server = 0;
    bool edns = true;
    bool fell_back = false;  // sent without EDNS0, since the server refused it
    bool timed_out = false;
    bool needs_tcp = false;  // its answer was truncated or forged, so this server is asked over TCP from then on
    Clock::time_point at;
    std::optional<UdpClient::Ticket> ticket;  // none: the exchange has ended
  };

  OpenQuestion(Loop& loop, std::shared_ptr<const Upstreams::List> known, std::function<void()> on_timer)
      : servers(std::move(known)), rounds(servers->size()), timer(loop, std::move(on_timer)) {}

  // Records that a further check waits for the answer. If there are too many, those with the least load are kept.
  template <class LoadOf>
  void add_joined(std::uint64_t check, LoadOf&& load_of) {
    if (joined.size() < FairQueue::kStandIns) return joined.push_back(check);
    const auto is_less = [&](std::uint64_t one, std::uint64_t two) { return load_of(one) < load_of(two); };
    const auto worst = std::max_element(joined.begin(), joined.end(), is_less);
    if (is_less(check, *worst)) *worst = check;
  }
  // Records a trouble, unless one that says more is known.
  void note(Trouble found) {
    if (!trouble || found.kind >= trouble->kind) trouble = std::move(found);
  }

  // Returns the kind of a trouble over TCP. A malformed answer may have been damaged on its way, so it is like a connection that
  // failed, until it comes for the kMalformed-th time: then the record itself is malformed.
  Trouble::Kind judged(Trouble::Kind kind) {
    return kind == Trouble::Kind::unreadable && ++malformed < kMalformed ? Trouble::Kind::tcp_failed : kind;
  }
  static constexpr int kMalformed = 3;

  std::uint64_t number = 0;
  dns::Question question;
  FairQueue::Owner owner;
  std::vector<std::uint64_t> joined;  // further checks that wait for the answer, at most FairQueue::kStandIns
  // As given to Resolver::ask().
  std::function<void(dns::Answer)> callback;
  std::function<bool()> still_wanted;
  std::shared_ptr<const Upstreams::List> servers;
  Rounds rounds;
  Phase phase = Phase::queued;
  Clock::time_point begin;
  Clock::time_point patience;   // the end of the asker's patience
  Clock::time_point end;        // the same, or earlier for a brief question
  int back_offs = 0;            // number so far
  bool had_bad_cookie = false;  // once
  int malformed = 0;            // answers over TCP
  std::vector<Sent> sent;
  std::optional<Trouble> trouble;     // the one that says most about the question
  std::size_t tcp_sent = 0;           // index of the datagram whose server is asked over TCP
  Clock::time_point tcp_begin;        // of the connection
  std::chrono::milliseconds left{0};  // of the try, after the timer has fired
  FairQueue::Place place;
  FairQueue::Place tcp_place;
  std::unique_ptr<TcpExchange> tcp;
  bool is_last_timer = false;  // the timer fires at `end`
  bool is_at_end = false;      // it did; the clock may not be there yet, since timers count from the loop's own, older time
  bool is_brief = false;       // asked only once: see SilentZones
  Timer timer;
};

}  // namespace io
