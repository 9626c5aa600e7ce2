// Load for an SPF checker on a UNIX socket: N clients, a bounded number of requests, every result checked. Prints one JSON line.
//
//   load --socket PATH [--dialect NAME] [--label TEXT] --clients N --count N [--keep [--depth N [--batch]]] [--domains N]
//        [--first N] [--wide N [--skip N]] [--domain NAME --result WORD] [--pid PID] [--rate N] [--retry]
//        [--slow]
//
// Without --keep each request has its own connection, half-closed after the request in Exim's way. With --keep connections stay
// open, with --depth requests in flight on each; with --batch the next requests are sent when all are answered. --first: number
// of the first domain, so that a run can use domains that are not cached. --wide: senders of a wide world with this number of
// domains, by Zipf's law, without the --skip first ones. --domain: only this domain. --pid: the CPU time of this server is
// measured. --rate: requests per second, started even if no client is free; the latency counts from that time. 0: as many as
// possible. --retry: a connection that ends before the answer does not end the run; its requests are sent once more
// on a new connection, as Postfix does. "again" counts these requests, and "lost" those that fail twice. --slow: the domains of
// the slow zone.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>

#include "common/options/command_line.h"
#include "common/options/fields.h"
#include "t/bench/dialect.h"
#include "t/bench/tally.h"
#include "t/bench/wide_world.h"
#include "t/bench/world.h"

namespace {

using Clock = bench::Tally::Clock;

constexpr std::uint64_t kSeed = 20;

struct Settings {
  std::string socket;
  std::string dialect = "spfd";
  std::string label;
  unsigned clients = 8;
  std::uint64_t count = 10000;
  bool keep = false;
  unsigned depth = 1;
  bool batch = false;
  std::uint64_t domains = 1000;
  std::uint64_t first = 0;
  std::uint64_t wide = 0;
  std::uint64_t skip = 0;
  std::string domain;
  std::string result;
  int pid = 0;
  double rate = 0;
  bool retry = false;
  bool slow = false;
};

options::Problem set_rate(Settings& settings, const options::Values& values) {
  const std::string& text = values.back();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), settings.rate);
  if (error == std::errc() && end == text.data() + text.size()) return {};
  return text + " is not a number";
}

using options::Kind;
constexpr unsigned long kMost = 4'294'967'295;
constexpr unsigned long kMostPid = 2'147'483'647;
constexpr options::RowOf<Settings> kRows[] = {
    {{.name = "socket"}, options::kText<&Settings::socket>},
    {{.name = "dialect"}, options::kText<&Settings::dialect>},
    {{.name = "label"}, options::kText<&Settings::label>},
    {{.name = "clients", .kind = Kind::number}, options::kNumber<0, kMost, &Settings::clients>},
    {{.name = "count", .kind = Kind::number}, options::kNumber<0, kMost, &Settings::count>},
    {{.name = "keep", .kind = Kind::flag}, options::kTruth<&Settings::keep>},
    {{.name = "depth", .kind = Kind::number}, options::kNumber<0, kMost, &Settings::depth>},
    {{.name = "batch", .kind = Kind::flag}, options::kTruth<&Settings::batch>},
    {{.name = "domains", .kind = Kind::number}, options::kNumber<0, kMost, &Settings::domains>},
    {{.name = "first", .kind = Kind::number}, options::kNumber<0, kMost, &Settings::first>},
    {{.name = "wide", .kind = Kind::number}, options::kNumber<0, kMost, &Settings::wide>},
    {{.name = "skip", .kind = Kind::number}, options::kNumber<0, kMost, &Settings::skip>},
    {{.name = "domain"}, options::kText<&Settings::domain>},
    {{.name = "result"}, options::kText<&Settings::result>},
    {{.name = "pid", .kind = Kind::number}, options::kNumber<0, kMostPid, &Settings::pid>},
    {{.name = "rate"}, {set_rate}},
    {{.name = "retry", .kind = Kind::flag}, options::kTruth<&Settings::retry>},
    {{.name = "slow", .kind = Kind::flag}, options::kTruth<&Settings::slow>},
};

struct Asked {
  std::uint64_t number = 0;
  Clock::time_point at;
  bool again = false;
};

struct Client {
  int fd = -1;
  bool has_ended = false;  // the server has closed
  std::string in;
  std::deque<Asked> asked;
};

