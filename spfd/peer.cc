#include "spfd/peer.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>

namespace spfd {

namespace {

std::uint64_t number_of(std::span<const std::uint8_t> bytes) {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : bytes) number = number << 8U | byte;
  return number;
}

// Returns the text of an address whose first `used` bytes are those of `number`; the others are 0.
std::string address_text(int family, std::uint64_t number, std::size_t used) {
  std::array<std::uint8_t, sizeof(in6_addr)> bytes{};
  for (std::size_t i = used; i > 0; --i, number >>= 8U) bytes.at(i - 1) = static_cast<std::uint8_t>(number);
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, bytes.data(), text.data(), text.size());
  return text.data();
}

}  // namespace

std::string Peer::text() const {
  switch (kind) {
    case Kind::user: return fmt::format("user {}", number);
    case Kind::ipv4: return address_text(AF_INET, number, sizeof(in_addr));
    case Kind::ipv6: return address_text(AF_INET6, number, sizeof number) + "/64";
    case Kind::unknown: break;
  }
  return "unknown";
}

Peer peer_at(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET)
    return {Peer::Kind::ipv4, ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr)};
  if (address.ss_family != AF_INET6) return {};
  const in6_addr& long_address = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  const std::span<const std::uint8_t> bytes(long_address.s6_addr);
  if (IN6_IS_ADDR_V4MAPPED(&long_address)) return {Peer::Kind::ipv4, number_of(bytes.last(4))};
  return {Peer::Kind::ipv6, number_of(bytes.first(sizeof(std::uint64_t)))};
}

namespace {

std::optional<ucred> credentials_of(int socket) {
  ucred found{};
  socklen_t size = sizeof found;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &found, &size) != 0 || size != sizeof found) return {};
  return found;
}

}  // namespace

Peer peer_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  if (address.ss_family != AF_UNIX) return peer_at(address);
  const auto user = credentials_of(socket);
  return user ? Peer{Peer::Kind::user, user->uid} : Peer{};
}

pid_t process_of(int socket) {
  // On an inet socket the option succeeds, and the number of the process is 0.
  const auto process = credentials_of(socket);
  return process ? std::max(process->pid, 0) : 0;
}

}  // namespace spfd
