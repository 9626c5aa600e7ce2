#include "spfd/listener.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "common/base/text.h"
#include "spfd/log.h"

namespace spfd {

namespace {

constexpr int kFirstInheritedFd = 3;  // SD_LISTEN_FDS_START

protocol::Door door_of(std::string_view name) {
  for (std::size_t i = 0; i < protocol::kDoors; ++i) {
    const auto door = static_cast<protocol::Door>(i);
    if (protocol::door_name(door) == name) return door;
  }
  return protocol::Door::query;
}

}  // namespace

void Listener::refuse_more() const {
  if (socket_.file()) ::shutdown(socket_.fd(), SHUT_RD);
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
      auto opened = open_inet(*inet, missing);
      if (!opened) return opened.error();
      for (Socket& socket : *opened) all.emplace_back(std::move(socket), door);
      continue;
    }
    const auto& local = std::get<UnixAddress>(address);
    auto made = listen_on(local, take_over);
    if (!made) {
      StartError error = made.error();
      if (error.exit_code == EX_UNAVAILABLE && !take_over) error.message += " (--take-over replaces an spfd)";
      return error;
    }
    for (Listener& other : all) {
      if (other.file() != nullptr && other.file()->is_at_place_of(made->file))
        return StartError{fmt::format("unix:{}: the address is given twice", local.path), EX_UNAVAILABLE};
    }
    // Adds each server once: a second SIGTERM would end it before it has answered its clients.
    auto& server = made->predecessor;
    const auto is_known = [&](const Predecessor& other) { return other.pid == server->pid; };
    if (server && std::none_of(predecessors.begin(), predecessors.end(), is_known)) predecessors.push_back(std::move(*server));
    all.emplace_back(Socket(std::move(made->socket), "unix:" + local.path, std::move(made->file)), door);
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
    listeners.emplace_back(Socket(io::Descriptor(fd), socket_name(fd)), door);
  }
  return listeners;
}

}  // namespace spfd
