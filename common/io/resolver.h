// A stub resolver on libevent sockets: one question in, one answer out (RFC 1035, RFC 5452, RFC 6891, RFC 7766, RFC 7873).
//
// Not a cache and not recursive: it asks recursive servers. A question's life:
//   1. It takes a slot, or waits for one in a queue that is fair to zones and checks (fair_queue.h). When the servers of its zone
//      are known to be silent by then, it ends after the first try (silent_zones.h).
//   2. It is sent over UDP to the first server that is not known to be down (server_health.h, udp.h), after try_timeout to the
//      next, and round again with longer times, until its asker's patience ends. Ids of earlier tries stay valid: the first
//      answer to any of them counts, however late.
//   3. TC, and forged answers, lead to TCP (tcp.h), for which there are slots of their own. A server that does not understand
//      EDNS0 is asked without it.
//   4. A server that refuses (SERVFAIL, REFUSED and the like), sends what cannot be read, or fails over TCP, is not asked
//      again; when all have, the question has failed. Where nothing listens ("connection refused": the server is just being
//      restarted), and without descriptors, the question waits a little and tries again.
// Every end is an Answer. Failures carry a problem text ("timed out", "SERVFAIL", "no server could be reached") and a Cause.
//
// resolver.cc holds this policy; who owns what: the Resolver its questions, queues and servers (upstream.h); a server its
// sockets, cookies and health; a socket the ids of the questions that wait there; a question its places in the queues, its
// tickets and its TCP exchange.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/dns/answer.h"
#include "common/io/loop.h"
#include "common/io/name_server.h"

namespace io {

struct ResolverOptions {
  std::vector<NameServer> servers;
  std::chrono::milliseconds try_timeout{1500};  // for the first try; doubled with each round over the servers
  int tries = 3;                                // rounds until it is doubled no more
  std::chrono::milliseconds tcp_timeout{3000};  // from connecting to the whole answer

  // Questions that are asked at a time; of those, over TCP; and how many may wait for that.
  std::size_t max_in_flight = 10000;
  std::size_t max_tcp = 200;
  std::size_t max_waiting = 10000;

  // The time in which one server gets all `tries`, at most kMaxSchedule. A question that ends earlier for want of patience says
  // nothing about its name.
  [[nodiscard]] std::chrono::milliseconds schedule() const;
  static constexpr std::chrono::seconds kMaxSchedule{20};

  // A server stopped answering, or answers again. Called in the resolver's thread; it must not touch the resolver.
  std::function<void(const NameServer& server, bool is_down)> on_change = nullptr;
};

// Who asks: whose share of the resolver's slots a question takes, and how long it may try.
struct Asker {
  std::uint64_t check = 0;  // the same for all questions of one check, another for each check; opaque
  // After this time the question fails for everyone who waits for it. A question that others may join needs at least
  // ResolverOptions::schedule(), however little time its own check has left.
  std::chrono::milliseconds patience{20000};
};

struct ResolverCounters {
  std::uint64_t questions = 0;
  std::uint64_t sent = 0;  // datagrams, retries included
  std::uint64_t tcp = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t failures = 0;     // answers of status failure
  std::uint64_t strays = 0;       // datagrams that were no answer to a question of ours
  std::uint64_t queued = 0;       // had to wait for a slot, also for one of TCP
  std::uint64_t turned_away = 0;  // found the queue full
  std::uint64_t brief = 0;        // asked once only, since the servers of the zone are silent
};

class Resolver {
 public:
  using Callback = std::function<void(dns::Answer)>;
  // Asked before each retry. False: nobody waits any more; the question ends without calling back.
  using StillWanted = std::function<bool()>;

  // Datagrams sent for one question.
  static constexpr std::size_t kMaxSent = 40;

  Resolver(Loop& loop, ResolverOptions options);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // The callback comes once, later from the loop, never from within this call; never after the resolver is gone. It must not
  // destroy the resolver.
  // A failure of cause `local` (dns::Cause) says nothing about the name that was asked for.
  void ask(const dns::Question& question, const Asker& asker, Callback callback, StillWanted still_wanted);

  // From now on these are asked. Questions under way stay with those that they know.
  void set_servers(const std::vector<NameServer>& servers);

  [[nodiscard]] const ResolverCounters& counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace io
