#include "spfd/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/io/socket.h"
#include "spfd/log.h"

namespace spfd {

namespace {

constexpr int kFirstInheritedFd = 3;  // SD_LISTEN_FDS_START

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

// Returns whether the address is a loopback address that the machine lacks, because it has no IPv4 or no IPv6.
bool is_missing_loopback(const InetAddress& address, int problem) {
  return (address.host == "127.0.0.1" || address.host == "::1") && (problem == EADDRNOTAVAIL || problem == EAFNOSUPPORT);
}

std::optional<StartError> open_inet(const InetAddress& address, protocol::Door door, std::vector<Listener>& listeners,
                                    std::vector<StartError>& missing) {
  const std::string name = listen_address_text(address);
  const auto found = io::find_addresses(address.host, std::to_string(address.port), AI_PASSIVE);
  if (!found) return StartError{fmt::format("{}: the host is unknown: {}", name, found.error()), EX_NOHOST};
  for (const io::SocketAddress& one : *found) {
    io::Descriptor fd(::socket(one.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.is_open()) {
      if (errno == EAFNOSUPPORT && &one != &found->back()) continue;
      const int problem = errno;
      StartError error = listen_error(name, "no socket", problem);
      if (!is_missing_loopback(address, problem)) return error;
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
      if (!is_missing_loopback(address, problem)) return error;
      missing.push_back(std::move(error));
      continue;
    }
    if (::listen(fd.get(), kBacklog) != 0) return listen_error(name, "cannot listen there", errno);
    std::string real_name = socket_name(fd.get());
    listeners.emplace_back(std::move(fd), std::move(real_name), door);
  }
  return {};
}

protocol::Door door_of(std::string_view name) {
  for (std::size_t i = 0; i < protocol::kDoors; ++i) {
    const auto door = static_cast<protocol::Door>(i);
    if (protocol::door_name(door) == name) return door;
  }
  return protocol::Door::query;
}

}  // namespace

Listener::Listener(io::Descriptor socket, std::string name, protocol::Door door, std::optional<io::OwnFile> file)
    : socket_(std::move(socket)), name_(std::move(name)), door_(door), file_(std::move(file)) {}

void Listener::refuse_more() const {
  if (file_) ::shutdown(socket_.get(), SHUT_RD);
}

bool Listeners::is_inherited(const ListenAddress& address, protocol::Door door) const {
  const auto* local = std::get_if<UnixAddress>(&address);
  const std::string name = local != nullptr ? "unix:" + local->path : listen_address_text(address);
  const bool found = std::any_of(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(inherited),
                                 [&](const Listener& listener) { return listener.door() == door && listener.name() == name; });
  struct stat status {};
  if (!found || local == nullptr || ::stat(local->path.c_str(), &status) != 0) return found;
  if (!local->user.empty() || !local->group.empty() || (status.st_mode & 0777U) != local->mode) {
    log(LogLevel::warning,
        "{}: the service manager made this socket, with mode {:04o}; its own configuration sets owner and mode", name,
        status.st_mode & 0777U);
  }
  return true;
}

std::optional<StartError> Listeners::open(const std::vector<ListenAddress>& addresses, protocol::Door door) {
  const std::size_t before = all.size();
  std::vector<StartError> missing;
  for (const ListenAddress& address : addresses) {
    if (is_inherited(address, door)) continue;
    if (const auto* inet = std::get_if<InetAddress>(&address)) {
      if (auto error = open_inet(*inet, door, all, missing)) return error;
      continue;
    }
    const auto& local = std::get<UnixAddress>(address);
    auto made = listen_on(local, take_over);
    if (!made) return made.error();
    for (Listener& other : all) {
      if (other.file() != nullptr && other.file()->is_at_place_of(made->file))
        return StartError{fmt::format("unix:{}: the address is given twice", local.path), EX_UNAVAILABLE};
    }
    // Each server once: a second SIGTERM would end it before it has answered its clients.
    auto& server = made->predecessor;
    const auto is_known = [&](const Predecessor& other) { return other.pid == server->pid; };
    if (server && std::none_of(predecessors.begin(), predecessors.end(), is_known)) predecessors.push_back(std::move(*server));
    all.emplace_back(std::move(made->socket), "unix:" + local.path, door, std::move(made->file));
  }
  if (missing.empty()) return {};
  if (all.size() == before) return missing.front();
  for (const StartError& error : missing) log(LogLevel::info, "{}", error.message);
  return {};
}

base::Result<std::vector<Listener>, StartError> inherited_listeners() {
  std::vector<Listener> listeners;
  const char* pid = std::getenv("LISTEN_PID");
  const char* count_text = std::getenv("LISTEN_FDS");
  if (pid == nullptr || count_text == nullptr) return listeners;
  const auto count = base::parse_number(count_text, 256);
  const bool is_ours = base::parse_number(pid, 1UL << 31U) == static_cast<unsigned long>(::getpid());
  const char* names_text = std::getenv("LISTEN_FDNAMES");
  const std::string names_owned = names_text == nullptr ? "" : names_text;
  const auto names = base::split(names_owned, ':');
  for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(variable);
  if (!is_ours || !count) return listeners;
  for (int fd = kFirstInheritedFd; fd < kFirstInheritedFd + static_cast<int>(*count); ++fd) {
    int listening = 0;
    socklen_t size = sizeof listening;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0) {
      return base::failure(StartError{fmt::format("descriptor {} of LISTEN_FDS is not a listening socket", fd), EX_CONFIG});
    }
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    const auto index = static_cast<std::size_t>(fd - kFirstInheritedFd);
    const protocol::Door door = index < names.size() ? door_of(names[index]) : protocol::Door::query;
    listeners.emplace_back(io::Descriptor(fd), socket_name(fd), door);
  }
  return listeners;
}

}  // namespace spfd
