// A name server on one port of the loopback, UDP and TCP, in the thread of the fuzz target, which decides what it answers and
// when.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/io/resolver.h"
#include "t/fuzz/target.h"
#include "t/support/dns_reply.h"

namespace fuzz {

class HostileDns {
 public:
  HostileDns() {
    constexpr int kTimes = 20;  // the port chosen for UDP may be in use for TCP
    for (int i = 0; i < kTimes && !bind_both(); ++i) {}
    check(listener_ >= 0, "a port for DNS can be had");
  }
  ~HostileDns() {
    close_connections();
    ::close(udp_);
    ::close(listener_);
  }
  HostileDns(const HostileDns&) = delete;
  HostileDns& operator=(const HostileDns&) = delete;

  [[nodiscard]] io::NameServer server() const { return {*base::IpAddress::parse("127.0.0.1"), port_}; }

  // Drops received queries and all state.
  void forget() {
    receive();
    close_connections();
    waiting_.clear();
    told_.clear();
  }
  // Receives pending queries.
  void receive() {
    if (!has_input()) return;
    receive_udp();
    for (int fd = accept(); fd >= 0; fd = accept()) connections_.push_back({fd, {}});
    std::erase_if(connections_, [this](Connection& connection) { return !receive_tcp(connection); });
  }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] const dns::Question& question(std::size_t n) const { return *waiting_[n].query.question; }
  // Answers the n-th waiting query and removes it.
  void answer(std::size_t n, const support::Reaction& reaction) {
    const Waiting one = std::move(waiting_[n]);
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(n));
    const bool over_tcp = one.connection >= 0;
    for (const auto& message : support::write_reply(one.query, reaction, over_tcp)) {
      if (over_tcp) {
        send_tcp(one.connection, message, reaction.fault);
      } else {
        ::sendto(udp_, message.data(), message.size(), MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&one.from),
                 sizeof one.from);
      }
    }
    const bool comes_after =
        reaction.answer_follows &&
        (reaction.fault == Fault::wrong_id || reaction.fault == Fault::wrong_question || reaction.fault == Fault::garbage);
    const bool is_tcp_fault =
        reaction.fault == Fault::short_tcp || reaction.fault == Fault::stuck_tcp || reaction.fault == Fault::close_tcp;
    const bool has_no_fault = reaction.fault == Fault::none || (is_tcp_fault && !over_tcp);
    const bool has_rcode = reaction.rcode && (one.query.has_edns || !reaction.rcode_only_to_edns);
    const bool is_answer = has_rcode
                               ? !reaction.rcode_only_header && (*reaction.rcode == kNoError || *reaction.rcode == kNameError)
                               : (has_no_fault || comes_after) && reaction.answer.status != dns::Status::failure;
    if (is_answer && one.query.question->type == dns::Type::txt) told_.insert(one.query.question->name);
  }
  // Returns whether a TXT question for the name got an answer without a fault, or one after a faulty one.
  [[nodiscard]] bool has_told(const dns::Name& name) const { return told_.contains(name); }

 private:
  using Fault = support::Reaction::Fault;
  static constexpr int kNoError = 0;
  static constexpr int kNameError = 3;

  struct Waiting {
    support::ReceivedQuery query;
    sockaddr_in from{};
    int connection = -1;  // over TCP
  };
  struct Connection {
    int fd;
    std::string bytes;
  };

  bool bind_both() {
    udp_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    check(udp_ >= 0 && ::bind(udp_, any, size) == 0 && ::getsockname(udp_, any, &size) == 0, "a socket for DNS can be had");
    port_ = ntohs(address.sin_port);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (::bind(listener_, any, size) == 0 && ::listen(listener_, SOMAXCONN) == 0) return true;
    ::close(udp_);
    ::close(listener_);
    listener_ = -1;
    return false;
  }
  int accept() const {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    // Closing resets the connection: otherwise a fuzzer would use up the ports, which the kernel keeps for some time.
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    if (fd >= 0) ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    return fd;
  }
  void close_connections() {
    for (const Connection& connection : connections_) ::close(connection.fd);
    connections_.clear();
  }

  // One system call instead of one per socket, because usually nothing has arrived.
  [[nodiscard]] bool has_input() const {
    std::array<pollfd, 2> looks{pollfd{udp_, POLLIN, 0}, pollfd{listener_, POLLIN, 0}};
    return !connections_.empty() || ::poll(looks.data(), looks.size(), 0) > 0;
  }
  void take(std::string_view message, Waiting one) {
    auto query = support::read_query({reinterpret_cast<const std::uint8_t*>(message.data()), message.size()});
    check(query && query->question, "a query is well-formed, and of a type that SPF asks for");
    one.query = std::move(*query);
    waiting_.push_back(std::move(one));
  }
  void receive_udp() {
    std::array<char, 1500> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): written as far as used
    for (;;) {
      Waiting one;
      socklen_t size = sizeof one.from;
      const ssize_t got =
          ::recvfrom(udp_, buffer.data(), buffer.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&one.from), &size);
      if (got < 0) return;
      take({buffer.data(), static_cast<std::size_t>(got)}, std::move(one));
    }
  }
  // Returns false if the client has closed the connection; its queries are dropped.
  bool receive_tcp(Connection& connection) {
    std::array<char, 1500> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): written as far as used
    const ssize_t got = ::recv(connection.fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) {
      std::erase_if(waiting_, [&](const Waiting& one) { return one.connection == connection.fd; });
      ::close(connection.fd);
      return false;
    }
    if (got > 0) connection.bytes.append(buffer.data(), static_cast<std::size_t>(got));
    while (connection.bytes.size() >= 2) {
      const std::size_t size =
          std::size_t{static_cast<std::uint8_t>(connection.bytes[0])} << 8U | static_cast<std::uint8_t>(connection.bytes[1]);
      if (connection.bytes.size() < 2 + size) break;
      take(std::string_view(connection.bytes).substr(2, size), {.query = {}, .connection = connection.fd});
      connection.bytes.erase(0, 2 + size);
    }
    return true;
  }
  static void send_tcp(int fd, const std::vector<std::uint8_t>& message, Fault fault) {
    std::vector<std::uint8_t> framed{static_cast<std::uint8_t>(message.size() >> 8U), static_cast<std::uint8_t>(message.size())};
    framed.insert(framed.end(), message.begin(), message.end());
    if (fault == Fault::short_tcp || fault == Fault::stuck_tcp) framed.resize(2 + message.size() / 2);
    if (fault != Fault::close_tcp) ::send(fd, framed.data(), framed.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (fault == Fault::short_tcp || fault == Fault::close_tcp) ::shutdown(fd, SHUT_WR);
  }

  int udp_ = -1, listener_ = -1;
  std::uint16_t port_ = 0;
  std::vector<Connection> connections_;
  std::vector<Waiting> waiting_;
  std::set<dns::Name> told_;
};

}  // namespace fuzz
