#include "common/io/udp.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "common/io/socket.h"

namespace io {

namespace {

// The longest datagram: some servers ignore kUdpPayload.
constexpr std::size_t kBuffer = 65535;
// Datagrams read at a time, so that a flood of strays does not block the loop.
constexpr int kReads = 64;
// Per socket. An attacker's guess hits one of these ids once in 1,000 guesses, and then does not count as a stray.
constexpr std::size_t kMaxEnded = 64;

}  // namespace

Trouble trouble_of_errno(int error) {
  const std::string reason = std::generic_category().message(error);
  if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
    return {Trouble::Kind::no_socket, "no socket: " + reason};
  }
  return {Trouble::Kind::unreachable, "no server could be reached"};
}

UdpClient::UdpClient(Loop& loop, const NameServer& server, CookieJar& cookies, RandomIds& random, SocketBudget& budget,
                     ResolverCounters& counters)
    : loop_(loop),
      server_(server),
      cookies_(cookies),
      random_(random),
      budget_(budget),
      counters_(counters),
      sweep_(loop, [this] { retire_old(); }) {}

UdpClient::Socket::Socket(UdpClient& in, std::uint64_t as, Descriptor descriptor)
    : client(in),
      number(as),
      fd(std::move(descriptor)),
      watch(in.loop_, fd.get(), Watch::readable, [this] { client.on_readable(*this); }),
      born(in.loop_.now()) {
  watch.enable();
  ++client.budget_.open;
}

UdpClient::Socket::~Socket() {
  --client.budget_.open;
  std::erase_if(client.budget_.retired, [this](const SocketBudget::Retired& other) { return other.socket == this; });
}

// ---- sockets and their ports ---------------------------------------------------------------------------------------------

bool UdpClient::is_fresh(const Socket& socket) const {
  return socket.questions < kQuestions && loop_.now() - socket.born < kLife;
}

base::Result<UdpClient::Socket*, Trouble> UdpClient::choose() {
  Socket*& slot = open_[random_.next() % kSockets];
  if (slot != nullptr && is_fresh(*slot)) return slot;
  auto fd = connect();
  if (!fd) {
    if (fd.error().kind != Trouble::Kind::no_socket) return base::failure(fd.error());
    if (slot != nullptr) return slot;
    const auto other = std::find_if(open_.begin(), open_.end(), [](const Socket* socket) { return socket != nullptr; });
    if (other != open_.end()) return *other;
    if (budget_.retired.empty()) return base::failure(fd.error());
    close_oldest();
    fd = connect();
    if (!fd && !sockets_.empty()) return &sockets_.begin()->second;
    if (!fd) return base::failure(fd.error());
  }
  const std::uint64_t number = ++last_number_;
  Socket& made = sockets_.try_emplace(number, *this, number, std::move(*fd)).first->second;
  if (Socket* const old = std::exchange(slot, &made)) retire(*old);
  if (!std::exchange(is_sweeping_, true)) sweep_.set(kLife);
  return &made;
}

base::Result<Descriptor, Trouble> UdpClient::connect() {
  const bool has_old = !budget_.retired.empty() && loop_.now() - budget_.retired.front().since >= kKeep;
  if (budget_.is_used_up() && has_old) close_oldest();
  auto fd = budget_.is_used_up() ? base::failure(ENOBUFS) : connect_to(server_, SOCK_DGRAM);
  if (!fd) return base::failure(trouble_of_errno(fd.error()));
  return std::move(*fd);
}

// Closes the socket that was retired first, whatever its server. Done is not called for its questions: they wait as for a lost
// datagram.
void UdpClient::close_oldest() {
  const Socket& oldest = *budget_.retired.front().socket;
  oldest.client.sockets_.erase(oldest.number);
}

void UdpClient::retire(Socket& socket) {
  std::replace(open_.begin(), open_.end(), &socket, static_cast<Socket*>(nullptr));
  if (!std::exchange(socket.is_retired, true)) budget_.retired.push_back({&socket, loop_.now()});
  close_if_done(socket);
}

// Retires old sockets, unless the budget is used up: then no new socket could replace them.
void UdpClient::retire_old() {
  for (Socket* const socket : std::array(open_)) {
    if (socket != nullptr && !is_fresh(*socket) && !budget_.is_used_up()) retire(*socket);
  }
  is_sweeping_ = std::any_of(open_.begin(), open_.end(), [](const Socket* socket) { return socket != nullptr; });
  if (is_sweeping_) sweep_.set(kLife);
}

