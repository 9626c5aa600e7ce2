#include "spfd/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "common/base/text.h"
#include "spfd/privileges.h"

namespace spfd {

namespace {

// The kernel cuts it to net.core.somaxconn. A short queue makes clients wait for seconds.
constexpr int kBacklog = 4096;
constexpr int kFirstInheritedFd = 3;  // SD_LISTEN_FDS_START

StartError error_at(const std::string& name, std::string_view what, int problem) {
  int exit_code = EX_OSERR;
  if (problem == EADDRINUSE || problem == EADDRNOTAVAIL) exit_code = EX_UNAVAILABLE;
  if (problem == EACCES || problem == EPERM) exit_code = EX_NOPERM;
  if (problem == ENOENT || problem == ENOTDIR || problem == EROFS) exit_code = EX_CANTCREAT;
  return {fmt::format("{}: {}: {}", name, what, std::strerror(problem)), exit_code};
}

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

std::optional<StartError> open_inet(const InetAddress& address, protocol::Door door, std::vector<Listener>& listeners) {
  const std::string name = listen_address_text(address);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (failed != 0) return StartError{fmt::format("{}: the host is unknown: {}", name, ::gai_strerror(failed)), EX_NOHOST};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    Descriptor fd(::socket(one->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.is_open()) {
      if (errno == EAFNOSUPPORT && one->ai_next != nullptr) continue;
      return error_at(name, "no socket", errno);
    }
    enable(fd.get(), SOL_SOCKET, SO_REUSEADDR);
    // Accepted connections inherit it. Answers are written whole, so Nagle's algorithm could only delay them.
    enable(fd.get(), IPPROTO_TCP, TCP_NODELAY);
    if (one->ai_family == AF_INET6) enable(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY);
    if (::bind(fd.get(), one->ai_addr, one->ai_addrlen) != 0) return error_at(name, "cannot listen there", errno);
    if (::listen(fd.get(), kBacklog) != 0) return error_at(name, "cannot listen there", errno);
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

enum class Occupant { nobody, stale, alive, no_socket };

Occupant who_is_at(const std::string& path, const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return Occupant::nobody;
  if (!S_ISSOCK(status.st_mode)) return Occupant::no_socket;
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return Occupant::alive;
  // A full accept queue (EAGAIN), or a socket that we may not write to, has an owner, too.
  return errno == ECONNREFUSED ? Occupant::stale : Occupant::alive;
}

}  // namespace

std::optional<StartError> open_unix(const UnixAddress& address, protocol::Door door, std::vector<Listener>& listeners) {
  const std::string name = "unix:" + address.path;
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  if (address.path.size() >= sizeof local.sun_path) return StartError{name + ": the path is too long", EX_CANTCREAT};
  std::memcpy(local.sun_path, address.path.data(), address.path.size());

  uid_t owner = static_cast<uid_t>(-1);
  gid_t group = static_cast<gid_t>(-1);
  if (!address.user.empty()) {
    const auto user = find_user(address.user);
    if (!user) return StartError{fmt::format("{}: {}", name, user.error().message), user.error().exit_code};
    owner = user->uid;
  }
  if (!address.group.empty()) {
    const auto found = find_group(address.group);
    if (!found) return StartError{fmt::format("{}: {}", name, found.error().message), found.error().exit_code};
    group = *found;
  }

  switch (who_is_at(address.path, local)) {
    case Occupant::nobody: break;
    case Occupant::alive: return StartError{name + ": another server is listening there", EX_UNAVAILABLE};
    case Occupant::no_socket: return StartError{name + ": there is a file that is no socket", EX_CANTCREAT};
    case Occupant::stale:
      if (::unlink(address.path.c_str()) != 0) return error_at(name, "the socket file left there cannot be removed", errno);
      break;
  }

  Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return error_at(name, "no socket", errno);
  // Nobody else can connect before owner and mode are what they should be.
  const mode_t old_mask = ::umask(0177);
  const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local);
  const int problem = errno;
  ::umask(old_mask);
  if (bound != 0) return error_at(name, "cannot listen there", problem);

  struct stat status {};
  if (::lstat(address.path.c_str(), &status) != 0) return error_at(name, "the socket file is gone", errno);
  Listener listener(std::move(fd), name, door);
  listener.file_ = Listener::SocketFile{address.path, status.st_dev, status.st_ino};
  if ((owner != static_cast<uid_t>(-1) || group != static_cast<gid_t>(-1)) && ::lchown(address.path.c_str(), owner, group) != 0) {
    return error_at(name, "cannot give the socket file to its owner", errno);
  }
  if (::chmod(address.path.c_str(), address.mode) != 0) return error_at(name, "cannot set the mode of the socket file", errno);
  if (::listen(listener.fd(), kBacklog) != 0) return error_at(name, "cannot listen there", errno);
  listeners.push_back(std::move(listener));
  return {};
}

Listener::Listener(Descriptor socket, std::string name, protocol::Door door)
    : socket_(std::move(socket)), name_(std::move(name)), door_(door) {}

Listener::~Listener() {
  if (!socket_.is_open() || !file_) return;
  struct stat status {};
  if (::lstat(file_->path.c_str(), &status) != 0) return;
  if (status.st_dev == file_->device && status.st_ino == file_->inode) ::unlink(file_->path.c_str());
}

void Listener::refuse_more() const {
  if (file_) ::shutdown(socket_.get(), SHUT_RD);
}

std::optional<StartError> open_listeners(const std::vector<ListenAddress>& addresses, protocol::Door door,
                                         std::vector<Listener>& listeners) {
  for (const ListenAddress& address : addresses) {
    const auto* inet = std::get_if<InetAddress>(&address);
    auto error = inet != nullptr ? open_inet(*inet, door, listeners) : open_unix(std::get<UnixAddress>(address), door, listeners);
    if (error) return error;
  }
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
      return base::failure(StartError{fmt::format("descriptor {} of LISTEN_FDS is no listening socket", fd), EX_CONFIG});
    }
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    const auto index = static_cast<std::size_t>(fd - kFirstInheritedFd);
    const protocol::Door door = index < names.size() ? door_of(names[index]) : protocol::Door::query;
    listeners.emplace_back(Descriptor(fd), socket_name(fd), door);
  }
  return listeners;
}

}  // namespace spfd
