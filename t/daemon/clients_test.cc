// Misbehaving clients and many clients: each client has its bounds, and the others are served.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "t/daemon/pass_zone.h"
#include "t/support/dns_server.h"
#include "t/support/sanitized.h"
#include "t/support/spfd_process.h"

namespace {

using pass_zone::kQuestion;
using pass_zone::kSlowQuestion;
using pass_zone::kZone;
using std::chrono::milliseconds;
using support::Client;
using support::parse_answer;
using support::SpfdProcess;

support::DnsServer::Handler silence() {
  return [](const dns::Question&, bool) { return support::react(support::Reaction::Fault::silence); };
}

// Waits until the counters of SIGUSR1 contain the text.
void wait_for_counter(const SpfdProcess& spfd, const std::string& text) {
  support::wait_until(text, [&] {
    const std::string before = spfd.log();
    spfd.signal(SIGUSR1);
    std::this_thread::sleep_for(milliseconds(50));
    return spfd.log().find(text, before.size()) != std::string::npos;
  });
}

// Returns whether a thread of the process is running or runnable most of the time. (Processor time would say little on a busy
// machine.)
bool spins(pid_t pid) {
  int running = 0;
  constexpr int kSamples = 60;
  for (int i = 0; i < kSamples; ++i) {
    std::this_thread::sleep_for(milliseconds(5));
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
      const std::string stat = support::slurp(task.path() / "stat");
      const std::size_t state = stat.rfind(") ");
      if (state != std::string::npos && stat[state + 2] == 'R') {
        ++running;
        break;
      }
    }
  }
  return running > kSamples / 2;
}

TEST_CASE("a silent client is closed after --idle-timeout") {
  const SpfdProcess spfd({.arguments = {"--idle-timeout", "200ms"}, .zone = std::string(kZone)});
  Client client(spfd.address());
  CHECK(client.read_to_end().empty());
  wait_for_counter(spfd, "idle-timeouts=1");
}

TEST_CASE("a slow client has --idle-timeout for the whole request, and learns that it was too slow") {
  const SpfdProcess spfd({.arguments = {"--idle-timeout", "300ms"}, .zone = std::string(kZone)});
  Client client(spfd.address());
  const auto start = std::chrono::steady_clock::now();
  while (client.send("a=1\n") && !client.is_readable(milliseconds(20))) {
    REQUIRE(std::chrono::steady_clock::now() - start < support::kPatience);
  }
  const auto answer = parse_answer(client.read_to_end());
  CHECK(answer.at("result") == "temperror");
  CHECK(answer.count("error") == 1);
}

TEST_CASE("a kept connection is closed when it is idle, not during a check") {
  const SpfdProcess spfd({.arguments = {"--idle-timeout", "400ms"}, .zone = std::string(kZone)});
  Client client(spfd.address());
  for (int i = 0; i < 8; ++i) {
    REQUIRE(client.send("keep=1\n" + std::string(kQuestion)));
    CHECK(client.read_answer().starts_with("result=pass"));
    std::this_thread::sleep_for(milliseconds(80));
  }
  CHECK(client.read_to_end().empty());
}

TEST_CASE("a check may take longer than --idle-timeout") {
  support::DnsServer dns(silence());
  const SpfdProcess spfd({.arguments = {"--nameserver", dns.address(), "--idle-timeout", "100ms", "--timeout", "800ms"}});
  Client client(spfd.address());
  client.send(kSlowQuestion);
  CHECK(client.read_to_end().starts_with("result=temperror"));
}

