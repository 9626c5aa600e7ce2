// The client at the other end of a connection, for limits that count clients: a user on UNIX sockets, an IPv4 address, or an IPv6
// network of 64 bits, since a host has a whole network of addresses.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <string>

namespace spfd {

struct Peer {
  enum class Kind : std::uint8_t { unknown, user, ipv4, ipv6 };
  Kind kind = Kind::unknown;
  std::uint64_t number = 0;  // the user; the address or the network, whose first byte is the most significant one

  // Returns "user 1000", "192.0.2.1", "2001:db8::/64" or "unknown".
  [[nodiscard]] std::string text() const;

  friend auto operator<=>(const Peer&, const Peer&) = default;  // NOLINT(modernize-use-nullptr): not a zero
};

// Returns the peer at an IP address. An IPv4 address in IPv6 form (::ffff:192.0.2.1) is an IPv4 address.
Peer peer_at(const sockaddr_storage& address);
// Returns the peer at the other end of a socket.
Peer peer_of(int socket);
// Returns the number of the process that has connected a UNIX socket; 0 if it is unknown, as in another PID namespace. The
// process may have ended since.
pid_t process_of(int socket);

}  // namespace spfd
