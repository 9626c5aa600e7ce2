// Load for a resolver: plain questions over UDP, every answer read. Prints one JSON line in the format of t/bench/load.
//
//   dns_load --port N [--clients N] [--depth N] --count N [--domains N] [--first N] [--all] [--label TEXT] [--pid PID]
//
// Each client has its own socket and --depth questions in flight. It asks for the TXT record of each domain, or with --all for
// all questions of an SPF check, so that both can be compared. --count: number of questions. A question without an answer for a
// second is repeated.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "common/dns/message.h"
#include "t/bench/tally.h"
#include "t/bench/world.h"

namespace {

using Clock = bench::Tally::Clock;

constexpr std::chrono::seconds kPatience{1};

struct Settings {
  std::uint64_t port = 53;
  std::uint64_t clients = 8;
  std::uint64_t depth = 1;
  std::uint64_t count = 10000;
  std::uint64_t domains = 1000;
  std::uint64_t first = 0;
  bool all = false;
  std::string label;
  std::uint64_t pid = 0;
};

// The id of a message is the number of its slot.
struct Slot {
  bool is_asked = false;
  dns::Question question;
  Clock::time_point at;    // first try
  Clock::time_point sent;  // last try
};

struct Client {
  int fd = -1;
  std::vector<Slot> slots;
};

class Load {
 public:
  explicit Load(const Settings& settings)
      : settings_(settings), clients_(settings.clients), tally_(static_cast<int>(settings.pid)) {}

  int run() {
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (std::uint32_t i = 0; i < clients_.size(); ++i) {
      if (!open(clients_[i])) return 1;
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u32 = i;
      epoll_ctl(epoll, EPOLL_CTL_ADD, clients_[i].fd, &event);
    }
    tally_.start();
    for (Client& client : clients_) {
      for (std::size_t i = 0; i < client.slots.size(); ++i) begin(client, static_cast<std::uint16_t>(i));
    }
    std::array<epoll_event, 256> events{};
    auto looked = Clock::now();
    for (int silent = 0; tally_.done() < settings_.count;) {
      const int n = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 1000);
      silent = n > 0 ? 0 : silent + 1;
      if (silent == 10) {
        fmt::print(stderr, "dns_load: no answer for 10 seconds\n");
        return 1;
      }
      if (Clock::now() - looked >= kPatience / 4) {
        ask_again();
        looked = Clock::now();
      }
      for (int i = 0; i < n; ++i) receive(clients_[events[static_cast<std::size_t>(i)].data.u32]);
    }
    tally_.stop();
    fmt::print("{}\n", tally_.json(settings_.label));
    return tally_.wrong_count() == 0 ? 0 : 1;
  }

 private:
  bool open(Client& client) {
    client.slots.resize(settings_.depth);
    client.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(settings_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int buffer = 4 << 20;
    setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if (client.fd >= 0 && connect(client.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return true;
    std::perror("dns_load: connect");
    return false;
  }

  dns::Question next() {
    if (pending_.empty()) {
      pending_ = bench::questions_of(settings_.first + domain_++ % settings_.domains);
      if (!settings_.all) pending_.resize(1);
    }
    const dns::Question question = pending_.back();
    pending_.pop_back();
    return question;
  }

  void begin(Client& client, std::uint16_t id) {
    Slot& slot = client.slots[id];
    slot.is_asked = begun_ < settings_.count;
    if (!slot.is_asked) return;
    ++begun_;
    slot.question = next();
    slot.at = Clock::now();
    send(client, id);
  }

  static void send(Client& client, std::uint16_t id) {
    client.slots[id].sent = Clock::now();
    const auto query = dns::encode_query(client.slots[id].question, id, /*edns=*/true);
    [[maybe_unused]] const ssize_t sent = ::send(client.fd, query.data(), query.size(), 0);
  }

  void ask_again() {
    const auto now = Clock::now();
    for (Client& client : clients_) {
      for (std::size_t i = 0; i < client.slots.size(); ++i) {
        if (client.slots[i].is_asked && now - client.slots[i].sent >= kPatience) send(client, static_cast<std::uint16_t>(i));
      }
    }
  }

  void receive(Client& client) {
    for (;;) {
      std::array<std::uint8_t, 1500> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init)
      const ssize_t size = recv(client.fd, bytes.data(), bytes.size(), 0);
      if (size < 2) return;
      const auto id = static_cast<std::uint16_t>(bytes[0] << 8U | bytes[1]);
      if (id >= client.slots.size() || !client.slots[id].is_asked) continue;
      const Slot& slot = client.slots[id];
      const auto response = dns::decode_response({bytes.data(), static_cast<std::size_t>(size)}, slot.question, id);
      if (!response && response.error() == dns::ReadError::not_ours) continue;
      if (!response || response->kind != dns::Response::Kind::answer || !is_right(slot.question, response->answer)) {
        if (tally_.wrong_count() == 0) fmt::print(stderr, "dns_load: {}: a wrong answer\n", slot.question.name.text());
        tally_.wrong();
      }
      tally_.answered(Clock::now() - slot.at);
      begin(client, id);
    }
  }

  static bool is_right(const dns::Question& question, const dns::Answer& got) {
    const dns::Answer wanted = bench::answer(question);
    return got.texts == wanted.texts && got.names == wanted.names && got.addresses == wanted.addresses;
  }

  const Settings& settings_;
  std::vector<Client> clients_;
  bench::Tally tally_;
  std::vector<dns::Question> pending_;  // of the current domain, in reverse order
  std::uint64_t domain_ = 0;
  std::uint64_t begun_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  const std::map<std::string_view, std::uint64_t*> numbers = {{"--port", &settings.port},       {"--clients", &settings.clients},
                                                              {"--depth", &settings.depth},     {"--count", &settings.count},
                                                              {"--domains", &settings.domains}, {"--first", &settings.first},
                                                              {"--pid", &settings.pid}};
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    const auto number = numbers.find(option);
    if (option == "--all") {
      settings.all = true;
    } else if (option == "--label" && i + 1 < argc) {
      settings.label = argv[++i];
    } else if (number != numbers.end() && i + 1 < argc) {
      *number->second = std::strtoull(argv[++i], nullptr, 10);
    } else {
      fmt::print(stderr, "dns_load: {}?\n", option);
      return 64;
    }
  }
  return Load(settings).run();
}
