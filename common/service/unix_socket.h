// UNIX sockets to listen on. They are made so that users who can write to the socket's folder cannot make root change other
// files.
//
// A socket is bound in a private folder beside its place, gets its owner and mode there, and listens. It is moved to its name
// when everything else that a start needs is ready. So it is complete from the moment it has a name; when it replaces another
// server's socket, there is always one at the name; and if a start fails, the other server keeps its name.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/io/descriptor.h"
#include "common/io/place.h"
#include "common/service/listen_address.h"
#include "common/service/start_error.h"

namespace service {

// A server that listens at the name of a socket to be opened.
struct Predecessor {
  pid_t pid = 0;                // 0: unknown
  uid_t uid = 0;                // when it began to listen
  io::Descriptor process = {};  // a pidfd; closed: the process cannot be identified
};

struct UnixListener {
  io::Descriptor socket;                   // listening, non-blocking
  io::OwnFile file;                        // clients can connect after it has been published
  std::optional<Predecessor> predecessor;  // the server whose socket has the name
};

// Permission to replace the socket of a running spfd, if that belongs to root, to us or to `user`.
struct TakeOver {
  std::optional<uid_t> user = {};
};

// Opens a socket. Errors: another server listens there (unless it is an spfd that may be taken over): EX_UNAVAILABLE; a file that
// is not a socket: EX_CANTCREAT; no permission: EX_NOPERM; unknown owner of the socket file: EX_NOUSER.
base::Result<UnixListener, StartError> listen_on(const UnixAddress& address, const std::optional<TakeOver>& take_over = {});

// Asks the server whose socket was taken over to finish its requests and end. Returns 0 or an errno.
int dismiss(const Predecessor& predecessor);
std::string dismissal_problem(int number);

// Returns the error for an errno, with its exit code.
StartError listen_error(const std::string& name, std::string_view what, int problem);

// Length of the queue of a listening socket; net.core.somaxconn limits it. With a short queue clients may wait for seconds.
inline constexpr int kBacklog = 4096;

}  // namespace service
