// Asks a resolver on a loop of its own, for the tests of the resolver.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "common/io/resolver.h"
#include "t/io/questions.h"
#include "t/io/run.h"
#include "t/support/dns_server.h"
#include "t/support/show.h"

namespace support {

inline const dns::Answer kRight = texts({"v=spf1 -all"});
inline const dns::Answer kUnreachable = dns::failure_answer("no server could be reached", dns::Cause::local);
// The failure if no server has answered in time.
inline const dns::Answer kTimedOut = dns::failure_answer("timed out", dns::Cause::local);
// The same after the full time of a question.
inline const dns::Answer kSilence = dns::failure_answer("timed out", dns::Cause::unavailable);

inline DnsServer::Handler always(const Reaction& reaction) {
  return [reaction](const dns::Question&, bool) { return reaction; };
}

// Returns a port of the loopback at which nothing listens. It is outside of the range that the kernel assigns (by default from
// 32768 on), so no other program gets it during the test.
inline io::NameServer dead_server() {
  std::random_device random;
  for (;;) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(std::uniform_int_distribution<std::uint16_t>(10000, 32000)(random));
    bool is_free = true;
    for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
      const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
      is_free &= bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
      close(fd);
    }
    if (is_free) return {base::IpAddress::v4({127, 0, 0, 1}), ntohs(address.sin_port)};
  }
}

inline io::NameServer at(const DnsServer& server) { return *io::parse_name_server(server.address()); }

// Long enough that a test that waits in vain fails. Tests of timeouts use kSoon.
inline constexpr std::chrono::milliseconds kNever = std::chrono::seconds{60};
inline constexpr std::chrono::milliseconds kSoon{30};

struct Asker {
  explicit Asker(std::vector<io::NameServer> servers, std::chrono::milliseconds try_timeout = kNever,
                 std::chrono::milliseconds tcp_timeout = kNever)
      : Asker(io::ResolverOptions{.servers = std::move(servers), .try_timeout = try_timeout, .tcp_timeout = tcp_timeout}) {}
  explicit Asker(io::ResolverOptions options) : resolver(loop, std::move(options)) {}

  dns::Answer ask(const dns::Question& asked, std::chrono::milliseconds patience = std::chrono::seconds{20}) {
    std::optional<dns::Answer> answer;
    resolver.ask(
        asked, {.check = 1, .patience = patience}, [&](dns::Answer got) { answer = std::move(got); }, [] { return true; });
    CHECK_FALSE(answer.has_value());  // never from within the call
    REQUIRE(run_until(loop, [&] { return answer.has_value(); }));
    return *answer;
  }
  dns::Answer ask() { return ask(question("example.com")); }
  // Asks a question that nobody answers.
  dns::Answer ask_for(std::chrono::milliseconds patience) { return ask(question("example.com"), patience); }

  // Asks many questions with different names at once, and returns the answers.
  std::vector<dns::Answer> ask_many(std::size_t count, const std::string& zone, std::uint64_t check = 1,
                                    std::chrono::milliseconds patience = std::chrono::seconds{20}) {
    std::vector<dns::Answer> answers;
    for (std::size_t i = 0; i < count; ++i) {
      resolver.ask(
          question("n" + std::to_string(i) + "." + zone), {.check = check, .patience = patience},
          [&](dns::Answer answer) { answers.push_back(std::move(answer)); }, [] { return true; });
    }
    REQUIRE(run_until(loop, [&] { return answers.size() == count; }));
    return answers;
  }

  io::Loop loop;
  io::Resolver resolver;
};

}  // namespace support