TEST_CASE("a client that never reads: spfd stops reading from it, uses little memory, and closes after --write-timeout") {
  const SpfdProcess spfd({.arguments = {"--write-timeout", "500ms"}, .zone = std::string(kZone)});
  const std::size_t before = spfd.resident();
  Client client(spfd.address());
  const timeval patience{10, 0};
  ::setsockopt(client.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  std::string many;
  for (int i = 0; i < 100; ++i) many += "keep=1\n" + std::string(kQuestion);
  for (int i = 0; i < 1000 && client.send(many); ++i) {}
  wait_for_counter(spfd, "write-timeouts=1");
  CHECK(spfd.resident() < before + (16U << 20U));
  CHECK(spfd.ask(kQuestion).starts_with("result=pass"));
}

TEST_CASE("parts of requests on many connections take bounded memory: the largest connections are closed, with an answer") {
  const SpfdProcess spfd({.arguments = {"--workers", "1"}, .zone = std::string(kZone)});
  Client small(spfd.address());
  small.send("keep=1\nip=192.0.2.10\n");
  const std::string half = "ip=192.0.2.10\nx=" + std::string(60000, 'x');
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 1300; ++i) {
    clients.push_back(std::make_unique<Client>(spfd.address()));
    clients.back()->send(half);
  }
  spfd.wait_for_log("the largest connections are closed");
  // A sanitizer needs several times the memory, and holds freed memory.
  CHECK(spfd.resident() < (std::size_t{support::kIsSanitized ? 1000 : 200} << 20U));
  const auto closed =
      std::find_if(clients.begin(), clients.end(), [](const auto& client) { return client->is_readable(milliseconds(0)); });
  REQUIRE(closed != clients.end());
  const auto answer = parse_answer((*closed)->read_to_end());
  CHECK(answer.at("result") == "temperror");
  CHECK(answer.at("error").find("too many bytes") != std::string::npos);
  small.send("sender=u@pass.test\n\n");
  CHECK(small.read_answer().starts_with("result=pass"));
  CHECK(spfd.ask(kQuestion).starts_with("result=pass"));
}

TEST_CASE("a client that reads late gets all answers, and no thread spins afterwards") {
  constexpr int kQuestions = 3000;
  const SpfdProcess spfd({.zone = std::string(kZone)});
  Client client(spfd.address());
  std::thread writer([&] {
    for (int i = 0; i < kQuestions; ++i) client.send("keep=1\n" + std::string(kQuestion));
  });
  std::this_thread::sleep_for(milliseconds(200));
  int right = 0;
  for (int i = 0; i < kQuestions; ++i) right += client.read_answer().starts_with("result=pass") ? 1 : 0;
  writer.join();
  CHECK(right == kQuestions);
  CHECK_FALSE(spins(spfd.pid()));
  CHECK(client.send("keep=1\n" + std::string(kQuestion)));
  CHECK(client.read_answer().starts_with("result=pass"));
}

TEST_CASE("the checks of a client that has left are dropped") {
  support::DnsServer dns(silence());
  const SpfdProcess spfd({.arguments = {"--nameserver", dns.address(), "--workers", "1"}});
  SUBCASE("after its request") {
    {
      Client client(spfd.address());
      client.send(kSlowQuestion);
      support::wait_until("the question to arrive", [&] { return dns.count() > 0; });
    }
    wait_for_counter(spfd, "running=0 dropped=1");
  }
  SUBCASE("after a half-close") {
    {
      Client client(spfd.address());
      client.send(kSlowQuestion);
      client.end_of_input();
      support::wait_until("the question to arrive", [&] { return dns.count() > 0; });
      CHECK_FALSE(client.is_readable(milliseconds(700)) /* it is still served */);
    }
    wait_for_counter(spfd, "running=0 dropped=1");
  }
  SUBCASE("with many requests in flight") {
    {
      Client client(spfd.address());
      for (int i = 0; i < 200; ++i) client.send("keep=1\n" + std::string(kSlowQuestion));
      support::wait_until("the question to arrive", [&] { return dns.count() > 0; });
    }
    wait_for_counter(spfd, "running=0 dropped=64");
  }
}

