// Questions to one name server over UDP.
//
// A few sockets are open at a time, each connected, so that the kernel drops what comes from elsewhere, and each with a port
// of the kernel's choice. Which of them a question takes, and under which id, is random; after some questions a socket is
// replaced by one with another port (RFC 5452 §9.2).
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/dns/answer.h"
#include "common/io/exchange.h"
#include "common/io/loop.h"
#include "common/io/random.h"
#include "common/io/resolver.h"
#include "common/io/socket.h"

namespace io {

class UdpClient {
 public:
  static constexpr std::size_t kSockets = 4;  // open for new questions
  static constexpr int kQuestions = 64;       // a socket in its life
  static constexpr int kUnanswered = 8;       // in a row: the socket may hold an address that the host has lost

  UdpClient(Loop& loop, NameServer server, RandomIds& random, ResolverCounters& counters);
  UdpClient(const UdpClient&) = delete;
  UdpClient& operator=(const UdpClient&) = delete;
  ~UdpClient() = default;

  struct Socket;
  // A question under way; void as soon as Done was called.
  struct Ticket {
    Socket* socket = nullptr;
    std::uint16_t id = 0;
  };
  // `question` must live until Done is called or the ticket is given up.
  base::Result<Ticket, Trouble> send(const dns::Question& question, bool edns, Done done);
  // No answer came in time. Done is not called any more.
  void give_up(const Ticket& ticket);

 private:
  struct Waiting {
    const dns::Question* question;
    Done done;
  };
  using Ended = std::vector<std::pair<Done, Outcome>>;

  base::Result<Socket*, Trouble> choose();
  void on_readable(Socket& socket);
  void read(Socket& socket, std::span<const std::uint8_t> message, Ended& ended);
  static void fail_all(Socket& socket, const Trouble& trouble, Ended& ended);
  void close_if_done(Socket& socket);

  Loop& loop_;
  NameServer server_;
  RandomIds& random_;
  ResolverCounters& counters_;
  std::list<Socket> sockets_;
  std::array<Socket*, kSockets> open_{};  // null: not made yet
};

struct UdpClient::Socket {
  Socket(UdpClient& client, Descriptor descriptor);

  Descriptor fd;
  Watch watch;
  int questions = 0;
  int unanswered = 0;       // in a row
  bool is_retired = false;  // takes no more questions, and closes when none is under way
  std::unordered_map<std::uint16_t, Waiting> waiting;
  std::list<Socket>::iterator place;
};

}  // namespace io
