#include "common/io/socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace io {

namespace {

int connect_v4(int fd, const NameServer& server) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port);
  std::memcpy(&address.sin_addr, server.address.bytes().data(), sizeof address.sin_addr);
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

int connect_v6(int fd, const NameServer& server) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(server.port);
  address.sin6_scope_id = server.scope;
  std::memcpy(&address.sin6_addr, server.address.bytes().data(), sizeof address.sin6_addr);
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

}  // namespace

base::Result<Descriptor, int> connect_to(const NameServer& server, int type) {
  const int family = server.address.is_v4() ? AF_INET : AF_INET6;
  Descriptor fd(socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return base::failure(errno);
  const int connected = server.address.is_v4() ? connect_v4(fd.get(), server) : connect_v6(fd.get(), server);
  if (connected != 0 && errno != EINPROGRESS) return base::failure(errno);
  return fd;
}

}  // namespace io