TEST_CASE("a client that leaves without reading its answer does no harm") {
  for (const bool on_tcp : {false, true}) {
    const SpfdProcess spfd({.zone = std::string(kZone), .on_tcp = on_tcp});
    for (int i = 0; i < 200; ++i) {
      Client client(spfd.address());
      if (i % 2 == 0) {
        const linger reset{1, 0};
        ::setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
      }
      client.send(i % 3 == 0 ? std::string_view("ip=192.0") : kQuestion);
    }
    CHECK(spfd.ask(kQuestion).starts_with("result=pass"));
    CHECK(spfd.is_running());
  }
}

TEST_CASE("5,000 connections at a time, and all are answered") {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t count = std::min<std::size_t>(5000, limit.rlim_cur / 2);
  const SpfdProcess spfd({.zone = std::string(kZone)});
  std::vector<std::unique_ptr<Client>> clients;
  clients.reserve(count);
  for (std::size_t i = 0; i < count; ++i) clients.push_back(std::make_unique<Client>(spfd.address()));
  wait_for_counter(spfd, " open=" + std::to_string(count));
  for (const auto& client : clients) REQUIRE(client->send(kQuestion));
  std::size_t right = 0;
  for (const auto& client : clients) right += client->read_to_end().starts_with("result=pass") ? 1U : 0U;
  CHECK(right == count);
}

TEST_CASE("more connections than descriptors: silent clients make room, and no thread spins") {
  const SpfdProcess spfd({.zone = std::string(kZone), .descriptors = 64});
  std::vector<std::unique_ptr<Client>> silent;
  silent.reserve(100);
  for (int i = 0; i < 100; ++i) silent.push_back(std::make_unique<Client>(spfd.address()));
  CHECK_FALSE(spins(spfd.pid()));
  CHECK(spfd.ask(kQuestion).starts_with("result=pass"));
  wait_for_counter(spfd, " displaced=");
  CHECK_FALSE(spins(spfd.pid()));
  // Each one counts once, though it may be chosen again while its last answer is written.
  spfd.signal(SIGUSR1);
  const std::string log = spfd.log();
  const auto at = log.rfind(" displaced=");
  CHECK(std::stoul(log.substr(at + 11)) <= 100);
}

TEST_CASE("connections leave to DNS the descriptors for its sockets, but at most a quarter of all") {
  struct Case {
    rlim_t descriptors;
    const char* workers;
    std::size_t connections;
    std::size_t for_dns;
  };
  // 128 sockets for UDP and 200 for TCP per worker; 16 descriptors for files, 2 for the listener, 4 per worker.
  for (const Case& one :
       {Case{2000, "1", 1650, 328}, Case{2000, "4", 1466, 500}, Case{200, "16", 68, 50}, Case{64, "2", 8, 32}}) {
    const SpfdProcess spfd({.arguments = {"--workers", one.workers}, .zone = std::string(kZone), .descriptors = one.descriptors});
    CHECK(spfd.log().find("at most " + std::to_string(one.connections) + " connections at a time") != std::string::npos);
    if (one.connections > 500) continue;  // more than the test itself may open
    std::vector<std::unique_ptr<Client>> silent;
    for (std::size_t i = 0; i < one.connections; ++i) silent.push_back(std::make_unique<Client>(spfd.address()));
    const auto taken = [&] {
      const std::filesystem::directory_iterator files("/proc/" + std::to_string(spfd.pid()) + "/fd");
      return static_cast<std::size_t>(std::distance(begin(files), end(files)));
    };
    // One more connection would displace another one.
    wait_for_counter(spfd, " open=" + std::to_string(one.connections));
    CHECK(taken() + one.for_dns <= one.descriptors);
  }
}

