// A request whose DNS answers are cached allocates nothing, from its first byte to its answer and its log line. (Errors and
// records with macros may allocate: they build sentences and names.)
#include <doctest/doctest.h>
#include <event2/event.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>

#include "common/io/cache.h"
#include "common/io/driver.h"
#include "spfd/config/options.h"
#include "spfd/connection.h"
#include "spfd/make_snapshot.h"
#include "t/support/heap.h"

namespace {

class Owner final : public spfd::ConnectionOwner {
 public:
  void connection_ended(spfd::Connection& /*connection*/) noexcept override { has_ended = true; }
  bool has_ended = false;
};

// Discards the log after it was formatted.
class QuietLog {
 public:
  QuietLog() : saved_(::dup(STDERR_FILENO)) {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(nowhere, STDERR_FILENO);
    ::close(nowhere);
  }
  ~QuietLog() {
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
  }
  QuietLog(const QuietLog&) = delete;
  QuietLog& operator=(const QuietLog&) = delete;

 private:
  int saved_;
};

// A connection to a worker without a thread.
class Connection {
 public:
  Connection() {
    spfd::Options options;
    options.in_force.policy.hostname = "mx.example.org";
    auto made = spfd::make_snapshot(options);
    REQUIRE(made);
    shared_.snapshot = *made;
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    client_ = ends[0];
    connection_ = std::make_unique<spfd::Connection>(shared_, owner_, 1, io::Descriptor(ends[1]), protocol::Door::query);
    connection_->start();
    REQUIRE_FALSE(connection_->has_ended());
  }
  ~Connection() { ::close(client_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void know(std::string_view name, dns::Type type, const dns::Answer& answer) {
    cache_->complete({*dns::Name::parse(name), type}, answer, io::Cache::Clock::now());
  }

  // Returns the number of bytes of the answers.
  std::size_t ask(std::string_view questions) {
    REQUIRE(::write(client_, questions.data(), questions.size()) == static_cast<ssize_t>(questions.size()));
    // Twice, because the requests may need more than one turn.
    for (int i = 0; i < 2; ++i) event_base_loop(loop_.base(), EVLOOP_NONBLOCK);
    std::size_t size = 0;
    for (ssize_t got = 0; (got = ::read(client_, buffer_.data() + size, buffer_.size() - size)) > 0;)
      size += static_cast<std::size_t>(got);
    return size;
  }
  [[nodiscard]] std::string_view answers(std::size_t size) const { return {buffer_.data(), size}; }

 private:
  QuietLog quiet_;
  io::Loop loop_;
  std::shared_ptr<io::Cache> cache_ = std::make_shared<io::Cache>(1U << 20U);
  io::Driver driver_{loop_, cache_, io::ResolverOptions{}};
  spfd::Shared shared_{.loop = loop_, .driver = driver_, .snapshot = nullptr, .spare = {.input = std::vector<char>(16384)}};
  Owner owner_;
  int client_ = -1;
  std::unique_ptr<spfd::Connection> connection_;
  std::array<char, 65536> buffer_{};
};

dns::Answer text(std::string record) {
  dns::Answer answer;
  answer.ttl = 86400;
  answer.texts.push_back(std::move(record));
  return answer;
}

dns::Answer address(std::string_view text) {
  dns::Answer answer;
  answer.ttl = 86400;
  answer.addresses.push_back(*base::IpAddress::parse(text));
  return answer;
}

std::string question(std::string_view ip, std::string_view domain) {
  return "ip=" + std::string(ip) + "\nhelo=mail.example.com\nsender=a.rather.long.local.part@" + std::string(domain) +
         "\nkeep=1\n\n";
}

}  // namespace

TEST_CASE("a warm request allocates nothing") {
  Connection connection;
  connection.know("example.com", dns::Type::txt, text("v=spf1 ip4:198.51.100.0/24 include:shared.example.net a mx ~all"));
  connection.know("shared.example.net", dns::Type::txt, text("v=spf1 ip4:203.0.113.0/25 ip6:2001:db8::/48 -all"));
  connection.know("example.com", dns::Type::a, address("192.0.2.10"));
  dns::Answer hosts;
  hosts.ttl = 86400;
  hosts.names = {"mail.example.com"};
  connection.know("example.com", dns::Type::mx, hosts);
  connection.know("mail.example.com", dns::Type::a, address("192.0.2.20"));
  connection.know("fails.example.com", dns::Type::txt, text("v=spf1 redirect=example.org"));
  dns::Answer nothing;
  nothing.status = dns::Status::name_error;
  nothing.ttl = 86400;
  connection.know("nothing.example.com", dns::Type::txt, nothing);
  connection.know("example.com", dns::Type::aaaa, address("2001:db8:1::1"));
  connection.know("mail.example.com", dns::Type::aaaa, address("2001:db8:1::1"));
  connection.know("example.org", dns::Type::txt, text("v=spf1 ip4:198.51.100.0/24 -all"));

  struct Case {
    const char* name;
    std::string questions;
    std::string_view result;
  };
  std::string sixteen;
  for (int i = 0; i < 16; ++i) sixteen += question("192.0.2.20", "example.com");
  const std::array cases = {
      Case{"pass by ip4", question("198.51.100.7", "example.com"), "result=pass\n"},
      Case{"pass by include", question("203.0.113.1", "example.com"), "result=pass\n"},
      Case{"pass by mx", question("192.0.2.20", "example.com"), "result=pass\n"},
      Case{"softfail", question("192.0.2.66", "example.com"), "result=softfail\n"},
      Case{"pass of an IPv6 client", question("2001:db8::25", "example.com"), "result=pass\n"},
      Case{"fail, with our explanation", question("192.0.2.66", "fails.example.com"), "result=fail\n"},
      Case{"none", question("192.0.2.66", "nothing.example.com"), "result=none\n"},
      Case{"null sender", "ip=198.51.100.7\nhelo=example.com\nsender=<>\nkeep=1\n\n", "result=pass\n"},
      Case{"JSON", "ip=198.51.100.7\nhelo=a.example\nsender=a@example.com\nkeep=1\nformat=json\n\n", "{\"result\": \"pass\""},
      Case{"sixteen in flight", sixteen, "result=pass\n"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.name);
    for (int i = 0; i < 8; ++i) connection.ask(one.questions);
    std::size_t size = 0;
    std::size_t allocations = 0;
    {
      const support::HeapWatch watch;
      for (int i = 0; i < 100; ++i) size = connection.ask(one.questions);
      allocations = watch.allocations();
    }
    CHECK(connection.answers(size).starts_with(one.result));
    CHECK(connection.answers(size).ends_with('\n'));
    CHECK(allocations == 0);
  }
}
