// A name server on a UDP socket of the loopback, in the thread of the fuzz target: it answers what the target says, when the
// target says so. Over TCP nobody is there.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/io/resolver.h"
#include "t/fuzz/target.h"
#include "t/support/dns_reply.h"

namespace fuzz {

class HostileDns {
 public:
  HostileDns() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    check(fd_ >= 0 && ::bind(fd_, any, size) == 0 && ::getsockname(fd_, any, &size) == 0, "a socket for DNS can be had");
    port_ = ntohs(address.sin_port);
  }
  ~HostileDns() { ::close(fd_); }
  HostileDns(const HostileDns&) = delete;
  HostileDns& operator=(const HostileDns&) = delete;

  [[nodiscard]] io::NameServer server() const { return {*base::IpAddress::parse("127.0.0.1"), port_}; }

  // Drops what has come, and what is remembered.
  void forget() {
    receive();
    waiting_.clear();
    told_.clear();
  }
  // Takes the queries that have come.
  void receive() {
    std::array<std::uint8_t, 1500> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): written as far as used
    for (;;) {
      Waiting one;
      socklen_t size = sizeof one.from;
      const ssize_t got =
          ::recvfrom(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&one.from), &size);
      if (got < 0) return;
      auto query = support::read_query({buffer.data(), static_cast<std::size_t>(got)});
      check(query && query->question, "a query is well-formed, and of a type that SPF asks for");
      one.query = std::move(*query);
      waiting_.push_back(std::move(one));
    }
  }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] const dns::Question& question(std::size_t n) const { return *waiting_[n].query.question; }
  // Answers the n-th query that waits, and takes it out.
  void answer(std::size_t n, const support::Reaction& reaction) {
    const Waiting one = std::move(waiting_[n]);
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(n));
    for (const auto& message : support::write_reply(one.query, reaction, false)) {
      ::sendto(fd_, message.data(), message.size(), MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&one.from), sizeof one.from);
    }
    const bool is_answer = reaction.fault == support::Reaction::Fault::none && reaction.answer.status != dns::Status::failure;
    if (is_answer && one.query.question->type == dns::Type::txt) told_.insert(one.query.question->name);
  }
  // A TXT question for the name got an answer without a fault.
  [[nodiscard]] bool has_told(const dns::Name& name) const { return told_.contains(name); }

 private:
  struct Waiting {
    support::ReceivedQuery query;
    sockaddr_in from{};
  };

  int fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
  std::vector<Waiting> waiting_;
  std::set<dns::Name> told_;
};

}  // namespace fuzz
