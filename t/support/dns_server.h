// A DNS server for tests: UDP and TCP on one kernel-chosen port of the loopback, in a thread of its own.
//
// It answers as a handler decides, faults included (dns_reply.h), and counts the questions. It ignores queries that it cannot
// read, and gives types that SPF does not ask for an empty answer without counting them. It uses poll(), so it is not for many
// clients.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/dns/answer.h"
#include "common/io/guarded.h"
#include "t/support/dns_reply.h"
#include "t/support/zone_data.h"

namespace support {

class DnsServer {
 public:
  // Called in the server's thread.
  using Handler = std::function<Reaction(const dns::Question& question, bool over_tcp)>;

  struct Options {
    bool ipv6 = false;         // on ::1 instead of 127.0.0.1
    bool tcp_refused = false;  // connections are refused; the port stays reserved
    std::uint16_t port = 0;    // 0: chosen by the kernel
  };

  // Throws std::system_error if it cannot open its sockets.
  explicit DnsServer(Handler handler);
  DnsServer(Handler handler, Options options);
  explicit DnsServer(ZoneData zone);
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Returns "127.0.0.1:5353" or "[::1]:5353".
  [[nodiscard]] std::string address() const;

  // These functions are thread-safe.
  void set_handler(Handler handler);
  void set_zone(ZoneData zone);
  // Received queries, retries included.
  [[nodiscard]] std::vector<dns::Question> asked() const;
  [[nodiscard]] std::size_t count() const;
  [[nodiscard]] std::size_t count(const dns::Question& question) const;
  [[nodiscard]] std::size_t tcp_count() const;
  void forget_counts();

 private:
  struct Shared {
    std::shared_ptr<const Handler> handler;
    std::vector<dns::Question> asked;
    std::size_t over_tcp = 0;
  };
  class Loop;

  void listen(Options options);

  mutable io::Guarded<Shared> shared_;
  std::uint16_t port_ = 0;
  bool ipv6_ = false;
  int udp_ = -1, tcp_ = -1, stop_ = -1;
  int refusing_ = -1;  // holds the TCP port without listening
  std::thread thread_;
};

// Returns a handler that serves zone data with its CNAMEs. It answers failures, including timeouts, with SERVFAIL.
DnsServer::Handler serve(ZoneData zone);

}  // namespace support
