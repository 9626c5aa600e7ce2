#include "t/support/dns_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/core.h>

#include "common/io/socket.h"

namespace support {

namespace {

using Clock = std::chrono::steady_clock;
using Message = std::vector<std::uint8_t>;

using io::SocketAddress;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

int open_socket(bool ipv6, int type) {
  const int fd = socket(ipv6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) fail("socket");
  return fd;
}

void append(Message& to, const Message& from) { to.insert(to.end(), from.begin(), from.end()); }

// Puts the length before the message (RFC 1035 §4.2.2).
Message framed(const Message& message) {
  Message out{static_cast<std::uint8_t>(message.size() >> 8), static_cast<std::uint8_t>(message.size())};
  append(out, message);
  return out;
}

}  // namespace

// The loop that runs in the server's thread.
class DnsServer::Loop {
 public:
  Loop(io::Guarded<Shared>& shared, int udp, int tcp, int stop) : shared_(shared), udp_(udp), tcp_(tcp), stop_(stop) {}
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() {
    for (const Connection& connection : connections_) close(connection.fd);
  }

  void run() {
    for (;;) {
      std::vector<pollfd> polled = {{stop_, POLLIN, 0}, {udp_, POLLIN, 0}, {tcp_, POLLIN, 0}};
      for (const Connection& connection : connections_) {
        polled.push_back({connection.fd, static_cast<short>(connection.out.empty() ? POLLIN : POLLIN | POLLOUT), 0});
      }
      poll(polled.data(), polled.size(), milliseconds_to_next());
      if (polled[0].revents != 0) return;
      // Only the polled connections; accept() appends new ones.
      for (std::size_t i = 0; i + 3 < polled.size(); ++i) {
        if (polled[i + 3].revents != 0) serve_connection(connections_[i], polled[i + 3].revents);
      }
      if (polled[1].revents != 0) receive_datagrams();
      if (polled[2].revents != 0) accept_connections();
      send_what_is_due();
      std::erase_if(connections_, [](const Connection& connection) {
        if (connection.gone) close(connection.fd);
        return connection.gone;
      });
    }
  }

 private:
  struct Connection {
    int fd = -1;
    std::uint64_t number = 0;
    Message in, out;
    bool close_after_out = false;
    bool gone = false;
  };
  struct Delayed {
    Clock::time_point due;
    std::optional<SocketAddress> peer;  // over UDP
    std::uint64_t connection = 0;       // over TCP
    Message bytes;
    bool close_after = false;
  };

  [[nodiscard]] int milliseconds_to_next() const {
    if (delayed_.empty()) return -1;
    const auto first =
        std::min_element(delayed_.begin(), delayed_.end(), [](const auto& a, const auto& b) { return a.due < b.due; });
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(first->due - Clock::now());
    return static_cast<int>(std::max<std::chrono::milliseconds::rep>(rest.count(), 0));
  }

  void receive_datagrams() {
    for (;;) {
      std::array<std::uint8_t, 65535> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
      SocketAddress peer;
      const ssize_t size = recvfrom(udp_, buffer.data(), buffer.size(), 0, peer.get(), &peer.size);
      if (size < 0) return;
      answer({buffer.data(), static_cast<std::size_t>(size)}, peer, 0);
    }
  }

  void accept_connections() {
    for (;;) {
      const int fd = accept4(tcp_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0) return;
      connections_.push_back({.fd = fd, .number = ++last_number_, .in = {}, .out = {}});
    }
  }

  void serve_connection(Connection& connection, short events) {
    if ((events & POLLOUT) != 0) flush(connection);
    if (connection.gone || (events & (POLLIN | POLLHUP | POLLERR)) == 0) return;
    std::array<std::uint8_t, 4096> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    const ssize_t size = recv(connection.fd, buffer.data(), buffer.size(), 0);
    if (size == 0 || (size < 0 && errno != EAGAIN)) connection.gone = true;
    if (size <= 0) return;
    connection.in.insert(connection.in.end(), buffer.begin(), buffer.begin() + size);
    for (;;) {
      const Message& in = connection.in;
      const std::size_t length = in.size() < 2 ? 0 : in[0] * 256U + in[1];
      if (in.size() < 2 || in.size() < 2 + length) return;
      answer({in.data() + 2, length}, std::nullopt, connection.number);
      connection.in.erase(connection.in.begin(), connection.in.begin() + 2 + static_cast<std::ptrdiff_t>(length));
    }
  }

  void answer(std::span<const std::uint8_t> message, const std::optional<SocketAddress>& peer, std::uint64_t connection) {
    const auto query = read_query(message);
    if (!query) return;
    const bool over_tcp = !peer;
    Reaction reaction;
    if (query->question) {
      const auto handler = shared_.with([&](Shared& shared) {
        shared.asked.push_back(*query->question);
        shared.over_tcp += over_tcp ? 1 : 0;
        return shared.handler;
      });
      reaction = (*handler)(*query->question, over_tcp);
    }
    using Fault = Reaction::Fault;
    const bool closes = over_tcp && (reaction.fault == Fault::short_tcp || reaction.fault == Fault::close_tcp);
    const bool is_half = over_tcp && (reaction.fault == Fault::short_tcp || reaction.fault == Fault::stuck_tcp);
    Delayed reply{Clock::now() + reaction.delay, peer, connection, {}, closes};
    if (closes || is_half) {
      if (is_half) {
        reply.bytes = framed(write_reply(*query, reaction, over_tcp).front());
        reply.bytes.resize(2 + (reply.bytes.size() - 2) / 2);
      }
      delayed_.push_back(std::move(reply));
      return;
    }
    for (Message& written : write_reply(*query, reaction, over_tcp)) {
      reply.bytes = over_tcp ? framed(written) : std::move(written);
      delayed_.push_back(reply);
    }
  }

