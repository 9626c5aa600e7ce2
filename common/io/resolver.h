// A stub resolver on libevent sockets: one question in, one answer out, always (RFC 1035, RFC 5452, RFC 6891, RFC 7766).
//
// Not a cache and not recursive: it asks recursive servers. Random ids on connected sockets of random ports; an answer
// counts only if id and question are ours. TC leads to TCP; a server that does not understand EDNS0 is asked without it.
// Every end is an Answer; failures carry a problem text ("timed out", "SERVFAIL", "no server could be reached").
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip.h"
#include "common/base/result.h"
#include "common/dns/answer.h"
#include "common/io/loop.h"

namespace io {

struct NameServer {
  base::IpAddress address;
  std::uint16_t port = 53;
  std::uint32_t scope = 0;  // interface of a link-local address
};

// "192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[2001:db8::1]:53".
base::Result<NameServer, std::string> parse_name_server(std::string_view text);
// From resolv.conf, by res_ninit(); 127.0.0.1 if there is none. Not empty.
std::vector<NameServer> system_name_servers();

struct ResolverOptions {
  std::vector<NameServer> servers;
  std::chrono::milliseconds try_timeout{1500};  // for the first try; doubled with each round over the servers
  int tries = 3;                                // rounds over the servers
  std::chrono::milliseconds tcp_timeout{3000};  // from connecting to the whole answer
};

// Who asks: whose share of the resolver's slots a question takes, and how long it may try.
struct Asker {
  std::uint64_t check = 0;  // the same for all questions of one check, another for each check; opaque
  // What is left of the check's time: after it the question ends by a failure, whoever has joined it meanwhile.
  std::chrono::milliseconds patience{20000};
};

struct ResolverCounters {
  std::uint64_t questions = 0;
  std::uint64_t sent = 0;  // datagrams, retries included
  std::uint64_t tcp = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t failures = 0;  // answers of status failure
  std::uint64_t strays = 0;    // datagrams that were no answer to a question of ours
};

class Resolver {
 public:
  using Callback = std::function<void(dns::Answer)>;
  // Asked before each retry. False: nobody waits any more; the question ends without calling back.
  using StillWanted = std::function<bool()>;

  // Questions under way, beyond which the next fails at once.
  static constexpr std::size_t kMaxInFlight = 10000;
  // Of those, over TCP.
  static constexpr std::size_t kMaxTcp = 200;

  Resolver(Loop& loop, ResolverOptions options);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // The callback comes once, later from the loop, never from within this call; never after the resolver is gone. It must not
  // destroy the resolver.
  // A failure of cause `local` (dns::Cause) says nothing about the name that was asked for.
  void ask(const dns::Question& question, const Asker& asker, Callback callback, StillWanted still_wanted);

  [[nodiscard]] const ResolverCounters& counters() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace io
