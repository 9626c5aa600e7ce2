// Listening sockets: opened before root privileges are given up, shared by all workers, non-blocking.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/protocol/codec.h"
#include "common/service/listen_address.h"
#include "common/service/sockets.h"
#include "common/service/unix_socket.h"
#include "spfd/config/start_error.h"

namespace spfd {

class Listener {
 public:
  // `door`: the protocol of the socket's clients.
  Listener(Socket socket, protocol::Door door) : socket_(std::move(socket)), door_(door) {}

  [[nodiscard]] int fd() const { return socket_.fd(); }
  // Refuses further connections; those in the queue can still be accepted. Has an effect only on UNIX sockets of our own: TCP
  // would reset the connections in the queue, and a socket that was handed over to us is shared.
  void refuse_more() const;
  // Returns whether a successor has taken over the name of our UNIX socket.
  [[nodiscard]] bool is_taken_over() const { return socket_.file() && socket_.file()->is_taken(); }
  // Returns "unix:/run/spfd/spfd.sock" or "inet:127.0.0.1:5970", with the port that the kernel chose.
  [[nodiscard]] const std::string& name() const { return socket_.name(); }
  // Returns the file of a UNIX socket that we have made, else null. Clients can connect after it has been published.
  [[nodiscard]] io::OwnFile* file() { return socket_.file() ? &*socket_.file() : nullptr; }
  [[nodiscard]] protocol::Door door() const { return door_; }

 private:
  Socket socket_;
  protocol::Door door_;
};

// The sockets of a start.
struct Listeners {
  std::optional<TakeOver> take_over = {};
  std::vector<Listener> all = {};
  std::size_t inherited = 0;                   // of those: the first ones, which come from a service manager
  std::vector<Predecessor> predecessors = {};  // the servers whose sockets are replaced

  // Opens sockets for the addresses that were not inherited. Errors: address in use, or another spfd alive there: EX_UNAVAILABLE;
  // a path that is not a socket: EX_CANTCREAT; no permission: EX_NOPERM; unknown owner of the socket file: EX_NOUSER; unknown
  // host: EX_NOHOST.
  std::optional<StartError> open(const std::vector<ListenAddress>& addresses, protocol::Door door);

 private:
  [[nodiscard]] bool is_inherited(const ListenAddress& address, protocol::Door door) const;
};

// Returns the sockets that a service manager hands over (sd_listen_fds(3): LISTEN_PID, LISTEN_FDS), or none. A socket that
// LISTEN_FDNAMES gives the name of a door is for that door; others are for query lines.
base::Result<std::vector<Listener>, StartError> inherited_listeners();

}  // namespace spfd
