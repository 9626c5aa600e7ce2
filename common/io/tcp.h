// One question to one name server over one TCP connection (RFC 7766), for answers that are too long for UDP.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "common/base/result.h"
#include "common/dns/answer.h"
#include "common/io/exchange.h"
#include "common/io/loop.h"
#include "common/io/resolver.h"
#include "common/io/socket.h"

namespace io {

// Destroying it closes the connection, and Done is not called any more; Done may destroy it.
class TcpExchange {
 public:
  // `question` must live as long as the exchange.
  static base::Result<std::unique_ptr<TcpExchange>, Trouble> start(Loop& loop, const NameServer& server,
                                                                   const dns::Question& question, std::uint16_t id, bool edns,
                                                                   std::chrono::milliseconds timeout, Done done);
  TcpExchange(Loop& loop, Descriptor fd, const dns::Question& question, std::uint16_t id, bool edns, Done done);
  ~TcpExchange() = default;
  TcpExchange(const TcpExchange&) = delete;
  TcpExchange& operator=(const TcpExchange&) = delete;

 private:
  void on_writable();
  void on_readable();
  void finish();
  void fail(std::string why);

  Descriptor fd_;
  const dns::Question& question_;
  std::uint16_t id_;
  Done done_;
  std::vector<std::uint8_t> out_;  // length and query
  std::size_t written_ = 0;
  std::vector<std::uint8_t> in_{0, 0};  // length, then as much of the answer as that says
  std::size_t read_ = 0;
  Watch writable_;
  Watch readable_;
  Timer timer_;
};

}  // namespace io
