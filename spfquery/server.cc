#include "spfquery/server.h"

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

#include "common/base/printable.h"
#include "common/io/descriptor.h"
#include "spfquery/request.h"

namespace spfquery {

namespace {

constexpr std::size_t kMaxAnswer = std::size_t{1} << 20;  // bytes
constexpr std::chrono::milliseconds kRetry{10};

}  // namespace

base::Result<std::vector<io::SocketAddress>, std::string> socket_addresses(const ServerAddress& server) {
  if (const auto* local = std::get_if<UnixServer>(&server)) return std::vector{io::unix_address(local->path)};
  const auto& inet = std::get<InetServer>(server);
  auto found = io::find_addresses(inet.host, inet.port, 0);
  if (!found) return base::failure(fmt::format("{}: {}", base::printable(inet.host), found.error()));
  return found;
}

class Server::Connection final : public Ask {
 public:
  Connection(const Server& server, const protocol::QueryLines& asked, Done done)
      : server_(server),
        asked_(asked),
        done_(std::move(done)),
        unsent_(query_lines(asked, server.options_)),
        timer_(server.loop_, [this] { finish("the server did not answer in time"); }) {}

  void start() {
    // The first event starts the work, so that nothing is called from within ask().
    timer_.set(server_.options_.timeout);
    begin_ = std::make_unique<io::Timer>(server_.loop_, [this] { connect_next(); });
    begin_->set(std::chrono::milliseconds{0});
  }

 private:
  void connect_next();
  void on_writable();
  void send_rest();
  void on_readable();
  [[nodiscard]] bool is_complete() const;
  void finish(std::string_view problem);
  void close();

  const Server& server_;
  const protocol::QueryLines& asked_;
  Done done_;
  std::size_t next_address_ = 0;
  io::Descriptor socket_;
  bool is_connected_ = false;
  std::string unsent_;
  std::string answer_;
  io::Timer timer_;  // for the whole request
  std::unique_ptr<io::Timer> begin_;
  std::unique_ptr<io::Watch> readable_, writable_;
};

void Server::Connection::connect_next() {
  std::string problem = server_.addresses_ ? "" : server_.addresses_.error();
  while (server_.addresses_ && next_address_ < server_.addresses_->size()) {
    const io::SocketAddress& address = server_.addresses_->at(next_address_++);
    close();
    socket_ = io::Descriptor(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket_.is_open() && (::connect(socket_.get(), address.get(), address.size) == 0 || errno == EINPROGRESS)) {
      writable_ = std::make_unique<io::Watch>(server_.loop_, socket_.get(), io::Watch::writable, [this] { on_writable(); });
      writable_->enable();
      return;
    }
    if (errno == EAGAIN) {  // the queue of a UNIX socket is full
      --next_address_;
      return begin_->set(kRetry);
    }
    problem = std::strerror(errno);
  }
  finish(fmt::format("cannot reach {}: {}", server_address_text(*server_.options_.server), problem));
}

void Server::Connection::on_writable() {
  if (!is_connected_) {
    int problem = 0;
    socklen_t size = sizeof problem;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem != 0) {
      if (next_address_ < server_.addresses_->size()) return connect_next();
      return finish(fmt::format("cannot reach {}: {}", server_address_text(*server_.options_.server), std::strerror(problem)));
    }
    is_connected_ = true;
    readable_ = std::make_unique<io::Watch>(server_.loop_, socket_.get(), io::Watch::readable, [this] { on_readable(); });
    readable_->enable();
  }
  send_rest();
}

void Server::Connection::send_rest() {
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

void Server::Connection::on_readable() {
  std::array<char, 16384> buffer;
  const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size < 0) return finish(fmt::format("the connection to the server broke: {}", std::strerror(errno)));
  if (size == 0) {
    if (answer_.empty()) return finish("the server closed the connection without an answer");
    return finish(answer_.ends_with('\n') ? "" : "the server closed the connection in the middle of its answer");
  }
  answer_.append(buffer.data(), static_cast<std::size_t>(size));
  if (answer_.size() > kMaxAnswer) return finish("the server's answer is too long");
  if (is_complete()) finish("");
}

// Returns whether the answer is complete: an empty line ends it. (The end of the connection does so for Mail::SPF's spfd.)
bool Server::Connection::is_complete() const {
  if (asked_.format == protocol::Format::json) return answer_.find('\n') != std::string::npos;
  return answer_.find("\n\n") != std::string::npos || answer_.find("\n\r\n") != std::string::npos;
}

// problem: why there is no answer; empty: there may be an answer.
void Server::Connection::finish(std::string_view problem) {
  timer_.cancel();
  close();
  const Done done = std::move(done_);
  done(problem.empty() ? read_answer(answer_, asked_, server_.options_) : no_answer(problem, asked_, server_.options_));
}

void Server::Connection::close() {
  readable_.reset();
  writable_.reset();
  socket_.close();
}

std::unique_ptr<Ask> Server::ask(const protocol::QueryLines& asked, Done done) {
  auto connection = std::make_unique<Connection>(*this, asked, std::move(done));
  connection->start();
  return connection;
}

}  // namespace spfquery
