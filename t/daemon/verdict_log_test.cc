// The lines of the log, as they are written.
#include <doctest/doctest.h>
#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "common/io/loop.h"
#include "spfd/verdict_log.h"

namespace {

// Returns the output to stderr during a call, write by write.
template <class F>
std::vector<std::string> writes_during(F&& call) {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()) == 0);
  const int before = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  call();
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  ::close(ends[1]);
  std::vector<std::string> writes;
  std::array<char, 65536> bytes{};
  for (ssize_t size = 0; (size = ::recv(ends[0], bytes.data(), bytes.size(), 0)) > 0;)
    writes.emplace_back(bytes.data(), static_cast<std::size_t>(size));
  ::close(ends[0]);
  return writes;
}

TEST_CASE("workers that share a pipe do not break each other's lines: a write is whole lines of at most PIPE_BUF bytes") {
  for (const std::size_t length : {1U, 50U, 120U, 200U, 256U, 1000U}) {
    protocol::CheckRequest check;
    check.request.helo = std::string(length, '"');
    check.request.sender = std::string(length, 'u') + "@pass.test";
    receiver::Reply reply;
    reply.mechanism = std::string(length / 3, '\\');
    constexpr int kLines = 40;
    int lines = 0;
    const auto writes = writes_during([&] {
      io::Loop loop;
      spfd::VerdictLog log(loop);
      for (int i = 0; i < kLines; ++i) log.add(check, protocol::Door::query, reply, {}, std::chrono::milliseconds(1));
      log.flush();
    });
    for (const std::string& write : writes) {
      CAPTURE(length);
      CHECK(write.size() <= PIPE_BUF);
      CHECK(write.ends_with('\n'));
      for (const char c : write) lines += c == '\n' ? 1 : 0;
    }
    CHECK(lines == kLines);
    CHECK(writes.size() < kLines);
  }
}

}  // namespace