TEST_CASE("without a descriptor for a connection, accepting pauses and continues") {
  // The process has few descriptors, and the limit of connections leaves none to other uses: accept() itself fails.
  const SpfdProcess spfd({.arguments = {"--workers", "1"}, .zone = std::string(kZone), .descriptors = 20});
  std::vector<std::unique_ptr<Client>> silent;
  silent.reserve(40);
  for (int i = 0; i < 40; ++i) silent.push_back(std::make_unique<Client>(spfd.address()));
  std::this_thread::sleep_for(milliseconds(300));
  CHECK(spfd.is_running());
  silent.clear();
  CHECK(spfd.ask(kQuestion).starts_with("result=pass"));
}

TEST_CASE("many clients at a time, on all workers") {
  constexpr int kClients = 16;
  constexpr int kQuestions = 200;
  for (const bool on_tcp : {false, true}) {
    const SpfdProcess spfd({.arguments = {"--workers", "4"}, .zone = std::string(kZone), .on_tcp = on_tcp});
    std::vector<int> right(kClients);
    std::vector<std::thread> threads;
    threads.reserve(kClients);
    for (int i = 0; i < kClients; ++i) {
      threads.emplace_back([&, i] {
        for (int k = 0; k < kQuestions; ++k)
          right[static_cast<std::size_t>(i)] += spfd.ask(kQuestion).starts_with("result=pass") ? 1 : 0;
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const int count : right) CHECK(count == kQuestions);
  }
}

TEST_CASE("a zone that never answers, with ten includes per mail, makes no check of another zone fail") {
  const support::DnsServer dns([](const dns::Question& asked, bool) {
    const std::string name(asked.name.text());
    if (name.ends_with("dead.test")) return support::react(support::Reaction::Fault::silence);
    dns::Answer answer;
    answer.ttl = 300;
    std::string record = "v=spf1 ip4:192.0.2.10 -all";
    if (name.ends_with("evil.test")) {
      record = "v=spf1";
      for (int i = 0; i < 10; ++i)
        record += " include:" + name.substr(0, name.find('.')) + "x" + std::to_string(i) + ".dead.test";
    }
    if (asked.type == dns::Type::txt) answer.texts = {record};
    return support::react(std::move(answer));
  });
  const SpfdProcess spfd({.arguments = {"--nameserver", dns.address(), "--workers", "1"}});
  std::vector<std::unique_ptr<Client>> evil;
  int right = 0;
  constexpr int kRounds = 75;
  for (int round = 0; round < kRounds; ++round) {
    // 1,500 mails of the hostile domain: 15,000 DNS questions, more than a worker may have in flight.
    evil.push_back(std::make_unique<Client>(spfd.address()));
    for (int i = 0; i < 20; ++i) {
      const std::string name = "m" + std::to_string(round * 20 + i) + ".evil.test";
      evil.back()->send("keep=1\nip=192.0.2.10\nsender=u@" + name + "\n\n");
    }
    const std::string good = "g" + std::to_string(round) + ".good.test";
    right += spfd.ask("ip=192.0.2.10\nsender=u@" + good + "\n\n").starts_with("result=pass") ? 1 : 0;
  }
  CHECK(right == kRounds);
}

TEST_CASE("workers share one cache, and join a question in flight") {
  support::DnsServer dns([](const dns::Question& asked, bool) {
    dns::Answer answer;
    answer.ttl = 300;
    if (asked.type == dns::Type::txt) answer.texts = {"v=spf1 ip4:192.0.2.10 -all"};
    support::Reaction reaction = support::react(std::move(answer));
    reaction.delay = milliseconds(200);
    return reaction;
  });
  const SpfdProcess spfd({.arguments = {"--nameserver", dns.address(), "--workers", "4"}});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 32; ++i) {
    clients.push_back(std::make_unique<Client>(spfd.address()));
    clients.back()->send(kSlowQuestion);
  }
  for (const auto& client : clients) CHECK(client->read_to_end().starts_with("result=pass"));
  CHECK(spfd.ask(kSlowQuestion).starts_with("result=pass"));
  CHECK(dns.count({*dns::Name::parse("slow.test"), dns::Type::txt}) == 1);
}

}  // namespace
