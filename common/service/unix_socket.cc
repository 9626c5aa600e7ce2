#include "common/service/unix_socket.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>
#include <utility>

#include "common/io/socket.h"
#include "common/service/privileges.h"

namespace service {

namespace {

struct Occupant {
  enum class Kind { nobody, stale, alive, link, no_socket } kind = Kind::nobody;
  Predecessor server = {};
  std::optional<io::FileId> file = {};  // the socket file that has the name
};

#ifndef SO_PEERPIDFD
constexpr int SO_PEERPIDFD = 77;  // Linux 6.5
#endif

int send_signal(const io::Descriptor& process, int number) {
  return ::syscall(SYS_pidfd_send_signal, process.get(), number, nullptr, 0) == 0 ? 0 : errno;
}

// Returns the process that called listen(). Its number may belong to another process by now; the pidfd that the socket gives
// cannot. If Linux gives no pidfd, why_not() compares users.
Predecessor listener_of(const io::Descriptor& client) {
  Predecessor server;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(client.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return server;
  server.pid = peer.pid;
  server.uid = peer.uid;
  int fd = -1;
  size = sizeof fd;
  if (::getsockopt(client.get(), SOL_SOCKET, SO_PEERPIDFD, &fd, &size) != 0)
    fd = errno == ENOPROTOOPT ? static_cast<int>(::syscall(SYS_pidfd_open, peer.pid, 0)) : -1;
  server.process = io::Descriptor(fd);
  return server;
}

Occupant who_is_at(const io::Place& place, const io::SocketAddress& address) {
  using Kind = Occupant::Kind;
  // The file is opened once, since the name may become a link meanwhile.
  const io::Descriptor found(::openat(place.folder(), place.name().c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!found.is_open() || ::fstat(found.get(), &status) != 0) return {};
  if (S_ISLNK(status.st_mode)) return {Kind::link, {}, {}};
  if (!S_ISSOCK(status.st_mode)) return {Kind::no_socket, {}, {}};
  const io::FileId file = io::id_of(status);
  const io::Descriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const io::SocketAddress opened = io::unix_address(fmt::format("/proc/self/fd/{}", found.get()));
  if (::connect(client.get(), opened.get(), opened.size) == 0) return {Kind::alive, listener_of(client), file};
  // Without /proc, we can find out only whether somebody listens.
  if (errno == ENOENT && ::connect(client.get(), address.get(), address.size) == 0) return {Kind::alive, {}, file};
  // A socket with a full queue (EAGAIN), or one that we may not write to, has an owner too.
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

// Binds to a name in a folder: bind() resolves names only in the current folder. Returns 0 or an errno.
int bind_in(int folder, const std::string& name, int socket, mode_t mode) {
  const io::SocketAddress local = io::unix_address(name);
  const io::Descriptor current(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!current.is_open()) return errno;
  // On Linux the file gets the mode of the socket minus the umask.
  if (::fchmod(socket, mode) != 0 || ::fchdir(folder) != 0) return errno;
  const mode_t old_mask = ::umask(0);
  int problem = 0;
  if (::bind(socket, local.get(), local.size) != 0) problem = errno;
  ::umask(old_mask);
  if (::fchdir(current.get()) != 0 && problem == 0) problem = errno;
  return problem;
}

std::optional<uid_t> effective_user(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  std::string word;
  uid_t real = 0;
  uid_t effective = 0;
  while (file >> word) {
    if (word == "Uid:" && file >> real >> effective) return effective;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return {};
}

// Returns why that server cannot be taken over; none: it can.
std::optional<std::string> why_not(const Predecessor& server, const std::optional<TakeOver>& take_over) {
  if (!take_over) return "another server is listening there";
  const std::string other = fmt::format("another server is listening there: process {}", server.pid);
  if (server.pid <= 0 || !server.process.is_open()) return other + " cannot be identified, and is left running";
  // A service manager that holds sockets must not be asked to end.
  std::string program;
  std::ifstream(fmt::format("/proc/{}/comm", server.pid)) >> program;
  const auto user = effective_user(server.pid);
  // If the process is still there, the files read above were its own.
  const int problem = send_signal(server.process, 0);
  if (problem == ESRCH) return other + " has ended, and another one has its socket";
  if (problem != 0) return fmt::format("{} cannot be asked to end: {}", other, std::strerror(problem));
  if (server.pid == 1 || program != "spfd") return other + " is not an spfd";
  const auto is_trusted = [&](uid_t uid) { return uid == 0 || uid == ::geteuid() || uid == take_over->user; };
  if (!is_trusted(server.uid)) return fmt::format("{} belongs to user {}", other, server.uid);
  // Root may have become another user after listen(); other users cannot have changed. So they cannot make root signal a process
  // that they could not signal themselves.
  if (!user || !is_trusted(*user) || (server.uid != 0 && *user != server.uid))
    return other + " belongs to another user than the socket, and is left running";
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
  if (address.path.size() > io::kMaxSocketPath) return base::failure(StartError{name + ": the path is too long", EX_CANTCREAT});
  const auto owner = find_owner(address, name);
  if (!owner) return base::failure(owner.error());

  auto place = io::Place::of(address.path);
  // The path ends with "/", or names a folder.
  if (!place && place.error() == EISDIR) return base::failure(StartError{name + ": that is not a socket", EX_CANTCREAT});
  if (!place) return fail("cannot listen there", place.error());
  Occupant occupant = who_is_at(*place, io::unix_address(address.path));
  if (occupant.kind == Kind::link) return base::failure(StartError{fmt::format("{}: that {}", name, io::kIsLink), EX_CANTCREAT});
  if (occupant.kind == Kind::no_socket)
    return base::failure(StartError{name + ": there is a file that is not a socket", EX_CANTCREAT});
  if (occupant.kind == Kind::alive) {
    if (const auto problem = why_not(occupant.server, take_over))
      return base::failure(StartError{fmt::format("{}: {}", name, *problem), EX_UNAVAILABLE});
  }

  auto file = io::OwnFile::at(std::move(*place), occupant.file);
  if (!file) return fail("cannot listen there", file.error());
  io::Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return fail("no socket", errno);
  if (const int problem = bind_in(file->workshop(), file->name(), fd.get(), address.mode); problem != 0)
    return fail("cannot listen there", problem);
  const bool has_owner = owner->user != static_cast<uid_t>(-1) || owner->group != static_cast<gid_t>(-1);
  if (has_owner && ::fchownat(file->workshop(), file->name().c_str(), owner->user, owner->group, AT_SYMLINK_NOFOLLOW) != 0)
    return fail("cannot give the socket file to its owner", errno);
  if (const int problem = file->made(); problem != 0) return fail("cannot listen there", problem);
  if (::listen(fd.get(), kBacklog) != 0) return fail("cannot listen there", errno);

  UnixListener listener{std::move(fd), std::move(*file), {}};
  if (occupant.kind == Kind::alive) listener.predecessor = std::move(occupant.server);
  return listener;
}

int dismiss(const Predecessor& predecessor) { return send_signal(predecessor.process, SIGTERM); }

std::string dismissal_problem(int number) { return std::strerror(number); }

}  // namespace service
