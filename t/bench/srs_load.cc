// Load for rewriters of senders that use tcp_table on ports of 127.0.0.1: 8 connections with one request each at a time, like
// Postfix. First COUNT senders are rewritten, then the results are reversed, which must restore the senders. Prints one JSON line
// (t/bench/tally.h) for each half, LABEL/forward and LABEL/reverse.
//
//   srs_load LABEL FORWARD-PORT REVERSE-PORT COUNT PID       PID: the server, whose CPU time is measured
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "t/bench/tally.h"

namespace {

using Clock = bench::Tally::Clock;

constexpr std::size_t kClients = 8;

struct Client {
  int fd = -1;
  std::size_t asked = 0;
  Clock::time_point at;
  std::string in;
};

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? fd : -1;
}

// Returns the value of each key, empty if the answer is not "200 VALUE". Returns nothing if the server closes or is silent.
std::vector<std::string> look_up(int port, const std::vector<std::string>& keys, bench::Tally& tally) {
  std::vector<std::string> values(keys.size());
  std::vector<Client> connections(kClients);
  std::vector<pollfd> polled;
  for (Client& client : connections) {
    client.fd = connect_to(port);
    polled.push_back({client.fd, POLLIN, 0});
  }
  std::size_t begun = 0;
  std::size_t done = 0;
  bool is_alive = true;
  const auto ask = [&](Client& client) {
    if (begun == keys.size()) return;
    client.asked = begun++;
    client.at = Clock::now();
    const std::string request = "get " + keys[client.asked] + "\n";
    is_alive =
        is_alive && ::send(client.fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size());
  };
  tally.start();
  for (Client& client : connections) ask(client);
  while (is_alive && done < keys.size()) {
    is_alive = ::poll(polled.data(), polled.size(), 10'000) > 0;
    for (std::size_t i = 0; is_alive && i < polled.size(); ++i) {
      if (polled[i].revents == 0) continue;
      Client& client = connections[i];
      std::array<char, 4096> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
      const ssize_t size = ::recv(client.fd, buffer.data(), buffer.size(), 0);
      if (size <= 0) {
        is_alive = false;
        break;
      }
      client.in.append(buffer.data(), static_cast<std::size_t>(size));
      if (client.in.back() != '\n') continue;
      tally.answered(Clock::now() - client.at);
      ++done;
      if (client.in.starts_with("200 ")) values[client.asked] = client.in.substr(4, client.in.size() - 5);
      client.in.clear();
      ask(client);
    }
  }
  tally.stop();
  for (const Client& client : connections) ::close(client.fd);
  if (!is_alive) fmt::print(stderr, "srs_load: the server at port {} has gone, or is silent\n", port);
  return is_alive ? values : std::vector<std::string>();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    fmt::print(stderr, "usage: srs_load LABEL FORWARD-PORT REVERSE-PORT COUNT PID\n");
    return 64;
  }
  const std::string label = argv[1];
  const int forward = std::atoi(argv[2]);
  const int reverse = std::atoi(argv[3]);
  const auto count = static_cast<std::size_t>(std::atoll(argv[4]));
  const int pid = std::atoi(argv[5]);

  std::vector<std::string> senders;
  for (std::size_t i = 0; i < count; ++i) senders.push_back(fmt::format("user{}@d{}.example.org", i, i % 1000));
  bench::Tally rewriting(pid);
  const auto rewritten = look_up(forward, senders, rewriting);
  bench::Tally turning(pid);
  const auto back = look_up(reverse, rewritten, turning);
  if (back.size() != senders.size()) return 1;
  for (std::size_t i = 0; i < count; ++i) {
    if (!rewritten[i].starts_with("SRS0=")) rewriting.wrong();
    if (back[i] != senders[i]) turning.wrong();
  }
  fmt::print("{}\n{}\n", rewriting.json(label + "/forward"), turning.json(label + "/reverse"));
  return rewriting.wrong_count() == 0 && turning.wrong_count() == 0 ? 0 : 1;
}
