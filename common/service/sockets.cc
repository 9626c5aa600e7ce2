#include "common/service/sockets.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "common/base/printable.h"
#include "common/io/socket.h"
#include "common/service/unix_socket.h"

namespace service {

namespace {

int enable(int fd, int level, int option) {
  const int on = 1;
  return ::setsockopt(fd, level, option, &on, sizeof on);
}

std::string inet_name(const sockaddr* address, socklen_t size) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(address, size, host.data(), host.size(), port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "inet:?";
  return fmt::format("inet:{}:{}", address->sa_family == AF_INET6 ? fmt::format("[{}]", host.data()) : host.data(), port.data());
}

// Returns whether the address is a loopback address that the machine lacks, because it has no IPv4 or no IPv6.
bool is_missing_loopback(const InetAddress& address, int problem) {
  return (address.host == "127.0.0.1" || address.host == "::1") && (problem == EADDRNOTAVAIL || problem == EAFNOSUPPORT);
}

}  // namespace

std::string socket_name(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (::getsockname(fd, address, &size) != 0) return "?";
  if (address->sa_family != AF_UNIX) return inet_name(address, size);
  const auto* local = reinterpret_cast<const sockaddr_un*>(&storage);
  return fmt::format("unix:{}",
                     base::printable(std::string_view(local->sun_path, ::strnlen(local->sun_path, sizeof local->sun_path))));
}

base::Result<std::vector<Socket>, StartError> open_inet(const InetAddress& address, std::vector<StartError>& missing) {
  const std::string name = listen_address_text(address);
  const auto found = io::find_addresses(address.host, std::to_string(address.port), AI_PASSIVE);
  if (!found) return base::failure(StartError{fmt::format("{}: the host is unknown: {}", name, found.error()), EX_NOHOST});
  std::vector<Socket> sockets;
  for (const io::SocketAddress& one : *found) {
    io::Descriptor fd(::socket(one.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.is_open()) {
      if (errno == EAFNOSUPPORT && &one != &found->back()) continue;
      const int problem = errno;
      StartError error = listen_error(name, "no socket", problem);
      if (!is_missing_loopback(address, problem)) return base::failure(std::move(error));
      missing.push_back(std::move(error));
      continue;
    }
    enable(fd.get(), SOL_SOCKET, SO_REUSEADDR);
    // Accepted connections inherit this. Answers are written whole, so Nagle's algorithm could only delay them.
    enable(fd.get(), IPPROTO_TCP, TCP_NODELAY);
    if (one.family() == AF_INET6) enable(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY);
    if (::bind(fd.get(), one.get(), one.size) != 0) {
      const int problem = errno;
      StartError error = listen_error(name, "cannot listen there", problem);
      if (!is_missing_loopback(address, problem)) return base::failure(std::move(error));
      missing.push_back(std::move(error));
      continue;
    }
    if (::listen(fd.get(), kBacklog) != 0) return base::failure(listen_error(name, "cannot listen there", errno));
    std::string real_name = socket_name(fd.get());
    sockets.emplace_back(std::move(fd), std::move(real_name));
  }
  return sockets;
}

base::Result<std::vector<Socket>, StartError> open_sockets(const std::vector<ListenAddress>& addresses) {
  std::vector<Socket> sockets;
  std::vector<StartError> missing;
  for (const ListenAddress& address : addresses) {
    if (const auto* inet = std::get_if<InetAddress>(&address)) {
      auto opened = open_inet(*inet, missing);
      if (!opened) return opened;
      for (Socket& socket : *opened) sockets.push_back(std::move(socket));
      continue;
    }
    const auto& local = std::get<UnixAddress>(address);
    const std::string name = "unix:" + local.path;
    auto made = listen_on(local);
    if (!made) return base::failure(made.error());
    if (const int problem = made->file.publish(); problem != 0)
      return base::failure(listen_error(name, "cannot listen there", problem == EEXIST ? EADDRINUSE : problem));
    made->file.settle();
    sockets.emplace_back(std::move(made->socket), name, std::move(made->file));
  }
  if (sockets.empty() && !missing.empty()) return base::failure(missing.front());
  return sockets;
}

}  // namespace service
