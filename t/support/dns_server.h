// A DNS server for tests: UDP and TCP on one kernel-chosen port of the loopback, in a thread of its own.
//
// It answers what a handler says, faults included (dns_reply.h), and counts what it was asked. Queries that it cannot read are
// ignored; types that SPF does not ask get an empty answer and are not counted. Not for many clients: it uses poll().
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
    bool tcp_refused = false;  // connections are refused; the port stays ours
    std::uint16_t port = 0;    // 0: of the kernel's choice
  };

  // Throws std::system_error when no socket can be had.
  explicit DnsServer(Handler handler);
  DnsServer(Handler handler, Options options);
  explicit DnsServer(ZoneData zone);
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // "127.0.0.1:5353" or "[::1]:5353".
  [[nodiscard]] std::string address() const;

  // Thread-safe, all of them.
  void set_handler(Handler handler);
  void set_zone(ZoneData zone);
  // Queries that came, retries included.
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

// A handler that serves zone data with its CNAMEs; failures, time-outs included, are SERVFAIL.
DnsServer::Handler serve(ZoneData zone);

}  // namespace support
