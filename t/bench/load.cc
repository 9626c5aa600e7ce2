// Load for a spfd on a UNIX socket: N clients, a bounded number of questions, every result checked; prints one JSON line.
//
//   load --socket PATH --clients N --count N [--keep [--depth N [--batch]]] [--domains N] [--first N] [--pid PID] [--bare]
//   [--rate N]
//
// Without --keep each question has a connection of its own, half-closed behind the question as Exim does it. With it, connections
// stay, and --depth questions are in flight on each; with --batch the next are asked when all are answered. --first: number of
// the first domain, so that a run can ask new ones.
// --bare: the server is bare_server, whose result is "bare". --pid: the server's CPU time is measured. --rate: questions a second
// that are begun, all clients together; 0 is as many as go.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "t/bench/world.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
  std::string socket;
  unsigned clients = 8;
  std::uint64_t count = 10000;
  bool keep = false;
  unsigned depth = 1;
  bool batch = false;
  std::uint64_t domains = 1000;
  std::uint64_t first = 0;
  int pid = 0;
  bool bare = false;
  double rate = 0;
};

struct Asked {
  std::uint64_t number = 0;
  Clock::time_point at;
};

struct Client {
  int fd = -1;
  std::string in;
  std::deque<Asked> asked;
};

// user + system seconds of a process.
double cpu_seconds(int pid) {
  if (pid == 0) return 0;
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(file, line);
  std::istringstream fields(line.substr(line.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

class Load {
 public:
  explicit Load(const Settings& settings) : settings_(settings), clients_(settings.clients), epoll_(epoll_create1(0)) {}

  int run() {
    const double cpu_before = cpu_seconds(settings_.pid);
    start_ = Clock::now();
    for (auto& client : clients_) {
      if (!begin(client)) return 1;
    }
    std::array<epoll_event, 256> events{};
    while (done_ < settings_.count && errors_ == 0) {
      const int n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 5000);
      if (n <= 0) return fail("no answer for 5 seconds");
      for (int i = 0; i < n; ++i) serve(clients_[events[static_cast<std::size_t>(i)].data.u32]);
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    const double cpu = cpu_seconds(settings_.pid) - cpu_before;
    std::sort(latencies_.begin(), latencies_.end());
    const auto quantile = [&](double q) {
      return latencies_.empty() ? 0.0
                                : latencies_[static_cast<std::size_t>(q * static_cast<double>(latencies_.size() - 1))] * 1e6;
    };
    fmt::print(
        "{{\"questions\": {}, \"wrong\": {}, \"seconds\": {:.4f}, \"rate\": {:.0f}, \"cpu_us\": {:.3f}, \"p50_us\": {:.1f}, "
        "\"p99_us\": "
        "{:.1f}, \"p999_us\": {:.1f}}}\n",
        done_, wrong_, seconds, static_cast<double>(done_) / seconds, cpu * 1e6 / static_cast<double>(done_), quantile(0.5),
        quantile(0.99), quantile(0.999));
    return errors_ == 0 && wrong_ == 0 ? 0 : 1;
  }

 private:
  int fail(const std::string& why) {
    fmt::print(stderr, "load: {}\n", why);
    ++errors_;
    return 1;
  }

  // Connects and asks the first questions.
  bool begin(Client& client) {
    client.fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, settings_.socket.c_str(), sizeof address.sun_path - 1);
    if (client.fd < 0 || connect(client.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      fail(fmt::format("connect: {}", std::strerror(errno)));
      return false;
    }
    fcntl(client.fd, F_SETFL, O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = static_cast<std::uint32_t>(&client - clients_.data());
    epoll_ctl(epoll_, EPOLL_CTL_ADD, client.fd, &event);
    ask(client);
    if (!settings_.keep) shutdown(client.fd, SHUT_WR);
    return true;
  }

  void ask(Client& client) {
    std::string out;
    const unsigned depth = settings_.keep ? settings_.depth : 1;
    while (client.asked.size() < depth && begun_ < settings_.count) {
      pace();
      const std::uint64_t number = settings_.first + begun_ % settings_.domains;
      ++begun_;
      out += fmt::format("ip={}\nhelo=mail.bench.example\nsender=user@{}\n{}\n", bench::kClient, bench::domain(number),
                         settings_.keep ? "keep=1\n" : "");
      client.asked.push_back({number, Clock::now()});
    }
    if (!out.empty() && write(client.fd, out.data(), out.size()) != static_cast<ssize_t>(out.size())) fail("short write");
  }

  void pace() const {
    if (settings_.rate <= 0) return;
    const auto due = start_ + std::chrono::duration_cast<Clock::duration>(
                                  std::chrono::duration<double>(static_cast<double>(begun_) / settings_.rate));
    while (Clock::now() < due) {}
  }

  void serve(Client& client) {
    std::array<char, 65536> buffer{};
    const ssize_t n = read(client.fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EAGAIN) return;
    if (n > 0) {
      client.in.append(buffer.data(), static_cast<std::size_t>(n));
      for (auto end = client.in.find("\n\n"); end != std::string::npos; end = client.in.find("\n\n")) {
        take(client, std::string_view(client.in).substr(0, end + 1));
        client.in.erase(0, end + 2);
      }
      if (settings_.keep && errors_ == 0 && !(settings_.batch && !client.asked.empty())) ask(client);
      return;
    }
    close(client.fd);
    if (!client.asked.empty()) fail("the connection ended before the answer");
    client = Client{};
    if (begun_ < settings_.count && errors_ == 0) begin(client);
  }

  void take(Client& client, std::string_view answer) {
    if (client.asked.empty()) {
      fail("an answer without question");
      return;
    }
    const Asked asked = client.asked.front();
    client.asked.pop_front();
    const std::string wanted = fmt::format("result={}\n", settings_.bare ? "bare" : bench::expected_result(asked.number));
    if (!answer.starts_with(wanted)) {
      if (wrong_++ == 0)
        fmt::print(stderr, "load: {} wanted {}, got {}\n", bench::domain(asked.number), wanted, answer.substr(0, 200));
    }
    latencies_.push_back(std::chrono::duration<double>(Clock::now() - asked.at).count());
    ++done_;
  }

  const Settings& settings_;
  std::vector<Client> clients_;
  int epoll_;
  Clock::time_point start_;
  std::uint64_t begun_ = 0;
  std::uint64_t done_ = 0;
  std::uint64_t wrong_ = 0;
  int errors_ = 0;
  std::vector<double> latencies_;
};

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("load for spfd");
  app.add_option("--socket", settings.socket)->required();
  app.add_option("--clients", settings.clients);
  app.add_option("--count", settings.count);
  app.add_flag("--keep", settings.keep);
  app.add_option("--depth", settings.depth);
  app.add_flag("--batch", settings.batch);
  app.add_option("--domains", settings.domains);
  app.add_option("--first", settings.first);
  app.add_option("--pid", settings.pid);
  app.add_flag("--bare", settings.bare);
  app.add_option("--rate", settings.rate);
  CLI11_PARSE(app, argc, argv);
  return Load(settings).run();
}
