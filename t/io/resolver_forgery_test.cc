// Protection against forged answers: ids, ports, strays, cookies.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/io/cookies.h"
#include "common/io/resolver.h"
#include "common/io/udp.h"
#include "t/io/asker.h"
#include "t/io/run.h"
#include "t/support/dns_server.h"

using namespace std::chrono_literals;
using namespace support;
using Fault = Reaction::Fault;

TEST_CASE("RFC 5452 §9.1: another id, another question or garbage is not an answer, and the right answer still counts") {
  for (const Fault fault : {Fault::wrong_id, Fault::wrong_question, Fault::garbage}) {
    CAPTURE(static_cast<int>(fault));
    Reaction followed = react(fault, kRight);
    followed.answer_follows = true;
    const DnsServer server(always(followed));
    Asker asker({at(server)});
    CHECK(asker.ask() == kRight);
    CHECK(asker.resolver.counters().strays == 1);
    CHECK(asker.resolver.counters().sent == 1);

    const DnsServer liar(always(react(fault, kRight)));
    Asker misled({at(liar)}, 60ms);
    CHECK(misled.ask_for(200ms).problem == "timed out");
    CHECK(misled.resolver.counters().strays >= 1);
  }
}

namespace {

// A silent server that records the sources of questions.
class Listener {
 public:
  Listener() {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    REQUIRE(bind(fd_, reinterpret_cast<sockaddr*>(&address_), size) == 0);
    REQUIRE(getsockname(fd_, reinterpret_cast<sockaddr*>(&address_), &size) == 0);
  }
  ~Listener() { close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] io::NameServer at() const { return {base::IpAddress::v4({127, 0, 0, 1}), ntohs(address_.sin_port)}; }
  void read_one() {
    std::array<unsigned char, 512> query{};
    sockaddr_in from{};
    socklen_t length = sizeof from;
    REQUIRE(recvfrom(fd_, query.data(), query.size(), 0, reinterpret_cast<sockaddr*>(&from), &length) > 12);
    ids.insert(query[0] << 8 | query[1]);
    ports.insert(ntohs(from.sin_port));
  }

  std::set<int> ids;
  std::set<int> ports;

 private:
  int fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address_{};
};

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace

TEST_CASE("RFC 5452 §9.2: ids and ports vary") {
  Listener listener;
  Asker asker({listener.at()});
  for (int i = 0; i < 300; ++i) {
    asker.resolver.ask(
        question("example.com"), {}, [](const dns::Answer&) {}, [] { return true; });
    listener.read_one();
  }
  CHECK(listener.ids.size() > 250);
  CHECK(listener.ports.size() >= io::UdpClient::kSockets);
}

TEST_CASE("RFC 5452 §9.2: a port is used for a bounded number of questions and a bounded time") {
  Listener listener;
  Asker asker({listener.at()});
  const auto ask_one = [&] {
    asker.resolver.ask(
        question("example.com"), {.patience = kNever}, [](const dns::Answer&) {}, [] { return true; });
    listener.read_one();
  };
  constexpr int kQuestions = 2000;
  for (int i = 0; i < kQuestions; ++i) ask_one();
  CHECK(listener.ports.size() >= kQuestions / io::UdpClient::kQuestions);

  // Later: none of the ports that were open.
  bool is_later = false;
  io::Timer timer(asker.loop, [&] { is_later = true; });
  timer.set(io::UdpClient::kLife + 100ms);
  CHECK(run_until(asker.loop, [&] { return is_later; }));
  const std::set<int> before = std::exchange(listener.ports, {});
  for (int i = 0; i < 20; ++i) ask_one();
  // The kernel may reuse closed ports; these are still open, since their questions wait.
  for (const int port : listener.ports) CHECK_FALSE(before.contains(port));
}

TEST_CASE("resolver: sockets are bounded, even if all questions wait; later questions still get one") {
  Listener listener;
  Asker asker({listener.at()});
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 9000; ++i) {
    asker.resolver.ask(
        question("n" + std::to_string(i) + ".z" + std::to_string(i % 100) + ".example"),
        {.check = static_cast<std::uint64_t>(i), .patience = kNever}, [](const dns::Answer&) {}, [] { return true; });
    listener.read_one();
  }
  CHECK(open_descriptors() - before <= io::SocketBudget::kMax);
}

// ---- an attacker who knows the port ----------------------------------------------------------------------------------------

namespace {

const dns::Answer kForged = texts({"v=spf1 +all"});

// The right answer comes only over TCP. Over UDP the attacker is faster, with this number of wrong ids and then the right one.
Reaction attacked(std::size_t guesses) {
  Reaction reaction = react(kRight);
  reaction.guesses = guesses;
  reaction.forged = kForged;
  return reaction;
}

}  // namespace

