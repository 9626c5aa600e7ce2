#include "common/io/tcp.h"

#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "common/dns/message.h"
#include "common/io/socket.h"

namespace io {

namespace {

constexpr std::size_t kLength = 2;  // octets before each message (RFC 1035 §4.2.2)

std::string message_of(int error) { return std::generic_category().message(error); }

}  // namespace

base::Result<std::unique_ptr<TcpExchange>, Trouble> TcpExchange::start(Loop& loop, const NameServer& server, const Query& query,
                                                                       Done done) {
  auto fd = connect_to(server, SOCK_STREAM);
  if (!fd) {
    Trouble trouble = trouble_of_errno(fd.error());
    if (trouble.kind == Trouble::Kind::no_socket) return base::failure(std::move(trouble));
    return base::failure(Trouble{Trouble::Kind::tcp_failed, "TCP failed: " + message_of(fd.error())});
  }
  auto exchange = std::make_unique<TcpExchange>(loop, std::move(*fd), query, std::move(done));
  exchange->writable_.enable();
  return exchange;
}

TcpExchange::TcpExchange(Loop& loop, Descriptor fd, const Query& query, Done done)
    : loop_(loop),
      fd_(std::move(fd)),
      query_(query),
      done_(std::move(done)),
      writable_(loop, fd_.get(), Watch::writable, [this] { on_writable(); }),
      readable_(loop, fd_.get(), Watch::readable, [this] { on_readable(); }) {
  const auto message = dns::encode_query(query.question, query.id, query.edns, query.cookies.cookie());
  out_ = {static_cast<std::uint8_t>(message.size() >> 8), static_cast<std::uint8_t>(message.size())};
  out_.insert(out_.end(), message.begin(), message.end());
}

void TcpExchange::on_writable() {
  // If the connection has failed, send() reports it.
  const ssize_t sent = send(fd_.get(), out_.data() + written_, out_.size() - written_, MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN && errno != EINTR) fail(message_of(errno));
    return;
  }
  written_ += static_cast<std::size_t>(sent);
  if (written_ < out_.size()) return;
  writable_.disable();
  readable_.enable();
}

void TcpExchange::on_readable() {
  for (;;) {
    const ssize_t got = recv(fd_.get(), in_.data() + read_, in_.size() - read_, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got < 0) return fail(message_of(errno));
    if (got == 0) return fail("connection closed");
    read_ += static_cast<std::size_t>(got);
    if (read_ < in_.size()) continue;
    if (read_ > kLength) return finish();
    const auto length = static_cast<std::size_t>(in_[0] << 8 | in_[1]);
    if (length == 0) return fail("answer could not be read");
    in_.resize(kLength + length);
  }
}

void TcpExchange::finish() {
  auto response = dns::decode_response(std::span(in_).subspan(kLength), query_.question, query_.id);
  // Only the server can write here, so an answer to another question is not a forgery.
  if (!response) {
    const bool is_ours = response.error() == dns::ReadError::malformed;
    return fail("answer could not be read", is_ours ? Trouble::Kind::unreadable : Trouble::Kind::tcp_failed);
  }
  if (query_.edns && query_.cookies.judge(response->cookie, true, loop_.now()) == CookieJar::Verdict::forged) {
    return fail("wrong cookie");
  }
  const Done done = std::move(done_);
  done(std::move(*response));
}

void TcpExchange::fail(std::string why, Trouble::Kind kind) {
  const Done done = std::move(done_);
  done(base::failure(Trouble{kind, "TCP failed: " + std::move(why)}));
}

}  // namespace io
