#include "common/io/resolver.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "common/dns/message.h"
#include "t/io/run.h"
#include "t/support/dns_server.h"

using namespace std::chrono_literals;
using support::DnsServer;
using support::Reaction;
using support::run_until;
using Fault = support::Reaction::Fault;

namespace {

dns::Question question(const std::string& name, dns::Type type = dns::Type::txt) { return {*dns::Name::parse(name), type}; }

dns::Answer texts(std::vector<std::string> of, std::uint32_t ttl = 300) {
  dns::Answer answer;
  answer.ttl = ttl;
  answer.texts = std::move(of);
  return answer;
}

const dns::Answer kRight = texts({"v=spf1 -all"});

DnsServer::Handler always(const Reaction& reaction) {
  return [reaction](const dns::Question&, bool) { return reaction; };
}

// A port of the loopback at which nothing listens.
io::NameServer dead_server() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(fd);
  return {base::IpAddress::v4({127, 0, 0, 1}), ntohs(address.sin_port)};
}

io::NameServer at(const DnsServer& server) { return *io::parse_name_server(server.address()); }

// Waits so long that a test that waits in vain fails. Where a time-out is what is tested: kSoon.
constexpr std::chrono::milliseconds kNever = 60s;
constexpr std::chrono::milliseconds kSoon = 30ms;

struct Asker {
  explicit Asker(std::vector<io::NameServer> servers, std::chrono::milliseconds try_timeout = kNever, int tries = 3,
                 std::chrono::milliseconds tcp_timeout = kNever)
      : resolver(loop, {std::move(servers), try_timeout, tries, tcp_timeout}) {}

  dns::Answer ask(const dns::Question& asked) {
    std::optional<dns::Answer> answer;
    resolver.ask(
        asked, {}, [&](dns::Answer got) { answer = std::move(got); }, [] { return true; });
    CHECK_FALSE(answer.has_value());  // never from within the call
    REQUIRE(run_until(loop, [&] { return answer.has_value(); }));
    return *answer;
  }
  dns::Answer ask() { return ask(question("example.com")); }

  io::Loop loop;
  io::Resolver resolver;
};

}  // namespace

TEST_CASE("resolver: every type of record, no such name, no such record") {
  support::ZoneData zone;
  zone.add("example.com", "A", "192.0.2.1");
  zone.add("example.com", "AAAA", "2001:db8::1");
  zone.add("example.com", "MX", "10 mail.example.com");
  zone.add("example.com", "TXT", "v=spf1 mx -all");
  zone.add("1.2.0.192.in-addr.arpa", "PTR", "example.com");
  const DnsServer server(zone);
  Asker asker({at(server)});
  CHECK(asker.ask(question("example.com", dns::Type::a)).addresses.at(0).text() == "192.0.2.1");
  CHECK(asker.ask(question("example.com", dns::Type::aaaa)).addresses.at(0).text() == "2001:db8::1");
  CHECK(asker.ask(question("example.com", dns::Type::mx)).names.at(0) == "mail.example.com");
  CHECK(asker.ask(question("1.2.0.192.in-addr.arpa", dns::Type::ptr)).names.at(0) == "example.com");
  CHECK(asker.ask(question("example.com")).texts.at(0) == "v=spf1 mx -all");
  CHECK(asker.ask(question("nothing.example.com")).status == dns::Status::name_error);
  const dns::Answer none = asker.ask(question("example.com", dns::Type::ptr));
  CHECK(none.status == dns::Status::ok);
  CHECK(none.is_void());
  CHECK(asker.resolver.counters().sent == 7);
  CHECK(asker.resolver.counters().questions == 7);
}

TEST_CASE("resolver: over IPv6") {
  std::unique_ptr<DnsServer> server;
  try {
    server = std::make_unique<DnsServer>(always(support::react(kRight)), DnsServer::Options{.ipv6 = true});
  } catch (const std::system_error&) {
    MESSAGE("no IPv6 here");
    return;
  }
  CHECK(Asker({at(*server)}).ask() == kRight);
}

TEST_CASE("resolver: TTL 0 is an answer like others") {
  const DnsServer server(always(support::react(texts({"x"}, 0))));
  CHECK(Asker({at(server)}).ask() == texts({"x"}, 0));
}

TEST_CASE("resolver: no server listens: the next one is asked at once; without one it fails at once") {
  CHECK(Asker({dead_server()}).ask() == dns::failure_answer("no server could be reached"));
  CHECK(Asker({}).ask() == dns::failure_answer("no server could be reached"));
  const DnsServer server(always(support::react(kRight)));
  Asker asker({dead_server(), at(server)});
  for (int i = 0; i < 20; ++i) CHECK(asker.ask() == kRight);
}

