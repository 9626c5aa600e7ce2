#include "common/service/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "common/base/text.h"
#include "common/io/descriptor.h"

namespace service {

void notify(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr) return;
  const std::size_t size = std::strlen(path);
  sockaddr_un address{};
  if (size < 2 || size >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@')) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, size);
  if (path[0] == '@') address.sun_path[0] = 0;  // Linux's abstract names
  const io::Descriptor fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size);
  // Failures are ignored: the service manager may have gone.
  [[maybe_unused]] const ssize_t sent = ::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                                 reinterpret_cast<const sockaddr*>(&address), length);
}

std::optional<std::chrono::milliseconds> watchdog_interval() {
  const char* microseconds = std::getenv("WATCHDOG_USEC");
  if (microseconds == nullptr) return {};
  const char* pid = std::getenv("WATCHDOG_PID");
  if (pid != nullptr && base::parse_number(pid, 1UL << 31U) != static_cast<unsigned long>(::getpid())) return {};
  const auto number = base::parse_number(microseconds, 1UL << 42U);
  if (!number || *number < 1000) return {};
  return std::chrono::milliseconds(*number / 1000);
}

}  // namespace service
