// Listening sockets: opened before root is given up, shared by all workers, non-blocking.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/protocol/codec.h"
#include "spfd/descriptor.h"
#include "spfd/options.h"

namespace spfd {

class Listener {
 public:
  // Takes over a socket that is listening already. `name`: what the log calls it. `door`: what its clients speak.
  Listener(Descriptor socket, std::string name, protocol::Door door);
  // Removes the socket file, if it made one and that is still the same.
  ~Listener();
  Listener(Listener&&) noexcept = default;
  Listener& operator=(Listener&&) = delete;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] int fd() const { return socket_.get(); }
  // From now on connections are refused; those that wait already can still be accepted. Only for our own UNIX sockets: TCP
  // would reset those that wait, and a socket that was handed over to us is shared.
  void refuse_more() const;
  // "unix:/run/spfd/spfd.sock", "inet:127.0.0.1:5970" with the port that the kernel gave.
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] protocol::Door door() const { return door_; }

 private:
  friend std::optional<StartError> open_unix(const UnixAddress& address, protocol::Door door, std::vector<Listener>& listeners);

  struct SocketFile {
    std::string path;
    dev_t device = 0;
    ino_t inode = 0;
  };

  Descriptor socket_;
  std::string name_;
  protocol::Door door_;
  std::optional<SocketFile> file_;
};

// Adds sockets for the addresses. Errors: an address in use or another spfd alive there: EX_UNAVAILABLE; a path that is no
// socket: EX_CANTCREAT; no right to: EX_NOPERM; unknown owner of the socket file: EX_NOUSER; unknown host: EX_NOHOST.
std::optional<StartError> open_listeners(const std::vector<ListenAddress>& addresses, protocol::Door door,
                                         std::vector<Listener>& listeners);

// The sockets that a service manager hands over (sd_listen_fds(3)): LISTEN_PID, LISTEN_FDS. Empty if there are none. One that
// LISTEN_FDNAMES calls by the name of a door is for that door, others are for question lines.
base::Result<std::vector<Listener>, StartError> inherited_listeners();

}  // namespace spfd