TEST_CASE("RFC 5452 §9.1: guessing ids at a known port does not succeed: after a few strays the question goes to TCP") {
  // 4,000 of 65,536 ids fill the socket's buffer. All come before the right one, as in all but 1 of 8,000 attacks.
  const DnsServer server(always(attacked(4000)));
  Asker asker({at(server)});
  for (int i = 0; i < 10; ++i) CHECK(asker.ask(question("n" + std::to_string(i) + ".example")) == kRight);
  CHECK(asker.resolver.counters().strays <= 10 * io::UdpClient::kStrays);
  CHECK(asker.resolver.counters().tcp == 10);
}

TEST_CASE("resolver: an attack on one question moves the others of its socket to TCP, and none of them is lost") {
  const DnsServer server(
      [](const dns::Question& asked, bool) { return asked.name.text() == "n0.example" ? attacked(100) : react(kRight); });
  Asker asker({at(server)});
  CHECK(asker.ask_many(200, "example") == std::vector<dns::Answer>(200, kRight));
}

TEST_CASE("resolver: forged answers while TCP does not work: a failure, not the forgery") {
  const DnsServer server(always(attacked(100)), {.tcp_refused = true});
  CHECK(Asker({at(server)}).ask_for(300ms) == dns::failure_answer("TCP failed: Connection refused", dns::Cause::local));
}

TEST_CASE("resolver: answers after the end of their question are not strays") {
  Reaction late = react(kRight);
  late.delay = 150ms;
  const DnsServer server(always(late));
  Asker asker({at(server)});
  CHECK(asker.ask_many(100, "example", 1, 1ms).size() == 100);
  bool is_later = false;
  io::Timer timer(asker.loop, [&] { is_later = true; });
  timer.set(300ms);
  CHECK(run_until(asker.loop, [&] { return is_later; }));
  CHECK(asker.resolver.counters().strays == 0);
}

// ---- cookies (RFC 7873) ----------------------------------------------------------------------------------------------------

namespace {

Reaction with_cookies(Reaction::Cookies cookies) {
  Reaction reaction = react(kRight);
  reaction.cookies = cookies;
  return reaction;
}

}  // namespace

TEST_CASE("RFC 7873 §5.3: answers without a cookie from a server that has sent one are not accepted: the question goes to TCP") {
  DnsServer server(always(with_cookies(Reaction::Cookies::known)));
  Asker asker({at(server)});
  CHECK(asker.ask() == kRight);
  CHECK(server.tcp_count() == 0);

  Reaction forgery = react(kForged);  // right id and port, but no cookie
  server.set_handler(
      [=](const dns::Question&, bool over_tcp) { return over_tcp ? with_cookies(Reaction::Cookies::known) : forgery; });
  for (int i = 0; i < 5; ++i) CHECK(asker.ask() == kRight);
  CHECK(server.tcp_count() == 5);
}

TEST_CASE("RFC 7873 §5.3: a server that no longer supports cookies shows it over TCP, and is accepted over UDP again") {
  DnsServer server(always(with_cookies(Reaction::Cookies::known)));
  Asker asker({at(server)});
  CHECK(asker.ask() == kRight);
  server.set_handler(always(with_cookies(Reaction::Cookies::unknown)));
  for (int i = 0; i < 5; ++i) CHECK(asker.ask() == kRight);
  CHECK(server.tcp_count() == 1);
}

TEST_CASE("RFC 7873 §5.3: a cookie of another client, or of an invalid length, is a stray") {
  for (const auto cookies : {Reaction::Cookies::wrong, Reaction::Cookies::wrong_length}) {
    const DnsServer server(always(with_cookies(cookies)));
    Asker asker({at(server)}, 60ms);
    CHECK(asker.ask_for(200ms).problem == "timed out");
    CHECK(asker.resolver.counters().strays > 0);
  }
}

TEST_CASE("RFC 7873 §5.3: the question is repeated with the cookie that comes with BADCOOKIE; a second one leads to TCP") {
  const DnsServer server(always(with_cookies(Reaction::Cookies::required)));
  Asker asker({at(server)});
  CHECK(asker.ask() == kRight);
  CHECK(server.count() == 2);
  CHECK(asker.ask() == kRight);
  CHECK(server.count() == 3);
  CHECK(server.tcp_count() == 0);

  const DnsServer never([](const dns::Question&, bool over_tcp) {
    return with_cookies(over_tcp ? Reaction::Cookies::unknown : Reaction::Cookies::never_right);
  });
  Asker other({at(never)});
  CHECK(other.ask() == kRight);
  CHECK(never.count() == 3);
  CHECK(never.tcp_count() == 1);
}

TEST_CASE("RFC 7873 §4: client cookies are secret: they differ for each server and for each resolver") {
  const io::CookieJar one;
  const io::CookieJar two;
  CHECK(one.cookie().size == dns::Cookie::kClientSize);
  CHECK(one.cookie().bytes != two.cookie().bytes);
}
