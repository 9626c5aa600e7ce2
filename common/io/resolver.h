// A stub resolver on libevent sockets: one question in, one answer out (RFC 1035, RFC 5452, RFC 6891, RFC 7766, RFC 7873).
//
// It has no cache and does not recurse: it asks recursive servers. A question's life:
//   1. It takes a slot, or waits for one in a queue that is fair to zones and checks (fair_queue.h). If the servers of its zone
//      are known to be silent by then, it ends after the first try (silent_zones.h).
//   2. It is sent over UDP (udp.h) to the first server that is not known to be down (rounds.h, server_health.h), after
//      try_timeout to the next, and then round again with longer times, until its asker's patience ends. Ids of earlier tries
//      stay valid: the first answer to any of them counts, however late. When others wait for a slot, a try ends after
//      try_timeout at the latest, and the question gives its slot up and queues for the next try.
//   3. TC and forged answers lead to TCP (tcp.h), which has slots of its own. A connection that is refused, closed or silent, or
//      whose answer cannot be read, is like a try over UDP without an answer: the next server is asked, and then this one again,
//      over TCP. While a server answers others over TCP, a silent connection stays, unless others wait for its slot. A server
//      that does not understand EDNS0 is asked without it.
//   4. A server that refuses (SERVFAIL, REFUSED and the like), or sends a malformed answer over UDP, is not asked again; nor is
//      one from the third malformed answer over TCP on. When all have, the question has failed. If nothing listens ("connection
//      refused": the server may be restarting), or no descriptor is free, the question waits a little and tries again.
// Each question ends in an Answer. Failures have a problem text ("timed out", "SERVFAIL", "no server could be reached") and a
// Cause.
//
// resolver.cc holds this policy; failure.h decides what a failure means. Ownership: the Resolver owns its questions, queues and
// servers (upstreams.h); a server its sockets, cookies and health; a socket the ids of the questions that wait there; a question
// its places in the queues, its tickets and its TCP exchange.
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
#include "common/io/resolver_counters.h"
#include "common/io/resolver_options.h"
#include "common/io/server_counters.h"

namespace io {

// The asker of a question: whose share of the slots the question takes, and how long it may try.
struct Asker {
  std::uint64_t check = 0;  // the same for all questions of a check, different for each check of all workers; opaque
  // After this time the question fails for all who wait for it. A question that others may join needs at least
  // ResolverOptions::schedule(), however little time its own check has left.
  std::chrono::milliseconds patience{20000};
};

class Resolver {
 public:
  using Callback = std::function<void(dns::Answer)>;
  // Called before each retry. Returns whether the answer is still wanted; if not, the question ends without calling back.
  using StillWanted = std::function<bool()>;

  // Datagrams sent for one question.
  static constexpr std::size_t kMaxSent = 40;

  Resolver(Loop& loop, ResolverOptions options);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Asks a question. The callback is called once, from the loop, never from within this call or after the resolver is destroyed.
  // It must not destroy the resolver. A failure of cause `local` (dns::Cause) says nothing about the name in the question.
  // Returns the number of the question, for join().
  std::uint64_t ask(const dns::Question& question, const Asker& asker, Callback callback, StillWanted still_wanted);
  // Records that a further check waits for the answer, so that the question waits for a slot no longer than that check would.
  void join(std::uint64_t question, std::uint64_t check);

  // Replaces the servers. Questions under way keep those that they have.
  void set_servers(const std::vector<NameServer>& servers);

  [[nodiscard]] const ResolverCounters& counters() const;
  // Returns the counts of each server in use, since it came into use.
  [[nodiscard]] std::vector<ServerCounters> server_counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace io
