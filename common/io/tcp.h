// One question to one name server over one TCP connection (RFC 7766): for answers that are too long for UDP, and for questions
// whose answers an attacker tries to forge.
//
// Bound: the 64 KiB of a message. The caller ends an exchange that takes too long.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/result.h"
#include "common/dns/answer.h"
#include "common/io/cookies.h"
#include "common/io/descriptor.h"
#include "common/io/exchange.h"
#include "common/io/loop.h"
#include "common/io/name_server.h"

namespace io {

// Destroying it closes the connection, and Done is not called. Done may destroy it.
class TcpExchange {
 public:
  struct Query {
    const dns::Question& question;  // must outlive the exchange
    std::uint16_t id = 0;
    bool edns = true;    // if set, the query carries a cookie
    CookieJar& cookies;  // must outlive the exchange
  };

  static base::Result<std::unique_ptr<TcpExchange>, Trouble> start(Loop& loop, const NameServer& server, const Query& query,
                                                                   Done done);
  TcpExchange(Loop& loop, Descriptor fd, const Query& query, Done done);
  ~TcpExchange() = default;
  TcpExchange(const TcpExchange&) = delete;
  TcpExchange& operator=(const TcpExchange&) = delete;

 private:
  void on_writable();
  void on_readable();
  void finish();
  void fail(std::string why, Trouble::Kind kind = Trouble::Kind::tcp_failed);

  Loop& loop_;
  Descriptor fd_;
  const Query query_;
  Done done_;
  std::vector<std::uint8_t> out_;  // length and message
  std::size_t written_ = 0;
  std::vector<std::uint8_t> in_{0, 0};  // length, then that many octets of the answer
  std::size_t read_ = 0;
  Watch writable_;
  Watch readable_;
};

}  // namespace io
