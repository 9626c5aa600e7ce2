#include "spfquery/output.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace spfquery {

Output::Output(io::Loop& loop, int fd, std::function<void()> on_room)
    : fd_(fd), on_room_(std::move(on_room)), watch_(loop, fd, io::Watch::writable, [this] {
        flush();
        on_room_();
      }) {}

void Output::flush() {
  std::size_t done = 0;
  while (done < pending_.size()) {
    pollfd look{fd_, POLLOUT, 0};
    if (::poll(&look, 1, 0) == 0) break;
    // A pipe that is ready takes PIPE_BUF bytes without waiting; a file takes any number.
    const ssize_t size = ::write(fd_, pending_.data() + done, std::min<std::size_t>(pending_.size() - done, PIPE_BUF));
    if (size >= 0) {
      done += static_cast<std::size_t>(size);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      error_ = errno;
      done = pending_.size();
    }
  }
  pending_.erase(0, done);
  if (pending_.empty()) {
    watch_.disable();
  } else {
    watch_.enable();
  }
}

}  // namespace spfquery