TEST_CASE("resolver: many questions at once to a server that is not there: each gets its answer") {
  Asker asker({dead_server()});
  int failures = 0;
  for (int i = 0; i < 500; ++i) {
    asker.resolver.ask(
        question("n" + std::to_string(i) + ".example"), {},
        [&](const dns::Answer& answer) { failures += answer.problem == "no server could be reached" ? 1 : 0; },
        [] { return true; });
  }
  CHECK(run_until(asker.loop, [&] { return failures == 500; }));
}

TEST_CASE("resolver: silence is a time-out after all tries; the next server is asked in between") {
  const DnsServer silent(always(support::react(Fault::silence)));
  Asker alone({at(silent)}, kSoon);
  CHECK(alone.ask() == dns::failure_answer("timed out"));
  CHECK(silent.count() == 3);
  CHECK(alone.resolver.counters().timeouts == 3);
  CHECK(alone.resolver.counters().failures == 1);

  const DnsServer server(always(support::react(kRight)));
  Asker both({at(silent), at(server)}, 100ms);
  CHECK(both.ask() == kRight);
}

TEST_CASE("resolver: a datagram that was lost is sent again") {
  const auto first = std::make_shared<std::atomic<bool>>(true);
  const DnsServer server(
      [first](const dns::Question&, bool) { return support::react(*first ? Fault::silence : Fault::none, kRight); });
  Asker asker({at(server)}, 200ms);
  asker.resolver.ask(
      question("lost.example"), {}, [&](const dns::Answer&) { asker.loop.stop(); },
      [&] {
        *first = false;
        return true;
      });
  asker.loop.run();
  CHECK(server.count() >= 2);
}

TEST_CASE("resolver: a server that was silent is not the first to be asked for a while") {
  const DnsServer silent(always(support::react(Fault::silence)));
  const DnsServer server(always(support::react(kRight)));
  Asker asker({at(silent), at(server)}, 500ms);
  for (int i = 0; i < 20; ++i) CHECK(asker.ask() == kRight);
  CHECK(silent.count() < 20);
}

TEST_CASE("RFC 5452 §9.1: another id, another question or garbage is not an answer, and the right one still counts") {
  for (const Fault fault : {Fault::wrong_id, Fault::wrong_question, Fault::garbage}) {
    CAPTURE(static_cast<int>(fault));
    Reaction followed = support::react(fault, kRight);
    followed.answer_follows = true;
    const DnsServer server(always(followed));
    Asker asker({at(server)});
    CHECK(asker.ask() == kRight);
    CHECK(asker.resolver.counters().strays == 1);
    CHECK(asker.resolver.counters().sent == 1);

    const DnsServer liar(always(support::react(fault, kRight)));
    Asker misled({at(liar)}, 60ms);
    CHECK(misled.ask() == dns::failure_answer("timed out"));
    CHECK(misled.resolver.counters().strays >= 1);
  }
}

TEST_CASE("resolver: an answer that cannot be read leads to the next server, and not to a wait") {
  const DnsServer broken(always(support::react(Fault::compression_loop)));
  CHECK(Asker({at(broken)}).ask() == dns::failure_answer("answer could not be read"));
  const DnsServer server(always(support::react(kRight)));
  CHECK(Asker({at(broken), at(server)}).ask() == kRight);
}

TEST_CASE("resolver: a loop of CNAMEs is a failure at once") {
  const DnsServer server(always(support::react(Fault::cname_loop)));
  Asker asker({at(server)});
  CHECK(asker.ask().status == dns::Status::failure);
  CHECK(asker.resolver.counters().sent == 1);
}

TEST_CASE("RFC 7766 §5: what does not fit UDP comes over TCP: 49 TXT records, 60 KB of TXT") {
  std::vector<std::string> many;
  many.reserve(49);
  for (int i = 0; i < 49; ++i) many.push_back(std::to_string(i) + std::string(80, 'x'));
  const dns::Answer big = texts({std::string(60000, 'y')});
  const DnsServer server(
      [&](const dns::Question& asked, bool) { return support::react(asked.name.text() == "many.example" ? texts(many) : big); });
  Asker asker({at(server)});
  CHECK(asker.ask(question("many.example")) == texts(many));
  CHECK(asker.ask(question("big.example")) == big);
  CHECK(server.tcp_count() == 2);
  CHECK(asker.resolver.counters().tcp == 2);
}

TEST_CASE("resolver: many questions over TCP at once all get an answer, beyond the limit a failure") {
  const dns::Answer big = texts({std::string(3000, 'y')});
  const DnsServer server(always(support::react(big)));
  Asker asker({at(server)}, 1s);  // so many datagrams at once may get lost
  int answers = 0;
  int failures = 0;
  constexpr int kQuestions = 400;
  for (int i = 0; i < kQuestions; ++i) {
    asker.resolver.ask(
        question("n" + std::to_string(i) + ".example"), {},
        [&](const dns::Answer& answer) { ++(answer == big ? answers : failures); }, [] { return true; });
  }
  CHECK(run_until(asker.loop, [&] { return answers + failures == kQuestions; }));
  CHECK(answers >= static_cast<int>(io::Resolver::kMaxTcp));
}

