#include "common/io/call.h"

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/base/printable.h"

namespace io {

namespace {

constexpr std::chrono::milliseconds kRetry{10};

base::Result<std::vector<SocketAddress>, std::string> socket_addresses(const ServerAddress& server) {
  if (const auto* local = std::get_if<UnixServer>(&server)) return std::vector{unix_address(local->path)};
  const auto& inet = std::get<InetServer>(server);
  auto found = find_addresses(inet.host, inet.port, 0);
  if (!found) return base::failure(fmt::format("{}: {}", base::printable(inet.host), found.error()));
  return found;
}

}  // namespace

Server::Server(const ServerAddress& address) : name(server_address_text(address)), addresses(socket_addresses(address)) {}

// The first event starts the work, so that nothing is called from within the constructor.
Call::Call(Loop& loop, const Server& server, std::string request, bool (*is_complete)(std::string_view answer),
           std::chrono::milliseconds timeout, Done done)
    : loop_(loop),
      server_(server),
      unsent_(std::move(request)),
      is_complete_(is_complete),
      done_(std::move(done)),
      timer_(loop, [this] { fail("the server did not answer in time"); }),
      begin_(loop, [this] { connect_next(); }) {
  timer_.set(timeout);
  begin_.set(std::chrono::milliseconds{0});
}

void Call::connect_next() {
  std::string problem = server_.addresses ? "" : server_.addresses.error();
  while (server_.addresses && next_address_ < server_.addresses->size()) {
    const SocketAddress& address = server_.addresses->at(next_address_++);
    close();
    socket_ = Descriptor(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket_.is_open() && (::connect(socket_.get(), address.get(), address.size) == 0 || errno == EINPROGRESS)) {
      writable_ = std::make_unique<Watch>(loop_, socket_.get(), Watch::writable, [this] { on_writable(); });
      writable_->enable();
      return;
    }
    if (errno == EAGAIN) {  // the queue of a UNIX socket is full
      --next_address_;
      return begin_.set(kRetry);
    }
    problem = std::strerror(errno);
  }
  fail(fmt::format("cannot reach {}: {}", server_.name, problem));
}

void Call::on_writable() {
  if (!is_connected_) {
    int problem = 0;
    socklen_t size = sizeof problem;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem != 0) {
      if (next_address_ < server_.addresses->size()) return connect_next();
      return fail(fmt::format("cannot reach {}: {}", server_.name, std::strerror(problem)));
    }
    is_connected_ = true;
    readable_ = std::make_unique<Watch>(loop_, socket_.get(), Watch::readable, [this] { on_readable(); });
    readable_->enable();
  }
  send_rest();
}

void Call::send_rest() {
  const ssize_t sent = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return;
  // A server that closed early may have sent an answer: reading shows it.
  if (sent < 0) {
    writable_->disable();
    return;
  }
  unsent_.erase(0, static_cast<std::size_t>(sent));
  if (unsent_.empty()) writable_->disable();
}

void Call::on_readable() {
  std::array<char, 16384> buffer;
  ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  // A server that has answered without reading the whole request resets the connection when it closes.
  if (size < 0 && errno == ECONNRESET && !answer_.empty()) size = 0;
  if (size < 0) return fail(fmt::format("the connection to the server broke: {}", std::strerror(errno)));
  if (size == 0) {
    if (answer_.empty()) return fail("the server closed the connection without an answer");
    if (!answer_.ends_with('\n')) return fail("the server closed the connection in the middle of its answer");
    return finish(std::move(answer_));
  }
  answer_.append(buffer.data(), static_cast<std::size_t>(size));
  if (answer_.size() > kMaxAnswer) return fail("the server's answer is too long");
  if (is_complete_(answer_)) finish(std::move(answer_));
}

void Call::finish(base::Result<std::string, std::string> result) {
  timer_.cancel();
  begin_.cancel();
  close();
  const Done done = std::move(done_);
  done(std::move(result));
}

void Call::close() {
  readable_.reset();
  writable_.reset();
  socket_.close();
}

}  // namespace io