void UdpClient::close_if_done(Socket& socket) {
  if (socket.is_retired && socket.waiting.empty()) sockets_.erase(socket.number);
}

// ---- questions -----------------------------------------------------------------------------------------------------------

base::Result<UdpClient::Ticket, Trouble> UdpClient::send(const dns::Question& question, bool edns, Done done) {
  const auto chosen = choose();
  if (!chosen) return base::failure(chosen.error());
  Socket& socket = **chosen;
  std::uint16_t id = random_.next();
  while (socket.waiting.contains(id)) id = random_.next();  // the resolver's limit leaves most ids free

  const std::vector<std::uint8_t> message = dns::encode_query(question, id, edns, cookies_.cookie());
  ssize_t sent = ::send(socket.fd.get(), message.data(), message.size(), 0);
  // The error may be the delayed one of an earlier question. If this question meets it too, recv() reports it for both.
  if (sent < 0 && errno == ECONNREFUSED) sent = ::send(socket.fd.get(), message.data(), message.size(), 0);
  // If the buffer is full the datagram is lost, as it may be in any router.
  if (sent < 0 && errno != EAGAIN && errno != ENOBUFS) {
    const Trouble trouble = trouble_of_errno(errno);
    // The socket's local address may no longer exist on this host.
    retire(socket);
    return base::failure(trouble);
  }
  ++counters_.sent;
  ++socket.questions;
  socket.waiting.emplace(id, Waiting{&question, edns, std::move(done)});
  return Ticket{socket.number, id};
}

void UdpClient::give_up(const Ticket& ticket) {
  const auto found = sockets_.find(ticket.socket);
  if (found == sockets_.end()) return;
  Socket& socket = found->second;
  socket.waiting.erase(ticket.id);
  if (socket.ended.size() < kMaxEnded) socket.ended.push_back(ticket.id);
  close_if_done(socket);
}

void UdpClient::on_readable(Socket& socket) {
  // Done is called only after the socket has been read, since it may close the socket.
  Ended ended;
  std::array<std::uint8_t, kBuffer> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): recv fills it
  for (int i = 0; i < kReads && socket.strays < kStrays; ++i) {
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
  if (socket.strays >= kStrays) {
    fail_all(socket, {Trouble::Kind::strays, "forged answers"}, ended);
    retire(socket);
  } else {
    close_if_done(socket);
  }
  for (auto& [done, ending] : ended) done(std::move(ending));
}

void UdpClient::read(Socket& socket, std::span<const std::uint8_t> message, Ended& ended) {
  // RFC 5452 §9.1: id and question must be ours; the kernel has checked the address.
  if (message.size() < 2) return count_stray(socket);
  const auto id = static_cast<std::uint16_t>(message[0] << 8 | message[1]);
  const auto found = socket.waiting.find(id);
  if (found == socket.waiting.end()) {
    const auto late = std::find(socket.ended.begin(), socket.ended.end(), id);
    if (late == socket.ended.end()) return count_stray(socket);
    socket.ended.erase(late);  // only once: a second datagram with this id is a guess
    return;
  }
  auto response = dns::decode_response(message, *found->second.question, id);
  if (!response && response.error() == dns::ReadError::not_ours) return count_stray(socket);
  Ending ending = base::failure(Trouble{Trouble::Kind::unreadable, "answer could not be read"});
  if (response) ending = std::move(*response);
  if (found->second.has_cookie) {
    switch (cookies_.judge(response ? ending->cookie : dns::Cookie{}, false, loop_.now())) {
      case CookieJar::Verdict::fine: break;
      case CookieJar::Verdict::forged: return count_stray(socket);
      case CookieJar::Verdict::missing:
        ++counters_.strays;
        ending = base::failure(Trouble{Trouble::Kind::strays, "answer without cookie"});
        break;
    }
  }
  ended.emplace_back(std::move(found->second.done), std::move(ending));
  socket.waiting.erase(found);
}

void UdpClient::count_stray(Socket& socket) {
  ++counters_.strays;
  ++socket.strays;
}

void UdpClient::fail_all(Socket& socket, const Trouble& trouble, Ended& ended) {
  for (auto& [id, waiting] : socket.waiting) ended.emplace_back(std::move(waiting.done), base::failure(trouble));
  socket.waiting.clear();
}

}  // namespace io