TEST_CASE("resolver: truncated over TCP too, TCP refused, cut off, closed or silent: the next server, then a failure") {
  const dns::Answer big = texts({std::string(3000, 'y')});
  const DnsServer good(always(support::react(big)));
  const auto check = [&](const DnsServer& bad, const std::string& problem) {
    const dns::Answer alone = Asker({at(bad)}, kNever, 3, kNever).ask();
    CHECK(alone.status == dns::Status::failure);
    CHECK(alone.problem == problem);
    CHECK(Asker({at(bad), at(good)}).ask() == big);
  };
  check(DnsServer(always(support::react(Fault::truncated))), "truncated over TCP too");
  check(DnsServer(always(support::react(big)), {.tcp_refused = true}), "truncated, and TCP failed: Connection refused");
  check(DnsServer(always(support::react(Fault::short_tcp, big))), "truncated, and TCP failed: connection closed");
  check(DnsServer(always(support::react(Fault::close_tcp, big))), "truncated, and TCP failed: connection closed");

  const auto silent_tcp = [&](const dns::Question&, bool over_tcp) {
    return support::react(over_tcp ? Fault::silence : Fault::none, big);
  };
  const DnsServer silent(silent_tcp);
  CHECK(Asker({at(silent)}, kNever, 3, kSoon).ask() == dns::failure_answer("truncated, and TCP failed: timed out"));
  CHECK(silent.tcp_count() == 1);
  CHECK(Asker({at(silent), at(good)}, kNever, 3, 500ms).ask() == big);

  const DnsServer refuses_tcp(
      [&](const dns::Question&, bool over_tcp) { return over_tcp ? support::react_rcode(5) : support::react(big); });
  check(refuses_tcp, "REFUSED");
  const DnsServer wrong_tcp(
      [&](const dns::Question&, bool over_tcp) { return support::react(over_tcp ? Fault::wrong_id : Fault::none, big); });
  check(wrong_tcp, "truncated, and TCP failed: answer could not be read");
}

TEST_CASE("resolver: SERVFAIL and REFUSED lead to the next server, then to a failure that names them") {
  const DnsServer good(always(support::react(kRight)));
  const DnsServer silent(always(support::react(Fault::silence)));
  for (const unsigned rcode : {2U, 5U, 1U}) {
    const std::string name = dns::rcode_name(static_cast<int>(rcode));
    CAPTURE(name);
    const DnsServer bad(always(support::react_rcode(rcode)));
    Asker alone({at(bad)});
    CHECK(alone.ask() == dns::failure_answer(name));
    CHECK(alone.resolver.counters().sent <= 2);
    CHECK(Asker({at(bad), at(good)}).ask() == kRight);
    // A server that says nothing does not make the failure less certain.
    Asker with_silent({at(silent), at(bad)}, 100ms, 8);
    CHECK(with_silent.ask() == dns::failure_answer(name));
    CHECK(with_silent.resolver.counters().timeouts < 8);
  }
}

TEST_CASE("RFC 6891 §7: a server that does not understand EDNS0 is asked without it, and from then on for a while") {
  for (const unsigned rcode : {1U, 4U}) {
    for (const bool only_header : {false, true}) {
      CAPTURE(rcode);
      CAPTURE(only_header);
      Reaction reaction = support::react(kRight);
      reaction.rcode = rcode;
      reaction.rcode_only_to_edns = true;
      reaction.rcode_only_header = only_header;
      const DnsServer server(always(reaction));
      Asker asker({at(server)});
      CHECK(asker.ask() == kRight);
      CHECK(server.count() == 2);
      CHECK(asker.ask(question("example.org")) == kRight);
      CHECK(server.count() == 3);
    }
  }
}

TEST_CASE("resolver: FORMERR to one odd question does not switch EDNS0 off") {
  const dns::Answer long_answer = texts({std::string(900, 'x')});  // without EDNS0 it would take TCP
  const DnsServer server([&](const dns::Question& asked, bool) {
    return asked.name.text() == "odd.example" ? support::react_rcode(1) : support::react(long_answer);
  });
  Asker asker({at(server)});
  CHECK(asker.ask(question("odd.example")) == dns::failure_answer("FORMERR"));
  CHECK(server.count() == 2);
  CHECK(asker.ask() == long_answer);
  CHECK(server.tcp_count() == 0);
}

