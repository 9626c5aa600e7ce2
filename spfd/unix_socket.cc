#include "spfd/unix_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "spfd/privileges.h"

namespace spfd {

namespace {

struct Occupant {
  enum class Kind { nobody, stale, alive, no_socket } kind = Kind::nobody;
  Predecessor server = {};
  std::optional<io::FileId> file = {};  // the socket that has the name
};

Occupant who_is_at(const io::Place& place, const sockaddr_un& address) {
  using Kind = Occupant::Kind;
  const auto status = place.status();
  if (!status) return {Kind::nobody};
  if (!S_ISSOCK(status->st_mode)) return {Kind::no_socket};
  const io::FileId file = io::id_of(*status);
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(probe.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return {Kind::alive, {}, file};
    return {Kind::alive, {peer.pid, peer.uid}, file};
  }
  // A full accept queue (EAGAIN), or a socket that we may not write to, has an owner, too.
  return {errno == ECONNREFUSED ? Kind::stale : Kind::alive, {}, file};
}

struct Owner {
  uid_t user = static_cast<uid_t>(-1);
  gid_t group = static_cast<gid_t>(-1);
};

base::Result<Owner, StartError> find_owner(const UnixAddress& address, const std::string& name) {
  Owner owner;
  const auto bad = [&](const StartError& error) {
    return base::failure(StartError{fmt::format("{}: {}", name, error.message), error.exit_code});
  };
  if (!address.user.empty()) {
    const auto user = find_user(address.user);
    if (!user) return bad(user.error());
    owner.user = user->uid;
  }
  if (!address.group.empty()) {
    const auto group = find_group(address.group);
    if (!group) return bad(group.error());
    owner.group = *group;
  }
  return owner;
}

// Binds to a name in a folder. bind() knows no folder but the current one. 0, or an errno.
int bind_in(int folder, const std::string& name, int socket, mode_t mode) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  std::memcpy(local.sun_path, name.data(), name.size());
  const Descriptor current(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!current.is_open()) return errno;
  // On Linux the file gets the mode of the socket, less the umask.
  if (::fchmod(socket, mode) != 0 || ::fchdir(folder) != 0) return errno;
  const mode_t old_mask = ::umask(0);
  int problem = 0;
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) problem = errno;
  ::umask(old_mask);
  if (::fchdir(current.get()) != 0 && problem == 0) problem = errno;
  return problem;
}

// Why that server cannot be taken over.
std::optional<std::string> why_not(const Predecessor& server, const std::optional<TakeOver>& take_over) {
  if (!take_over) return "another server is listening there (--take-over replaces an spfd)";
  const std::string other = fmt::format("another server is listening there: process {}", server.pid);
  // A service manager holds sockets itself, and must not be told to end.
  std::string program;
  std::ifstream(fmt::format("/proc/{}/comm", server.pid)) >> program;
  if (server.pid <= 1 || program != "spfd") return other + " is not an spfd";
  if (server.uid != 0 && server.uid != ::geteuid() && server.uid != take_over->user)
    return fmt::format("{} belongs to user {}", other, server.uid);
  return {};
}

}  // namespace

StartError listen_error(const std::string& name, std::string_view what, int problem) {
  int exit_code = EX_OSERR;
  if (problem == EADDRINUSE || problem == EADDRNOTAVAIL) exit_code = EX_UNAVAILABLE;
  if (problem == EACCES || problem == EPERM || problem == ELOOP) exit_code = EX_NOPERM;
  if (problem == ENOENT || problem == ENOTDIR || problem == EROFS) exit_code = EX_CANTCREAT;
  return {fmt::format("{}: {}: {}", name, what, io::problem_text(problem)), exit_code};
}

base::Result<UnixListener, StartError> listen_on(const UnixAddress& address, const std::optional<TakeOver>& take_over) {
  using Kind = Occupant::Kind;
  const std::string name = "unix:" + address.path;
  const auto fail = [&](std::string_view what, int problem) { return base::failure(listen_error(name, what, problem)); };
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  if (address.path.size() >= sizeof local.sun_path)
    return base::failure(StartError{name + ": the path is too long", EX_CANTCREAT});
  std::memcpy(local.sun_path, address.path.data(), address.path.size());
  const auto owner = find_owner(address, name);
  if (!owner) return base::failure(owner.error());

  auto place = io::Place::of(address.path);
  // A path that ends in "/" or in a folder.
  if (!place && place.error() == EISDIR) return base::failure(StartError{name + ": that is not a socket", EX_CANTCREAT});
  if (!place) return fail("cannot listen there", place.error());
  const Occupant occupant = who_is_at(*place, local);
  if (occupant.kind == Kind::no_socket)
    return base::failure(StartError{name + ": there is a file that is not a socket", EX_CANTCREAT});
  if (occupant.kind == Kind::alive) {
    if (const auto problem = why_not(occupant.server, take_over))
      return base::failure(StartError{fmt::format("{}: {}", name, *problem), EX_UNAVAILABLE});
  }

  auto file = io::OwnFile::at(std::move(*place), occupant.file);
  if (!file) return fail("cannot listen there", file.error());
  Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return fail("no socket", errno);
  if (const int problem = bind_in(file->workshop(), file->name(), fd.get(), address.mode); problem != 0)
    return fail("cannot listen there", problem);
  const bool has_owner = owner->user != static_cast<uid_t>(-1) || owner->group != static_cast<gid_t>(-1);
  if (has_owner && ::fchownat(file->workshop(), file->name().c_str(), owner->user, owner->group, AT_SYMLINK_NOFOLLOW) != 0)
    return fail("cannot give the socket file to its owner", errno);
  if (const int problem = file->made(); problem != 0) return fail("cannot listen there", problem);
  if (::listen(fd.get(), kBacklog) != 0) return fail("cannot listen there", errno);

  UnixListener listener{std::move(fd), std::move(*file), {}};
  if (occupant.kind == Kind::alive) listener.predecessor = occupant.server;
  return listener;
}

int dismiss(const Predecessor& predecessor) { return ::kill(predecessor.pid, SIGTERM) == 0 ? 0 : errno; }

std::string dismissal_problem(int number) { return std::strerror(number); }

}  // namespace spfd
