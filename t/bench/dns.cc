// A name server for the benchmarks: the domains of world.h on UDP, and on TCP those whose answers are too large for it. Each
// answer has the given delay. The zone slow.example has the names of bench.example, and answers after three seconds.
//
//   dns [--port N] [--zone FILE] [DELAY-MS]
//
// With --zone, the names are those of a master file instead.
//
// Prints its port on 127.0.0.1 (chosen by the kernel, unless given). For each line of its input, prints the number of questions
// since the previous line. Ends with its input.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "common/dns/zone.h"
#include "t/bench/world.h"
#include "t/support/dns_reply.h"

namespace {

using Clock = std::chrono::steady_clock;
using Message = std::vector<std::uint8_t>;

struct Delayed {
  Clock::time_point due;
  sockaddr_in peer;
  Message bytes;
};

// Answers with the same delay, in the order in which the questions came.
struct Queue {
  std::chrono::milliseconds delay;
  std::deque<Delayed> waiting;

  [[nodiscard]] bool is_due() const { return !waiting.empty() && (delay.count() == 0 || waiting.front().due <= Clock::now()); }
};

bool is_slow(const dns::Question& question) { return question.name.text().ends_with(bench::kSlowZone); }

dns::Zone zone;  // of --zone

void read_zone(const char* path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  const auto added = zone.add_file(text.str());
  if (added && !zone.empty()) return;
  std::fprintf(stderr, "dns: %s cannot be read\n", path);
  std::exit(66);
}

dns::Answer answer(const dns::Question& question) {
  if (!zone.empty()) {
    const auto found = zone.find(question);
    const auto* const known = std::get_if<dns::Answer>(&found);
    if (known != nullptr) return *known;
    dns::Answer missing;
    missing.status = dns::Status::name_error;
    return missing;
  }
  if (!is_slow(question)) return bench::answer(question);
  std::string name(question.name.text());
  name.replace(name.size() - bench::kSlowZone.size(), bench::kSlowZone.size(), bench::kZone);
  return bench::answer({*dns::Name::parse(name), question.type});
}

class Server {
 public:
  Server(unsigned port, std::chrono::milliseconds delay)
      : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)),
        tcp_(socket(AF_INET, SOCK_STREAM, 0)),
        queues_{{{delay, {}}, {std::chrono::seconds(3), {}}}} {
    sockaddr_in address = local(port);
    socklen_t size = sizeof address;
    const int buffer = 8 << 20;
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if (bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0) {
      std::perror("dns: bind");
      std::exit(71);
    }
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    if (bind(tcp_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(tcp_, SOMAXCONN) != 0) {
      std::perror("dns: TCP");
      std::exit(71);
    }
    std::thread([this] { accept_connections(); }).detach();
    say(ntohs(address.sin_port));
  }

  void run() {
    for (bool more = true; more;) {
      std::array<pollfd, 2> polled = {{{fd_, POLLIN, 0}, {0, POLLIN, 0}}};
      auto wait = std::chrono::nanoseconds(std::chrono::seconds(3600));
      for (const Queue& queue : queues_) {
        if (queue.waiting.empty()) continue;
        const std::chrono::nanoseconds left = queue.waiting.front().due - Clock::now();
        wait = std::clamp(left, std::chrono::nanoseconds(0), wait);
      }
      const timespec time{wait.count() / 1'000'000'000, wait.count() % 1'000'000'000};
      ppoll(polled.data(), polled.size(), &time, nullptr);
      if (polled[0].revents != 0) receive();
      send_due();
      if (polled[1].revents != 0) more = read_input();
    }
  }

 private:
  static sockaddr_in local(unsigned port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  static void say(unsigned long long number) {
    std::printf("%llu\n", number);
    std::fflush(stdout);
  }

  bool read_input() {
    std::array<char, 256> line{};
    const ssize_t size = read(0, line.data(), line.size());
    for (ssize_t i = 0; i < size; ++i) {
      if (line[static_cast<std::size_t>(i)] != '\n') continue;
      say(count_.exchange(0));
    }
    return size > 0;
  }

  void receive() {
    for (int i = 0; i < 64; ++i) {
      std::array<std::uint8_t, 1500> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init)
      Delayed one{};
      socklen_t peer_size = sizeof one.peer;
      const ssize_t size = recvfrom(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&one.peer), &peer_size);
      if (size < 0) return;
      const auto query = support::read_query({bytes.data(), static_cast<std::size_t>(size)});
      if (!query) continue;
      ++count_;
      auto messages = support::write_reply(*query, support::react(query->question ? answer(*query->question) : dns::Answer{}),
                                           /*over_tcp=*/false);
      if (messages.empty()) continue;
      one.bytes = std::move(messages.front());
      Queue& queue = queue_of(*query);
      one.due = Clock::now() + queue.delay;
      queue.waiting.push_back(std::move(one));
    }
  }

  // Few answers need TCP, so each connection may have a thread.
  void accept_connections() {
    for (int connection; (connection = accept(tcp_, nullptr, nullptr)) >= 0;) {
      std::thread([this, connection] {
        while (answer_on(connection)) {}
        close(connection);
      }).detach();
    }
  }

  // Reads and answers one question; each message follows its length in two bytes (RFC 1035 §4.2.2). Returns whether another may
  // follow.
  bool answer_on(int connection) {
    std::array<std::uint8_t, 2> length{};
    if (recv(connection, length.data(), length.size(), MSG_WAITALL) != 2) return false;
    Message bytes(static_cast<std::size_t>(length[0]) << 8 | length[1]);
    if (recv(connection, bytes.data(), bytes.size(), MSG_WAITALL) != static_cast<ssize_t>(bytes.size())) return false;
    const auto query = support::read_query(bytes);
    if (!query || !query->question) return false;
    ++count_;
    std::this_thread::sleep_for(queue_of(*query).delay);
    for (const Message& message : support::write_reply(*query, support::react(answer(*query->question)), /*over_tcp=*/true)) {
      Message framed = {static_cast<std::uint8_t>(message.size() >> 8), static_cast<std::uint8_t>(message.size())};
      framed.insert(framed.end(), message.begin(), message.end());
      if (send(connection, framed.data(), framed.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(framed.size())) return false;
    }
    return true;
  }

  Queue& queue_of(const support::ReceivedQuery& query) { return queues_[query.question && is_slow(*query.question) ? 1 : 0]; }

  void send_due() {
    for (Queue& queue : queues_) {
      for (; queue.is_due(); queue.waiting.pop_front()) {
        const Delayed& one = queue.waiting.front();
        sendto(fd_, one.bytes.data(), one.bytes.size(), 0, reinterpret_cast<const sockaddr*>(&one.peer), sizeof one.peer);
      }
    }
  }

  int fd_;
  int tcp_;
  std::array<Queue, 2> queues_;  // of all names, and of the slow zone
  std::atomic<unsigned long long> count_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  unsigned port = 0;
  int at = 1;
  for (; at + 1 < argc && std::string_view(argv[at]).starts_with("--"); at += 2) {
    const std::string_view option = argv[at];
    if (option == "--port") port = static_cast<unsigned>(std::atoi(argv[at + 1]));
    if (option == "--zone") read_zone(argv[at + 1]);
  }
  prctl(PR_SET_TIMERSLACK, 1);
  Server(port, std::chrono::milliseconds(at < argc ? std::atoi(argv[at]) : 0)).run();
  return 0;
}