TEST_CASE("resolver: a question that nobody wants any more is not sent again, and does not call back") {
  const DnsServer silent(always(support::react(Fault::silence)));
  Asker asker({at(silent)}, kSoon);
  bool asked_whether = false;
  bool called = false;
  asker.resolver.ask(
      question("example.com"), {}, [&](const dns::Answer&) { called = true; },
      [&] {
        asked_whether = true;
        return false;
      });
  CHECK(run_until(asker.loop, [&] { return asked_whether; }));
  CHECK(asker.ask(question("other.example")) == dns::failure_answer("timed out"));
  CHECK_FALSE(called);
  CHECK(silent.count(question("example.com")) == 1);
}

TEST_CASE("resolver: a resolver that goes away calls nobody") {
  const DnsServer silent(always(support::react(Fault::silence)));
  io::Loop loop;
  auto resolver = std::make_unique<io::Resolver>(loop, io::ResolverOptions{.servers = {at(silent)}});
  auto empty = std::make_unique<io::Resolver>(loop, io::ResolverOptions{});
  const auto never = [](const dns::Answer&) { FAIL("called"); };
  for (int i = 0; i < 100; ++i) {
    resolver->ask(question("n" + std::to_string(i) + ".example"), {}, never, [] { return true; });
    empty->ask(question("n" + std::to_string(i) + ".example"), {}, never, [] { return true; });
  }
  resolver.reset();
  empty.reset();
  bool turned = false;
  loop.post([&] { turned = true; });
  CHECK(run_until(loop, [&] { return turned; }));
}

TEST_CASE("resolver: questions beyond the limit in flight fail at once") {
  const DnsServer silent(always(support::react(Fault::silence)));
  Asker asker({at(silent)});
  std::size_t failed = 0;
  const auto ask = [&](const std::string& name) {
    asker.resolver.ask(
        question(name), {},
        [&](const dns::Answer& answer) {
          CHECK(answer == dns::failure_answer("too many questions in flight", dns::Cause::local));
          ++failed;
        },
        [] { return true; });
  };
  for (std::size_t i = 0; i < io::Resolver::kMaxInFlight; ++i) ask("n" + std::to_string(i) + ".example");
  for (int i = 0; i < 50; ++i) ask("more" + std::to_string(i) + ".example");
  CHECK(run_until(asker.loop, [&] { return failed == 50; }));
}

TEST_CASE("resolver: without descriptors a question fails at once, or takes a socket that is there; later all is well") {
  const DnsServer server(always(support::react(kRight)));
  Asker asker({at(server)});
  Asker warm({at(server)});
  CHECK(warm.ask() == kRight);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  none.rlim_cur = 3;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const dns::Answer failed = asker.ask();
  std::vector<dns::Answer> reused;
  reused.reserve(200);
  for (int i = 0; i < 200; ++i) reused.push_back(warm.ask());
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(failed == dns::failure_answer("no socket: Too many open files"));
  CHECK(reused == std::vector<dns::Answer>(200, kRight));
  CHECK(asker.ask() == kRight);
}

namespace {

// A server that says nothing and notes where questions come from.
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
  CHECK(listener.ports.size() >= 5);  // 300 questions at 64 a socket
}

TEST_CASE("resolver: a port that gets no answers is given up, since the host may have lost the address of its socket") {
  Listener listener;
  Asker asker({listener.at()}, 1ms, 1);
  for (int i = 0; i < 60; ++i) {
    CHECK(asker.ask() == dns::failure_answer("timed out"));
    listener.read_one();
  }
  CHECK(listener.ports.size() >= 5);
}

TEST_CASE("resolver: addresses of name servers") {
  const auto text = [](std::string_view from) -> std::string {
    const auto server = io::parse_name_server(from);
    return server ? server->address.text() + " " + std::to_string(server->port) : server.error();
  };
  CHECK(text("192.0.2.1") == "192.0.2.1 53");
  CHECK(text("192.0.2.1:5353") == "192.0.2.1 5353");
  CHECK(text("2001:db8::1") == "2001:db8::1 53");
  CHECK(text("[2001:db8::1]") == "2001:db8::1 53");
  CHECK(text("[2001:db8::1]:5353") == "2001:db8::1 5353");
  CHECK(text("") == "not an IP address: ");
  CHECK(text("dns.example") == "not an IP address: dns.example");
  CHECK(text("dns.\nexample") == "not an IP address: dns.?example");
  CHECK(text("192.0.2.1:") == "not a port: ");
  CHECK(text("192.0.2.1:0") == "not a port: 0");
  CHECK(text("192.0.2.1:65536") == "not a port: 65536");
  CHECK(text("[2001:db8::1") == "']' is missing");
  CHECK(text("[2001:db8::1]53") == "':' is missing behind ']'");
  CHECK(text("[2001:db8::1]:") == "not a port: ");
  CHECK_FALSE(io::system_name_servers().empty());
}
