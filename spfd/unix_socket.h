// UNIX sockets to listen on, made so that nobody who may write into their folder can turn root against other files.
//
// A socket is bound in a folder of our own beside its place, has its owner and mode there, listens, and is then moved to its
// name when everything else that a start needs is there. So it never has a name without being complete, taking the place of
// another server's socket leaves no moment without one, and a start that fails leaves the other server its name.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/io/place.h"
#include "spfd/descriptor.h"
#include "spfd/listen_address.h"
#include "spfd/start_error.h"

namespace spfd {

// A server that listens at the place of a socket.
struct Predecessor {
  pid_t pid = 0;            // 0: unknown
  uid_t uid = 0;            // when it began to listen
  Descriptor process = {};  // a pidfd; closed: the process cannot be identified
};

struct UnixListener {
  Descriptor socket;                       // listening, non-blocking
  io::OwnFile file;                        // clients can connect after it has been published
  std::optional<Predecessor> predecessor;  // whose socket had the name
};

// Leave to replace the socket of an spfd that is alive, if that belongs to root, to us or to `user`.
struct TakeOver {
  std::optional<uid_t> user = {};
};

// Another server that listens there is left alone (EX_UNAVAILABLE), but for an spfd that may be taken over. A file that is not a
// socket: EX_CANTCREAT; no right to: EX_NOPERM; unknown owner of the socket file: EX_NOUSER.
base::Result<UnixListener, StartError> listen_on(const UnixAddress& address, const std::optional<TakeOver>& take_over = {});

// Tells the server whose socket was taken over to finish what it has and to end. 0, or an errno.
int dismiss(const Predecessor& predecessor);
std::string dismissal_problem(int number);

// The sentence for an errno, and the exit code.
StartError listen_error(const std::string& name, std::string_view what, int problem);

// The kernel cuts it to net.core.somaxconn. A short queue makes clients wait for seconds.
inline constexpr int kBacklog = 4096;

}  // namespace spfd
