#include "common/io/udp.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace io {

namespace {

// The longest datagram: some servers do not care for kUdpPayload.
constexpr std::size_t kBuffer = 65535;
// Datagrams read at a time, so that a flood of strays does not keep the loop.
constexpr int kReads = 64;

}  // namespace

Trouble trouble_of_errno(int error) {
  const std::string reason = std::generic_category().message(error);
  if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
    return {Trouble::Kind::no_socket, "no socket: " + reason};
  }
  return {Trouble::Kind::unreachable, "no server could be reached"};
}

UdpClient::UdpClient(Loop& loop, NameServer server, RandomIds& random, ResolverCounters& counters)
    : loop_(loop), server_(server), random_(random), counters_(counters) {}

UdpClient::Socket::Socket(UdpClient& client, Descriptor descriptor)
    : fd(std::move(descriptor)), watch(client.loop_, fd.get(), Watch::readable, [this, &client] { client.on_readable(*this); }) {
  watch.enable();
}

base::Result<UdpClient::Socket*, Trouble> UdpClient::choose() {
  Socket*& slot = open_[random_.next() % kSockets];
  if (slot != nullptr && slot->questions < kQuestions && slot->unanswered < kUnanswered) return slot;
  auto fd = connect_to(server_, SOCK_DGRAM);
  if (!fd) {
    const Trouble trouble = trouble_of_errno(fd.error());
    if (trouble.kind != Trouble::Kind::no_socket) return base::failure(trouble);
    // Better an old port than no answer.
    if (slot != nullptr) return slot;
    const auto other = std::find_if(open_.begin(), open_.end(), [](const Socket* socket) { return socket != nullptr; });
    if (other == open_.end()) return base::failure(trouble);
    return *other;
  }
  if (Socket* const old = std::exchange(slot, nullptr)) {
    old->is_retired = true;
    close_if_done(*old);
  }
  const auto place = sockets_.emplace(sockets_.end(), *this, std::move(*fd));
  place->place = place;
  slot = &*place;
  return slot;
}

base::Result<UdpClient::Ticket, Trouble> UdpClient::send(const dns::Question& question, bool edns, Done done) {
  const auto chosen = choose();
  if (!chosen) return base::failure(chosen.error());
  Socket& socket = **chosen;
  std::uint16_t id = random_.next();
  while (socket.waiting.contains(id)) id = random_.next();  // the resolver's limit leaves most ids free

  const std::vector<std::uint8_t> message = dns::encode_query(question, id, edns);
  ssize_t sent = ::send(socket.fd.get(), message.data(), message.size(), 0);
  // The error may be that of an earlier question, whose asker learns of it when this one meets the same.
  if (sent < 0 && errno == ECONNREFUSED) sent = ::send(socket.fd.get(), message.data(), message.size(), 0);
  // A full buffer loses a datagram, as any router may.
  if (sent < 0 && errno != EAGAIN && errno != ENOBUFS) return base::failure(trouble_of_errno(errno));
  ++counters_.sent;
  ++socket.questions;
  socket.waiting.emplace(id, Waiting{&question, std::move(done)});
  return Ticket{&socket, id};
}

void UdpClient::give_up(const Ticket& ticket) {
  ++ticket.socket->unanswered;
  ticket.socket->waiting.erase(ticket.id);
  close_if_done(*ticket.socket);
}

void UdpClient::close_if_done(Socket& socket) {
  if (socket.is_retired && socket.waiting.empty()) sockets_.erase(socket.place);
}

void UdpClient::on_readable(Socket& socket) {
  // Nobody is called before the socket is left alone: what they do may close it.
  Ended ended;
  std::array<std::uint8_t, kBuffer> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): recv fills it
  for (int i = 0; i < kReads; ++i) {
    const ssize_t size = recv(socket.fd.get(), buffer.data(), buffer.size(), 0);
    if (size >= 0) {
      read(socket, {buffer.data(), static_cast<std::size_t>(size)}, ended);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      fail_all(socket, trouble_of_errno(errno), ended);
      break;
    }
  }
  close_if_done(socket);
  for (auto& [done, outcome] : ended) done(std::move(outcome));
}

void UdpClient::read(Socket& socket, std::span<const std::uint8_t> message, Ended& ended) {
  // RFC 5452 §9.1: id and question must be ours; where it comes from was checked by the kernel.
  const auto found =
      message.size() < 2 ? socket.waiting.end() : socket.waiting.find(static_cast<std::uint16_t>(message[0] << 8 | message[1]));
  if (found == socket.waiting.end()) {
    ++counters_.strays;
    return;
  }
  auto response = dns::decode_response(message, *found->second.question, found->first);
  if (!response && response.error() == dns::ReadError::not_ours) {
    ++counters_.strays;
    return;
  }
  Outcome outcome = response ? Outcome(std::move(*response))
                             : Outcome(base::failure(Trouble{Trouble::Kind::unreadable, "answer could not be read"}));
  socket.unanswered = 0;
  ended.emplace_back(std::move(found->second.done), std::move(outcome));
  socket.waiting.erase(found);
}

void UdpClient::fail_all(Socket& socket, const Trouble& trouble, Ended& ended) {
  for (auto& [id, waiting] : socket.waiting) ended.emplace_back(std::move(waiting.done), base::failure(trouble));
  socket.waiting.clear();
}

}  // namespace io
