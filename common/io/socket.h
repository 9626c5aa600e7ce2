// Socket addresses, and sockets connected to a name server.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip.h"
#include "common/base/result.h"
#include "common/io/descriptor.h"
#include "common/io/name_server.h"

namespace io {

// A socket address in the form that system calls take or fill in.
struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t size = sizeof storage;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
};

inline constexpr std::size_t kMaxSocketPath = sizeof sockaddr_un::sun_path - 1;  // bytes
// Returns the address of a UNIX socket. A path longer than kMaxSocketPath is cut.
SocketAddress unix_address(std::string_view path);
SocketAddress inet_address(const base::IpAddress& address, std::uint16_t port, std::uint32_t scope = 0);
// Looks up a host name or address for streams, which may block for a while. flags: those of getaddrinfo(3), whose error it
// returns.
base::Result<std::vector<SocketAddress>, std::string> find_addresses(const std::string& host, const std::string& port, int flags);

// Connects a non-blocking socket. type: SOCK_DGRAM or SOCK_STREAM; a stream may not be connected yet when this returns. The error
// is an errno.
base::Result<Descriptor, int> connect_to(const NameServer& server, int type);

}  // namespace io
