#include "t/support/dns_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <system_error>

#include <doctest/doctest.h>

#include "common/dns/message.h"
#include "t/support/show.h"

namespace {

using dns::ReadError;
using support::DnsServer;
using support::react;
using support::react_rcode;
using support::Reaction;
using Bytes = std::vector<std::uint8_t>;
using Fault = Reaction::Fault;
using Kind = dns::Response::Kind;

constexpr std::uint16_t kId = 77;
const dns::Question kTxt{*dns::Name::parse("Example.com"), dns::Type::txt};

// A blocking socket that is connected to the server.
class Client {
 public:
  explicit Client(const DnsServer& server, int type, int patience_ms = 10000) : fd_(socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    const timeval patience{patience_ms / 1000, (patience_ms % 1000) * 1000L};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(server.port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  void send(const Bytes& bytes) const { REQUIRE(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0); }
  // Returns one datagram, or nothing.
  [[nodiscard]] Bytes datagram() const {
    Bytes bytes(65535);
    const ssize_t size = recv(fd_, bytes.data(), bytes.size(), 0);
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }
  // Returns `count` bytes of the stream, or fewer at its end.
  [[nodiscard]] Bytes stream(std::size_t count) const {
    Bytes bytes(count);
    std::size_t got = 0;
    while (got < count) {
      const ssize_t size = recv(fd_, bytes.data() + got, count - got, 0);
      if (size <= 0) break;
      got += static_cast<std::size_t>(size);
    }
    bytes.resize(got);
    return bytes;
  }

 private:
  int fd_;
  bool connected_ = false;
};

Bytes framed(const Bytes& message) {
  Bytes out{static_cast<std::uint8_t>(message.size() >> 8), static_cast<std::uint8_t>(message.size())};
  out.insert(out.end(), message.begin(), message.end());
  return out;
}

base::Result<dns::Response, ReadError> over_udp(const DnsServer& server, const dns::Question& question = kTxt, bool edns = true) {
  const Client client(server, SOCK_DGRAM);
  client.send(dns::encode_query(question, kId, edns));
  return dns::decode_response(client.datagram(), question, kId);
}

base::Result<dns::Response, ReadError> over_tcp(const DnsServer& server, const dns::Question& question = kTxt) {
  const Client client(server, SOCK_STREAM);
  client.send(framed(dns::encode_query(question, kId, true)));
  const Bytes length = client.stream(2);
  REQUIRE(length.size() == 2);
  return dns::decode_response(client.stream(length[0] * 256U + length[1]), question, kId);
}

dns::Answer answer(const base::Result<dns::Response, ReadError>& response) {
  REQUIRE(response.ok());
  REQUIRE(response->kind == Kind::answer);
  return response->answer;
}

DnsServer::Handler always(const Reaction& reaction) {
  return [reaction](const dns::Question&, bool) { return reaction; };
}

dns::Answer text(std::string value, std::uint32_t ttl = 60) {
  dns::Answer out;
  out.ttl = ttl;
  out.texts = {std::move(value)};
  return out;
}

TEST_CASE("the tests' DNS server and the codec agree on every type, over UDP and TCP") {
  const DnsServer server([](const dns::Question& question, bool) {
    dns::Answer out;
    out.ttl = 42;
    switch (question.type) {
      case dns::Type::a: out.addresses = {*base::IpAddress::parse("192.0.2.1"), *base::IpAddress::parse("192.0.2.2")}; break;
      case dns::Type::aaaa:
        out.addresses = {*base::IpAddress::parse("2001:db8::1"), *base::IpAddress::parse("::ffff:1.2.3.4")};
        break;
      case dns::Type::mx: out.names = {"a.example", "", "?"}; break;
      case dns::Type::ns:
      case dns::Type::ptr: out.names = {"a.example", "b c.example"}; break;
      case dns::Type::spf:
      case dns::Type::txt: out.texts = {"v=spf1 -all", "", std::string(400, 'x')}; break;
    }
    Reaction reaction = react(out);
    if (question.name.text().starts_with('c')) reaction.cnames = {"one.example", "two.example"};
    reaction.unrelated = {{"unrelated.example", question.type, out}};
    reaction.additional = {{"example.com", question.type, out}};
    return reaction;
  });
  for (const auto type : {dns::Type::a, dns::Type::aaaa, dns::Type::mx, dns::Type::ptr, dns::Type::txt}) {
    for (const char* name : {"example.com", "c.example.com"}) {
      const dns::Question question{*dns::Name::parse(name), type};
      const auto got = answer(over_tcp(server, question));
      CHECK(got.addresses.size() + got.names.size() + got.texts.size() ==
            (type == dns::Type::txt || type == dns::Type::mx ? 3 : 2));
      CHECK(got.ttl == 42);
      if (type != dns::Type::txt) CHECK(answer(over_udp(server, question)) == got);
    }
  }
}

TEST_CASE("RFC 6891 §6.2.3: an answer that is too large for UDP is truncated, and complete over TCP") {
  const DnsServer server(always(react(text(std::string(800, 'x')))));
  CHECK(answer(over_udp(server)).texts[0].size() == 800);
  CHECK(over_udp(server, kTxt, false)->kind == Kind::truncated);
  DnsServer larger(always(react(text(std::string(60000, 'x')))));
  CHECK(over_udp(larger)->kind == Kind::truncated);
  CHECK(answer(over_tcp(larger)).texts[0].size() == 60000);
  CHECK(larger.count() == 2);
  CHECK(larger.count(kTxt) == 2);
  CHECK(larger.tcp_count() == 1);
  larger.forget_counts();
  CHECK(larger.asked().empty());
}

TEST_CASE("answers without records, and RCODEs") {
  dns::Answer void_answer;
  void_answer.ttl = 33;
  DnsServer server(always(react(void_answer)));
  CHECK(answer(over_udp(server)) == void_answer);
  void_answer.status = dns::Status::name_error;
  server.set_handler(always(react(void_answer)));
  CHECK(answer(over_udp(server)) == void_answer);
  server.set_handler(always(react(text("x", 0))));
  CHECK(answer(over_udp(server)).ttl == 0);
  server.set_handler(always(react_rcode(5)));
  CHECK(over_udp(server)->rcode == 5);
  server.set_handler(always(react(dns::failure_answer("any"))));
  CHECK(over_udp(server)->rcode == 2);
  Reaction old = react(text("x"));
  old.rcode = 1;
  old.rcode_only_to_edns = old.rcode_only_header = true;
  server.set_handler(always(old));
  CHECK(over_udp(server)->rcode == 1);
  CHECK(answer(over_udp(server, kTxt, false)).texts.size() == 1);
}

TEST_CASE("faults") {
  DnsServer server(always(react(Fault::wrong_id, text("x"))));
  const auto error = [&server] {
    const auto got = over_udp(server);
    REQUIRE_FALSE(got.ok());
    return got.error();
  };
  CHECK(error() == ReadError::not_ours);
  server.set_handler(always(react(Fault::wrong_question, text("x"))));
  CHECK(error() == ReadError::not_ours);
  server.set_handler(always(react(Fault::garbage)));
  CHECK(error() == ReadError::not_ours);
  server.set_handler(always(react(Fault::compression_loop)));
  CHECK(error() == ReadError::malformed);
  server.set_handler(always(react(Fault::cname_loop)));
  CHECK(answer(over_udp(server)) == dns::failure_answer("CNAME loop"));
  server.set_handler(always(react(Fault::truncated)));
  CHECK(over_udp(server)->kind == Kind::truncated);
  CHECK(over_tcp(server)->kind == Kind::truncated);

  Reaction late = react(Fault::wrong_id, text("x"));
  late.answer_follows = true;
  late.delay = std::chrono::milliseconds(20);
  server.set_handler(always(late));
  const Client client(server, SOCK_DGRAM);
  client.send(dns::encode_query(kTxt, kId, true));
  CHECK_FALSE(dns::decode_response(client.datagram(), kTxt, kId).ok());
  CHECK(dns::decode_response(client.datagram(), kTxt, kId).ok());

  server.set_handler(always(react(Fault::silence)));
  const Client impatient(server, SOCK_DGRAM, 100);
  impatient.send(dns::encode_query(kTxt, kId, true));
  CHECK(impatient.datagram().empty());
  server.set_handler(always(react(text("x"))));
  impatient.send({1, 2, 3});
  CHECK(impatient.datagram().empty());
}

TEST_CASE("faults of TCP") {
  DnsServer server(always(react(Fault::short_tcp, text("x"))));
  const auto query = framed(dns::encode_query(kTxt, kId, true));
  const Client half(server, SOCK_STREAM);
  half.send(query);
  const auto got = half.stream(1000);
  REQUIRE(got.size() > 2);
  CHECK(got.size() - 2 < got[1]);
  server.set_handler(always(react(Fault::close_tcp)));
  const Client closed(server, SOCK_STREAM);
  closed.send(query);
  CHECK(closed.stream(1).empty());

  const DnsServer refusing(always(react(text("x"))), {.tcp_refused = true});
  CHECK(answer(over_udp(refusing)).texts.size() == 1);
  CHECK_FALSE(Client(refusing, SOCK_STREAM).connected());
}

TEST_CASE("two questions in pieces on one connection; zone data with a CNAME") {
  support::ZoneData zone;
  zone.add("example.com", "CNAME", "Other.example.");
  zone.add("other.example", "SPF", "v=spf1 -all");
  const DnsServer server(zone);
  CHECK(answer(over_udp(server)).texts == std::vector<std::string>{"v=spf1 -all"});
  CHECK(answer(over_udp(server, {*dns::Name::parse("example.org"), dns::Type::a})).status == dns::Status::name_error);
  const Client client(server, SOCK_STREAM);
  const auto query = framed(dns::encode_query(kTxt, kId, false));
  Bytes both = query;
  both.insert(both.end(), query.begin(), query.end());
  for (const std::uint8_t byte : both) client.send({byte});
  for (int i = 0; i < 2; ++i) {
    const auto length = client.stream(2);
    REQUIRE(length.size() == 2);
    CHECK(answer(dns::decode_response(client.stream(length[0] * 256U + length[1]), kTxt, kId)).texts.size() == 1);
  }
  CHECK(server.address() == "127.0.0.1:" + std::to_string(server.port()));
  try {
    const DnsServer six([](const dns::Question&, bool) { return react_rcode(2); }, {.ipv6 = true});
    CHECK(six.address().starts_with("[::1]:"));
  } catch (const std::system_error&) {
    MESSAGE("this machine has no IPv6");
  }
}

}  // namespace
