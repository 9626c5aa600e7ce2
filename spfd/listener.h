// Listening sockets: opened before root is given up, shared by all workers, non-blocking.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/protocol/codec.h"
#include "spfd/descriptor.h"
#include "spfd/listen_address.h"
#include "spfd/start_error.h"
#include "spfd/unix_socket.h"

namespace spfd {

class Listener {
 public:
  // Takes a socket that is listening already. `name`: what the log calls it. `door`: what its clients speak. `file`: of a UNIX
  // socket that we have made; its name is removed with the listener.
  Listener(Descriptor socket, std::string name, protocol::Door door, std::optional<io::OwnFile> file = {});

  [[nodiscard]] int fd() const { return socket_.get(); }
  // From now on connections are refused; those that wait already can still be accepted. Only for our own UNIX sockets: TCP
  // would reset those that wait, and a socket that was handed over to us is shared.
  void refuse_more() const;
  // A successor has taken the name of our UNIX socket over.
  [[nodiscard]] bool is_taken_over() const { return file_ && file_->is_taken(); }
  // "unix:/run/spfd/spfd.sock", "inet:127.0.0.1:5970" with the port that the kernel gave.
  [[nodiscard]] const std::string& name() const { return name_; }
  // Of a UNIX socket that we have made, else null. Clients can connect after it has been published.
  [[nodiscard]] io::OwnFile* file() { return file_ ? &*file_ : nullptr; }
  [[nodiscard]] protocol::Door door() const { return door_; }

 private:
  Descriptor socket_;
  std::string name_;
  protocol::Door door_;
  std::optional<io::OwnFile> file_;
};

// The sockets of a start.
struct Listeners {
  std::optional<TakeOver> take_over = {};
  std::vector<Listener> all = {};
  std::size_t inherited = 0;                   // of those: the first ones, from a service manager
  std::vector<Predecessor> predecessors = {};  // the servers whose sockets are replaced

  // Adds sockets for the addresses, without those that were inherited. Errors: an address in use or another spfd alive there:
  // EX_UNAVAILABLE; a path that is not a socket: EX_CANTCREAT; no right to: EX_NOPERM; unknown owner of the socket file:
  // EX_NOUSER; unknown host: EX_NOHOST.
  std::optional<StartError> open(const std::vector<ListenAddress>& addresses, protocol::Door door);

 private:
  [[nodiscard]] bool is_inherited(const ListenAddress& address, protocol::Door door) const;
};

// The sockets that a service manager hands over (sd_listen_fds(3)): LISTEN_PID, LISTEN_FDS. Empty if there are none. One that
// LISTEN_FDNAMES calls by the name of a door is for that door, others are for question lines.
base::Result<std::vector<Listener>, StartError> inherited_listeners();

}  // namespace spfd
