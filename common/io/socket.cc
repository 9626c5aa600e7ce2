#include "common/io/socket.h"

#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "common/io/file.h"

namespace io {

namespace {

template <class Address>
SocketAddress generic(const Address& address) {
  SocketAddress out;
  std::memcpy(&out.storage, &address, sizeof address);
  out.size = sizeof address;
  return out;
}

}  // namespace

SocketAddress unix_address(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, kMaxSocketPath);
  return generic(address);
}

SocketAddress inet_address(const base::IpAddress& address, std::uint16_t port, std::uint32_t scope) {
  if (address.is_v4()) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    std::memcpy(&four.sin_addr, address.bytes().data(), sizeof four.sin_addr);
    return generic(four);
  }
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  six.sin6_scope_id = scope;
  std::memcpy(&six.sin6_addr, address.bytes().data(), sizeof six.sin6_addr);
  return generic(six);
}

base::Result<std::vector<SocketAddress>, std::string> find_addresses(const std::string& host, const std::string& port,
                                                                     int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  // An address first: for a name, the C library reads resolv.conf.
  hints.ai_flags = flags | AI_NUMERICSERV | AI_NUMERICHOST;
  addrinfo* list = nullptr;
  int problem = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
  if (problem == EAI_NONAME && (flags & AI_NUMERICHOST) == 0) {
    if (may_block(ResolvConfWatch::kPath)) return base::failure(fmt::format("{} is not a regular file", ResolvConfWatch::kPath));
    hints.ai_flags = flags | AI_NUMERICSERV;
    problem = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
  }
  if (problem != 0) return base::failure(std::string(::gai_strerror(problem)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_addrlen > sizeof(sockaddr_storage)) continue;
    SocketAddress& address = addresses.emplace_back();
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.size = entry->ai_addrlen;
  }
  return addresses;
}

base::Result<Descriptor, int> connect_to(const NameServer& server, int type) {
  const SocketAddress address = inet_address(server.address, server.port, server.scope);
  Descriptor fd(::socket(address.family(), type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return base::failure(int{errno});
  if (::connect(fd.get(), address.get(), address.size) != 0 && errno != EINPROGRESS) return base::failure(int{errno});
  return fd;
}

}  // namespace io