class Load {
 public:
  Load(const Settings& settings, const bench::Dialect& dialect)
      : settings_(settings),
        dialect_(dialect),
        clients_(settings.clients),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        tally_(settings.pid) {
    if (!settings.domain.empty()) {
      checks_.push_back({settings.domain, std::string(bench::kClient), settings.result});
    } else if (settings.wide > 0) {
      bench::Senders senders(settings.wide, kSeed);
      for (std::uint64_t i = 0; i < settings.skip; ++i) senders.next();
      for (std::uint64_t i = 0; i < settings.count; ++i) checks_.push_back(bench::wide_check(senders.next()));
    } else {
      for (std::uint64_t i = 0; i < std::min(settings.domains, settings.count); ++i)
        checks_.push_back(bench::check(settings.first + i));
    }
    for (bench::Check& check : checks_) {
      if (settings.slow) check.domain.replace(check.domain.size() - bench::kZone.size(), bench::kZone.size(), bench::kSlowZone);
    }
  }

  int run() {
    tally_.start();
    std::array<epoll_event, 256> events{};
    while (tally_.done() + tally_.lost_count() < settings_.count && errors_ == 0) {
      // The start rotates, so that no client has to wait for the others.
      for (std::size_t i = 0; i < clients_.size() && (is_due() || !again_.empty()) && errors_ == 0; ++i)
        fill(clients_[next_++ % clients_.size()]);
      if (errors_ != 0) break;
      const int n = wait(events);
      if (n < 0) return fail("no answer for 10 seconds");
      for (int i = 0; i < n && errors_ == 0; ++i) serve(clients_[events[static_cast<std::size_t>(i)].data.u32]);
    }
    tally_.stop();
    fmt::print("{}\n", tally_.json(settings_.label));
    return errors_ == 0 && tally_.wrong_count() == 0 && tally_.lost_count() == 0 ? 0 : 1;
  }

 private:
  int fail(const std::string& why) {
    fmt::print(stderr, "load: {}: {}\n", settings_.label.empty() ? settings_.socket : settings_.label, why);
    ++errors_;
    return 1;
  }

  [[nodiscard]] Clock::time_point due() const {
    return tally_.started() + std::chrono::duration_cast<Clock::duration>(
                                  std::chrono::duration<double>(static_cast<double>(begun_) / settings_.rate));
  }
  [[nodiscard]] bool is_due() const { return begun_ < settings_.count && (settings_.rate <= 0 || Clock::now() >= due()); }

