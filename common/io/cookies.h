// DNS cookies for one name server (RFC 7873): an attacker who cannot see our queries cannot forge answers, even if he guesses id
// and port.
//
// The client cookie is secret and different for each server. A server that has once sent a server cookie is expected to return
// our cookie in each answer over UDP. If it is missing, the question is asked again over TCP, where an answer cannot be forged,
// and that answer decides whether the server still supports cookies. So does a time without any cookie (kMemory), for servers
// that have lost both cookies and TCP. The resolver owns one jar per server.
#pragma once

#include <chrono>

#include "common/dns/message.h"

namespace io {

class CookieJar {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::minutes kMemory{10};

  CookieJar();

  // Returns the cookie for a query: our part, and the server's if it is known.
  [[nodiscard]] const dns::Cookie& cookie() const { return cookie_; }
  // Returns whether the server has shown that it supports cookies.
  [[nodiscard]] bool is_known(Clock::time_point now) const { return cookie_.has_server_part() && now < known_until_; }

  enum class Verdict : std::uint8_t {
    fine,
    missing,  // from a server that supports cookies: not to be believed
    forged,   // with a client cookie that is not ours
  };
  // Judges the response to a query that carried cookie(), and keeps the server's part.
  Verdict judge(const dns::Cookie& got, bool over_tcp, Clock::time_point now);

 private:
  dns::Cookie cookie_;
  Clock::time_point known_until_;
};

}  // namespace io
