// A name server with the state that the resolver keeps about it: sockets, cookies, whether it answers, whether it supports EDNS0.
//
// The resolver and the questions under way share these objects, so that a server that a reload removes lives until its last
// question has ended.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include "common/dns/answer.h"
#include "common/io/cookies.h"
#include "common/io/loop.h"
#include "common/io/name_server.h"
#include "common/io/server_counters.h"
#include "common/io/server_health.h"
#include "common/io/udp.h"

namespace io {

struct Upstream {
  Upstream(Loop& loop, const NameServer& at, RandomIds& random, SocketBudget& budget, ResolverCounters& counters)
      : address(at), udp(loop, at, cookies, random, budget, counters), probe_timer(loop, [this] { end_probe(); }) {}
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;
  ~Upstream() = default;

  // Sends a copy of `question` to find out whether the server answers. `done` is called only if a response or an error comes
  // within `timeout`.
  void probe(const dns::Question& question, std::chrono::milliseconds timeout, Done done) {
    if (probe_ticket) return;
    probe_question = question;
    auto sent = udp.send(probe_question, true, [this, done = std::move(done)](Ending ending) {
      probe_ticket.reset();
      probe_timer.cancel();
      done(std::move(ending));
    });
    if (!sent) return;
    probe_ticket = *sent;
    probe_timer.set(timeout);
  }

  const NameServer address;
  CookieJar cookies;
  UdpClient udp;
  ServerHealth health;
  ServerCounters counts;
  std::chrono::steady_clock::time_point plain_until;      // asked without EDNS0 until then
  std::chrono::steady_clock::time_point last_tcp_answer;  // of any kind

 private:
  void end_probe() {
    if (probe_ticket) udp.give_up(*std::exchange(probe_ticket, std::nullopt));
  }

  dns::Question probe_question;
  std::optional<UdpClient::Ticket> probe_ticket;
  Timer probe_timer;
};

}  // namespace io