  // Returns the number of events, or -1 if the server is silent for too long.
  int wait(std::array<epoll_event, 256>& events) {
    auto longest = std::chrono::nanoseconds(std::chrono::seconds(10));
    const bool waits_for_time = settings_.rate > 0 && begun_ < settings_.count;
    if (waits_for_time)
      longest = std::clamp(std::chrono::nanoseconds(due() - Clock::now()), std::chrono::nanoseconds(0), longest);
    // All clients may be busy when the next request is due: then it waits for an answer.
    if (waits_for_time && longest.count() == 0) longest = std::chrono::milliseconds(1);
    const timespec time{longest.count() / 1'000'000'000, longest.count() % 1'000'000'000};
    const int n = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &time, nullptr);
    return n == 0 && !waits_for_time ? -1 : n;
  }

  bool connect_to_server(Client& client) {
    client.fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, settings_.socket.c_str(), sizeof address.sun_path - 1);
    int problem = connect(client.fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    // A server that has just started may not listen yet.
    for (int i = 0; i < 1000 && problem != 0 && errno == ECONNREFUSED && tally_.done() == 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      problem = connect(client.fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
    if (client.fd < 0 || problem != 0) {
      fail(fmt::format("connect: {}", std::strerror(errno)));
      return false;
    }
    fcntl(client.fd, F_SETFL, O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = static_cast<std::uint32_t>(&client - clients_.data());
    epoll_ctl(epoll_, EPOLL_CTL_ADD, client.fd, &event);
    return true;
  }

  // Sends the requests that this client may send now.
  void fill(Client& client) {
    const unsigned depth = settings_.keep ? settings_.depth : 1;
    if (settings_.batch && !client.asked.empty()) return;
    if (client.asked.size() >= depth || (!settings_.keep && client.fd >= 0)) return;
    std::string out;
    // A repetition needs a new connection, as Postfix makes one: another kept one may lead to the same dead server.
    for (; client.fd < 0 && client.asked.size() < depth && !again_.empty(); again_.pop_front()) {
      out += dialect_.question(checks_[again_.front().number % checks_.size()], again_.front().number, settings_.keep);
      client.asked.push_back(again_.front());
    }
    while (client.asked.size() < depth && is_due()) {
      const auto at = settings_.rate > 0 ? due() : Clock::now();
      out += dialect_.question(checks_[begun_ % checks_.size()], begun_, settings_.keep);
      client.asked.push_back({begun_++, at});
    }
    if (out.empty() || (client.fd < 0 && !connect_to_server(client))) return;
    const bool is_written = send(client.fd, out.data(), out.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(out.size());
    if (!is_written && !settings_.retry) fail("short write");
    if (!settings_.keep && dialect_.server_closes) shutdown(client.fd, SHUT_WR);
  }

  void serve(Client& client) {
    std::array<char, 65536> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    const ssize_t n = read(client.fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EAGAIN) return;
    if (n > 0) client.in.append(buffer.data(), static_cast<std::size_t>(n));
    client.has_ended = n <= 0;
    take_answers(client);
    if (client.has_ended || (!settings_.keep && !dialect_.server_closes && client.asked.empty())) {
      close(client.fd);
      if (!client.asked.empty()) ask_again(client);
      client.fd = -1;
      client.in.clear();
    }
    if (errors_ == 0) fill(client);
  }

  // The connection has ended before its last answers.
  void ask_again(Client& client) {
    if (!settings_.retry) {
      fail("the connection ended before the answer");
      return;
    }
    for (Asked& asked : client.asked) {
      if (asked.again) {
        tally_.lost();
      } else {
        tally_.again();
        asked.again = true;
        again_.push_back(asked);
      }
    }
    client.asked.clear();
  }

  void take_answers(Client& client) {
    std::size_t taken = 0;
    const std::string_view in = client.in;
    for (;;) {
      const std::size_t size = dialect_.answer_size(in.substr(taken), client.has_ended);
      if (size == 0) break;
      if (client.asked.empty()) {
        fail("an answer without question");
        return;
      }
      take(client.asked.front(), in.substr(taken, size));
      client.asked.pop_front();
      taken += size;
    }
    client.in.erase(0, taken);
  }

  void take(const Asked& asked, std::string_view answer) {
    const bench::Check& check = checks_[asked.number % checks_.size()];
    if (!dialect_.says(answer, check.result)) {
      if (tally_.wrong_count() == 0) {
        fmt::print(stderr, "load: {} {}: {} wanted, got {}\n", settings_.label, check.domain, check.result,
                   answer.substr(0, 200));
      }
      tally_.wrong();
    }
    tally_.answered(Clock::now() - asked.at);
  }

  const Settings& settings_;
  const bench::Dialect& dialect_;
  std::vector<bench::Check> checks_;
  std::vector<Client> clients_;
  int epoll_;
  bench::Tally tally_;
  std::size_t next_ = 0;     // the first client of the next round
  std::deque<Asked> again_;  // requests to be sent once more
  std::uint64_t begun_ = 0;
  int errors_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  const options::Rows& rows = options::rows_of<kRows>();
  const auto line = options::read_command_line(rows, std::vector<std::string>(argv + 1, argv + argc));
  options::Problem problem = line.error;
  for (const options::Setting& setting : line.settings) {
    if (!problem) problem = setting.row == nullptr ? setting.place + ": a stray word" : options::apply(setting, settings);
  }
  if (!problem && settings.socket.empty()) problem = "--socket is missing";
  if (problem) {
    fmt::print(stderr, "load: {}\n", *problem);
    return 64;
  }
  const bench::Dialect* const dialect = bench::find_dialect(settings.dialect);
  if (dialect == nullptr || settings.clients == 0 || settings.domains == 0) {
    fmt::print(stderr, "load: no such dialect, or no client, or no domain\n");
    return 64;
  }
  prctl(PR_SET_TIMERSLACK, 1);  // nanoseconds: requests start on time
  return Load(settings, *dialect).run();
}
