// DNS cookies for one name server (RFC 7873): who cannot see our questions cannot write answers that we believe, even if he
// guesses id and port.
//
// The client cookie is secret and another one for each server. A server that has once sent a cookie of its own is expected to
// send ours back in each answer over UDP; an answer without it is asked for again over TCP, where nobody can forge it. What
// comes over TCP decides whether the server still knows cookies; so does a time without one (kMemory), for servers that have
// lost both. The resolver owns one jar per server.
#pragma once

#include <chrono>

#include "common/dns/message.h"

namespace io {

class CookieJar {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::minutes kMemory{10};

  CookieJar();

  // What a query carries: our part, and the server's if it is known.
  [[nodiscard]] const dns::Cookie& cookie() const { return cookie_; }
  // The server has shown that it knows cookies.
  [[nodiscard]] bool is_known(Clock::time_point now) const { return cookie_.has_server_part() && now < known_until_; }

  enum class Verdict : std::uint8_t {
    fine,
    missing,  // from a server that knows cookies: do not believe it
    forged,   // another client cookie than ours
  };
  // For the response to a query that carried cookie(). Keeps the server's part.
  Verdict judge(const dns::Cookie& got, bool over_tcp, Clock::time_point now);

 private:
  dns::Cookie cookie_;
  Clock::time_point known_until_;
};

}  // namespace io
