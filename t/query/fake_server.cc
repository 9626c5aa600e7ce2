#include "t/query/fake_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace query_test {

namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

FakeServer::FakeServer(Handler handler, const std::string& path) : handler_(std::move(handler)) {
  const bool is_unix = !path.empty();
  listener_ = ::socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0) fail("socket");
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  std::memcpy(local.sun_path, path.data(), std::min(path.size(), sizeof local.sun_path - 1));
  sockaddr_in inet{};
  inet.sin_family = AF_INET;
  inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* const address = is_unix ? reinterpret_cast<const sockaddr*>(&local) : reinterpret_cast<const sockaddr*>(&inet);
  if (::bind(listener_, address, is_unix ? sizeof local : sizeof inet) != 0) fail("bind");
  if (::listen(listener_, 4) != 0) fail("listen");
  if (!is_unix) {
    socklen_t size = sizeof inet;
    if (::getsockname(listener_, reinterpret_cast<sockaddr*>(&inet), &size) != 0) fail("getsockname");
    port_ = ntohs(inet.sin_port);
  }
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  if (stop_ < 0) fail("eventfd");
  thread_ = std::thread([this] { serve(); });
}

FakeServer::~FakeServer() {
  ::eventfd_write(stop_, 1);
  thread_.join();
  ::close(listener_);
  ::close(stop_);
}

std::vector<std::string> FakeServer::questions() const {
  return questions_.with([](const std::vector<std::string>& questions) { return questions; });
}

void FakeServer::serve() {
  for (;;) {
    std::array<pollfd, 2> look = {{{listener_, POLLIN, 0}, {stop_, POLLIN, 0}}};
    ::poll(look.data(), look.size(), -1);
    if (look[1].revents != 0) return;
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    serve_one(connection);
    ::close(connection);
  }
}

void FakeServer::serve_one(int connection) {
  std::array<pollfd, 2> look = {{{connection, POLLIN, 0}, {stop_, POLLIN, 0}}};
  std::string question;
  std::array<char, 4096> bytes;
  const auto read_more = [&] {
    ::poll(look.data(), look.size(), -1);
    if (look[1].revents != 0) return false;
    const ssize_t size = ::read(connection, bytes.data(), bytes.size());
    if (size <= 0) return false;
    question.append(bytes.data(), static_cast<std::size_t>(size));
    return true;
  };
  while (question.find("\n\n") == std::string::npos && read_more()) {}
  questions_.with([&](std::vector<std::string>& questions) { questions.push_back(question); });
  const Reply reply = handler_(question);
  ::send(connection, reply.bytes.data(), reply.bytes.size(), MSG_NOSIGNAL);
  while (reply.stays_open && read_more()) {}
}

}  // namespace query_test
