// A host without IPv4: a network namespace whose loopback interface has only ::1.
#include <doctest/doctest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <thread>

#include "common/io/descriptor.h"
#include "t/support/spfd_process.h"

namespace {

using support::Client;
using support::SpfdProcess;

// Applies to this thread and to the processes that it starts.
bool enter_network_without_ipv4() {
  if (::unshare(CLONE_NEWNET) != 0) return false;
  const io::Descriptor any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  if (::ioctl(any.get(), SIOCSIFFLAGS, &request) != 0) return false;
  // The kernel assigns 127.0.0.1; setting 0.0.0.0 removes it.
  sockaddr_in none{};
  none.sin_family = AF_INET;
  request = {};
  std::strcpy(request.ifr_name, "lo");
  std::memcpy(&request.ifr_addr, &none, sizeof none);
  return ::ioctl(any.get(), SIOCSIFADDR, &request) == 0;
}

// Root may lack that right in a container.
bool may_have_own_network() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(::unshare(CLONE_NEWNET) == 0 ? 0 : 1);
  int status = 1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_CASE("on a host without IPv4, -p listens on the existing loopback address" * doctest::skip(!may_have_own_network())) {
  std::string problem = "not tried";
  std::thread([&] {
    try {
      if (!enter_network_without_ipv4()) {
        problem = "no network namespace";
        return;
      }
      const SpfdProcess spfd({.arguments = {"-p", "5971"}, .zone = "pass.test TXT \"v=spf1 +all\"\n"});
      Client client("inet:[::1]:5971");
      client.send("ip=192.0.2.10\nsender=u@pass.test\n\n");
      problem = client.read_to_end().starts_with("result=pass") ? "" : spfd.log();
    } catch (const std::exception& error) {
      problem = error.what();
    }
  }).join();
  CHECK(problem == "");
}

}  // namespace
