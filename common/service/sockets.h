// Listening sockets of a daemon: opened before root privileges are given up, non-blocking.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/io/descriptor.h"
#include "common/io/place.h"
#include "common/service/listen_address.h"
#include "common/service/start_error.h"

namespace service {

class Socket {
 public:
  // `file`: the file of a UNIX socket that we have made; its name is removed with the socket.
  Socket(io::Descriptor socket, std::string name, std::optional<io::OwnFile> file = {})
      : socket_(std::move(socket)), name_(std::move(name)), file_(std::move(file)) {}

  [[nodiscard]] int fd() const { return socket_.get(); }
  // Returns "unix:/run/spfd/spfd.sock" or "inet:127.0.0.1:5970", with the port that the kernel chose.
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::optional<io::OwnFile>& file() { return file_; }
  [[nodiscard]] const std::optional<io::OwnFile>& file() const { return file_; }

 private:
  io::Descriptor socket_;
  std::string name_;
  std::optional<io::OwnFile> file_;
};

// Returns "inet:127.0.0.1:5970", "unix:PATH" or "?".
std::string socket_name(int fd);

// Opens sockets at all addresses of the host. `missing` gets loopback addresses that the machine lacks. Errors: address in use:
// EX_UNAVAILABLE; no permission: EX_NOPERM; unknown host: EX_NOHOST.
base::Result<std::vector<Socket>, StartError> open_inet(const InetAddress& address, std::vector<StartError>& missing);

// Opens sockets for all addresses; those of UNIX sockets get their names at once. Errors: also those of listen_on().
base::Result<std::vector<Socket>, StartError> open_sockets(const std::vector<ListenAddress>& addresses);

}  // namespace service