  void send_what_is_due() {
    const auto now = Clock::now();
    for (std::size_t i = 0; i < delayed_.size();) {
      if (delayed_[i].due > now) {
        ++i;
        continue;
      }
      Delayed reply = std::move(delayed_[i]);
      delayed_.erase(delayed_.begin() + static_cast<std::ptrdiff_t>(i));
      if (reply.peer) {
        sendto(udp_, reply.bytes.data(), reply.bytes.size(), MSG_NOSIGNAL, reply.peer->get(), reply.peer->size);
        continue;
      }
      for (Connection& connection : connections_) {
        if (connection.number != reply.connection) continue;
        append(connection.out, reply.bytes);
        connection.close_after_out |= reply.close_after;
        flush(connection);
      }
    }
  }

  static void flush(Connection& connection) {
    while (!connection.out.empty() && !connection.gone) {
      const ssize_t sent = send(connection.fd, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) return;
      if (sent < 0) {
        connection.gone = true;
      } else {
        connection.out.erase(connection.out.begin(), connection.out.begin() + sent);
      }
    }
    if (connection.close_after_out) connection.gone = true;
  }

  io::Guarded<Shared>& shared_;
  int udp_, tcp_, stop_;
  std::vector<Connection> connections_;
  std::uint64_t last_number_ = 0;
  std::vector<Delayed> delayed_;
};

DnsServer::DnsServer(Handler handler) : DnsServer(std::move(handler), Options{}) {}

DnsServer::DnsServer(Handler handler, Options options) {
  set_handler(std::move(handler));
  listen(options);
  thread_ = std::thread([this] { Loop(shared_, udp_, tcp_, stop_).run(); });
}

DnsServer::DnsServer(ZoneData zone) : DnsServer(serve(std::move(zone))) {}

DnsServer::~DnsServer() {
  eventfd_write(stop_, 1);
  thread_.join();
  for (const int fd : {udp_, tcp_, stop_, refusing_}) {
    if (fd >= 0) close(fd);
  }
}

void DnsServer::listen(Options options) {
  ipv6_ = options.ipv6;
  stop_ = eventfd(0, EFD_CLOEXEC);
  if (stop_ < 0) fail("eventfd");
  // The kernel chooses the UDP port. If TCP has it in use already, the loop tries another.
  for (int tries = 100; tries > 0; --tries) {
    udp_ = open_socket(ipv6_, SOCK_DGRAM);
    tcp_ = open_socket(ipv6_, SOCK_STREAM);
    const SocketAddress any = io::inet_address(*base::IpAddress::parse(ipv6_ ? "::1" : "127.0.0.1"), options.port);
    // For a server that starts again at the port of an earlier one, whose connections have just ended.
    const int on = 1;
    setsockopt(tcp_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(udp_, any.get(), any.size) != 0) fail("bind");
    SocketAddress chosen;
    if (getsockname(udp_, chosen.get(), &chosen.size) != 0) fail("getsockname");
    // The port is at the same offset in both families.
    sockaddr_in four{};
    std::memcpy(&four, &chosen.storage, sizeof four);
    port_ = ntohs(four.sin_port);
    if (bind(tcp_, chosen.get(), chosen.size) == 0) {
      // A socket that is bound but does not listen refuses connections; poll() ignores the descriptor -1.
      if (options.tcp_refused) {
        refusing_ = std::exchange(tcp_, -1);
      } else if (::listen(tcp_, 1024) != 0) {
        fail("listen");
      }
      return;
    }
    close(udp_);
    close(tcp_);
  }
  fail("bind");
}

std::string DnsServer::address() const { return fmt::format("{}:{}", ipv6_ ? "[::1]" : "127.0.0.1", port_); }

void DnsServer::set_handler(Handler handler) {
  auto shared = std::make_shared<const Handler>(std::move(handler));
  shared_.with([&shared](Shared& state) { state.handler.swap(shared); });
}

void DnsServer::set_zone(ZoneData zone) { set_handler(serve(std::move(zone))); }

std::vector<dns::Question> DnsServer::asked() const {
  return shared_.with([](const Shared& shared) { return shared.asked; });
}

std::size_t DnsServer::count() const {
  return shared_.with([](const Shared& shared) { return shared.asked.size(); });
}

std::size_t DnsServer::count(const dns::Question& question) const {
  return shared_.with([&question](const Shared& shared) {
    return static_cast<std::size_t>(std::count(shared.asked.begin(), shared.asked.end(), question));
  });
}

std::size_t DnsServer::tcp_count() const {
  return shared_.with([](const Shared& shared) { return shared.over_tcp; });
}

void DnsServer::forget_counts() {
  shared_.with([](Shared& shared) {
    shared.asked.clear();
    shared.over_tcp = 0;
  });
}

DnsServer::Handler serve(ZoneData zone) {
  return [zone = std::make_shared<const ZoneData>(std::move(zone))](const dns::Question& question, bool) {
    auto resolved = zone->resolve(question);
    Reaction reaction = react(std::move(resolved.answer));
    reaction.cnames = std::move(resolved.cnames);
    return reaction;
  };
}

}  // namespace support
