// Questions to one name server over UDP, and the measures that make their answers hard to forge (RFC 5452).
//
// A few sockets are open for new questions. Each is connected, so that the kernel drops datagrams from other addresses, and has a
// port that the kernel chose. A question takes a random socket and a random id: 16 bits of id and about 15 of port (Linux: 28,232
// ports), 31 bits together. A socket takes questions for kLife or until it has had kQuestions; then it is replaced, and closes
// when none of its questions is under way.
// An attacker who has found out a port can send answers with guessed ids there. After kStrays datagrams that answer no question,
// the socket is closed and its questions end with Trouble::Kind::strays, so that they are asked over TCP. So a known port allows
// kStrays guesses out of 65,536. An answer that comes after its question has ended does not count. Cookies make guessing hopeless
// where the server supports them (cookies.h).
//
// SocketBudget bounds the sockets of all servers together. When it is used up, the oldest retired socket is closed after kKeep,
// however many questions wait there: servers that never answer must not hold the sockets of all others. Its questions lose one
// id, as if a datagram had been lost, and are asked again in time. Until then, or when no descriptor is free, the open sockets
// are used for longer than they should be: an old port is better than no answer.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/dns/answer.h"
#include "common/io/cookies.h"
#include "common/io/descriptor.h"
#include "common/io/exchange.h"
#include "common/io/loop.h"
#include "common/io/name_server.h"
#include "common/io/random.h"
#include "common/io/resolver_counters.h"

namespace io {

struct SocketBudget;

class UdpClient {
 public:
  static constexpr std::size_t kSockets = 8;       // open for new questions
  static constexpr int kQuestions = 64;            // per socket
  static constexpr std::chrono::seconds kLife{2};  // a socket takes new questions
  static constexpr std::chrono::seconds kKeep{4};  // a retired socket with questions stays, when the budget is used up
  static constexpr int kStrays = 8;                // per socket

  UdpClient(Loop& loop, const NameServer& server, CookieJar& cookies, RandomIds& random, SocketBudget& budget,
            ResolverCounters& counters);
  UdpClient(const UdpClient&) = delete;
  UdpClient& operator=(const UdpClient&) = delete;
  ~UdpClient() = default;

  struct Socket;
  // A question under way; invalid once Done has been called. The socket may have been closed.
  struct Ticket {
    std::uint64_t socket = 0;  // its number
    std::uint16_t id = 0;
  };
  // Sends a question, which must live until Done is called or the ticket is given up. With `edns` the query carries a cookie.
  base::Result<Ticket, Trouble> send(const dns::Question& question, bool edns, Done done);
  // Ends a question without calling Done.
  void give_up(const Ticket& ticket);

 private:
  struct Waiting {
    const dns::Question* question;
    bool has_cookie;
    Done done;
  };
  using Ended = std::vector<std::pair<Done, Ending>>;

  base::Result<Socket*, Trouble> choose();
  base::Result<Descriptor, Trouble> connect();
  [[nodiscard]] bool is_fresh(const Socket& socket) const;
  void close_oldest();
  void retire(Socket& socket);
  void retire_old();
  void on_readable(Socket& socket);
  void read(Socket& socket, std::span<const std::uint8_t> message, Ended& ended);
  void count_stray(Socket& socket);
  static void fail_all(Socket& socket, const Trouble& trouble, Ended& ended);
  void close_if_done(Socket& socket);

  Loop& loop_;
  const NameServer server_;
  CookieJar& cookies_;
  RandomIds& random_;
  SocketBudget& budget_;
  ResolverCounters& counters_;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint64_t, Socket> sockets_;  // by number
  std::array<Socket*, kSockets> open_{};               // null: not made yet
  Timer sweep_;                                        // runs while a socket is open for new questions
  bool is_sweeping_ = false;
};

struct UdpClient::Socket {
  Socket(UdpClient& in, std::uint64_t as, Descriptor descriptor);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  UdpClient& client;
  const std::uint64_t number;
  Descriptor fd;
  Watch watch;
  std::chrono::steady_clock::time_point born;
  int questions = 0;
  int strays = 0;
  bool is_retired = false;  // takes no more questions, and closes when none is under way
  std::unordered_map<std::uint16_t, Waiting> waiting;
  std::vector<std::uint16_t> ended;  // ids of ended questions, whose answers may come late; at most kMaxEnded
};

// UDP sockets that one resolver has open.
struct SocketBudget {
  static constexpr std::size_t kMax = 128;

  struct Retired {
    UdpClient::Socket* socket;
    std::chrono::steady_clock::time_point since;
  };

  SocketBudget() { retired.reserve(kMax); }  // so that retiring a socket needs no memory
  [[nodiscard]] bool is_used_up() const { return open >= kMax; }

  std::size_t open = 0;
  std::vector<Retired> retired;  // open sockets of all servers that are retired, oldest first
};

}  // namespace io
