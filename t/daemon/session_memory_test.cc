// The memory of a connection, and its behavior when there is no memory.
#include <doctest/doctest.h>
#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/io/cache.h"
#include "common/io/driver.h"
#include "spfd/config/options.h"
#include "spfd/connection.h"
#include "spfd/make_snapshot.h"
#include "t/support/dns_server.h"
#include "t/support/heap.h"
#include "t/support/show.h"

namespace {

using std::chrono::milliseconds;

class Owner final : public spfd::ConnectionOwner {
 public:
  void connection_ended(spfd::Connection& connection) noexcept override { ended.push_back(&connection); }
  std::vector<spfd::Connection*> ended;
};

dns::Answer text(std::string record) {
  dns::Answer answer;
  answer.ttl = 86400;
  answer.texts.push_back(std::move(record));
  return answer;
}

// A worker without a thread. DNS is silent; answers come from know().
class World {
 public:
  explicit World(spfd::Options options = {}) {
    options.in_force.policy.hostname = "mx.example.org";
    options.in_force.timeouts.check = std::chrono::hours(1);
    options.in_force.log_level = spfd::LogLevel::error;
    auto made = spfd::make_snapshot(options);
    REQUIRE(made);
    shared_.snapshot = *made;
    shared_.complaint.is_due(std::chrono::steady_clock::now() + std::chrono::hours(1));  // quiet
    loop_.on_exception([](const std::exception&) {});
    spfd::set_log_level(spfd::LogLevel::error);
    owner_.ended.reserve(1000);
  }
  ~World() {
    connections_.clear();
    spfd::set_log_level(spfd::LogLevel::info);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // A client's end of a connection.
  class Client {
   public:
    explicit Client(int send_buffer = 0) {
      std::array<int, 2> ends{};
      REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
      fd_ = ends[0];
      if (send_buffer > 0) ::setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
      servers_ = io::Descriptor(ends[1]);
    }
    ~Client() { ::close(fd_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void send(std::string_view bytes) const { static_cast<void>(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL)); }
    // Returns the bytes that have arrived, without waiting.
    std::string read() {
      std::string all;
      std::array<char, 65536> bytes{};
      for (ssize_t size = 0; (size = ::read(fd_, bytes.data(), bytes.size())) >= 0;) {
        if (size == 0) {
          at_end = true;
          break;
        }
        all.append(bytes.data(), static_cast<std::size_t>(size));
      }
      return all;
    }

    bool at_end = false;

   private:
    friend class World;
    int fd_ = -1;
    io::Descriptor servers_;
  };
  std::unique_ptr<Client> connect(protocol::Door door = protocol::Door::query, int send_buffer = 0) {
    auto client = std::make_unique<Client>(send_buffer);
    serve(*client, door);
    return client;
  }
  // Serves a connection as Worker does.
  void serve(Client& client, protocol::Door door = protocol::Door::query) {
    try {
      auto connection = std::make_unique<spfd::Connection>(shared_, owner_, ++last_id_, std::move(client.servers_), door);
      connection->start();
      if (!connection->has_ended()) connections_.push_back(std::move(connection));
    } catch (const std::bad_alloc&) {
      client.servers_.close();
    }
  }

  void know(const std::string& name, const dns::Answer& answer) {
    cache_->complete({*dns::Name::parse(name), dns::Type::txt}, answer, io::Cache::Clock::now());
  }
  // Makes room in the way of a worker that has reached max-connections.
  void displace_all() {
    for (const auto& connection : connections_) connection->displace(connection->held().since);
  }
  void turn() {
    for (int i = 0; i < 4; ++i) event_base_loop(loop_.base(), EVLOOP_NONBLOCK);
  }
  [[nodiscard]] const spfd::Counters& counters() const { return shared_.counters; }
  [[nodiscard]] std::size_t running() const { return driver_.running(); }
  [[nodiscard]] std::size_t ended() const { return owner_.ended.size(); }

 private:
  support::DnsServer dns_{[](const dns::Question&, bool) { return support::react(support::Reaction::Fault::silence); }};
  io::Loop loop_;
  std::shared_ptr<io::Cache> cache_ = std::make_shared<io::Cache>(4U << 20U);
  io::Driver driver_{loop_, cache_, resolver_options()};
  spfd::Shared shared_{.loop = loop_, .driver = driver_, .snapshot = nullptr, .spare = {.input = std::vector<char>(16384)}};
  Owner owner_;
  spfd::Connections connections_;
  std::uint64_t last_id_ = 0;

  [[nodiscard]] io::ResolverOptions resolver_options() const {
    io::ResolverOptions options;
    options.servers = {*io::parse_name_server(dns_.address())};
    return options;
  }
};

std::string question(const std::string& domain, const std::string& more = "") {
  return "ip=192.0.2.10\nsender=u@" + domain + "\nkeep=1\n" + more + "\n";
}

std::string domain(int i) { return "d" + std::to_string(i) + ".test"; }

// Returns a record that makes an answer of at least this size.
std::string large_record(std::size_t size) { return "v=spf1 -all" + std::string(size, ' '); }

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string_view::npos; at += what.size()) ++found;
  return found;
}

TEST_CASE("answers that wait for an earlier one are bounded: further requests are not started, and all are answered in order") {
  World world;
  world.know("big.test", text(large_record(6000)));
  const auto client = world.connect();
  constexpr int kQuestions = 100;
  std::string answers;
  answers.reserve(2U << 20U);
  const support::HeapWatch heap;
  client->send(question("slow.test", "id=0\n"));
  for (int i = 1; i < kQuestions; ++i) client->send(question("big.test", "id=" + std::to_string(i) + "\n"));
  world.turn();
  CHECK(client->read().empty());
  CHECK(world.counters().requests < 20);
  CHECK(heap.bytes() < 300 * 1024);
  world.know("slow.test", text("v=spf1 -all"));
  for (int i = 0; i < kQuestions; ++i) {
    world.turn();
    answers += client->read();
  }
  std::size_t at = 0;
  for (int i = 0; i < kQuestions; ++i) {
    at = answers.find("\nid=" + std::to_string(i) + "\n", at);
    REQUIRE(at != std::string::npos);
  }
  CHECK(heap.bytes() < 300 * 1024);
}

TEST_CASE("answers that arrive all at once after one that hangs are bounded: the hanging one is given up") {
  World world;
  const auto client = world.connect();
  constexpr int kQuestions = 64;
  for (int i = 0; i < kQuestions; ++i) client->send(question(domain(i), "id=" + std::to_string(i) + "\n"));
  world.turn();
  CHECK(world.running() == kQuestions);
  std::string answers;
  answers.reserve(2U << 20U);
  const support::HeapWatch heap;
  std::ptrdiff_t cached = 0;
  for (int i = 1; i < kQuestions; ++i) {
    cached -= heap.bytes();
    world.know(domain(i), text(large_record(9000)));
    cached += heap.bytes();
    world.turn();
    answers += client->read();
    CHECK(heap.bytes() - cached < 400 * 1024);
  }
  CHECK(count(answers, "\nid=") == kQuestions);
  CHECK(answers.starts_with("result=temperror"));
  CHECK(count(answers, "result=fail") == kQuestions - 1);
  CHECK(world.ended() == 0);
}

TEST_CASE("a client that does not read while its answers arrive is closed when they are too many") {
  World world;
  const auto client = world.connect(protocol::Door::query, 4096);
  constexpr int kQuestions = 64;
  for (int i = 0; i < kQuestions; ++i) client->send(question(domain(i)));
  world.turn();
  const support::HeapWatch heap;
  std::ptrdiff_t cached = 0;
  for (int i = 0; i < kQuestions && world.ended() == 0; ++i) {
    cached -= heap.bytes();
    world.know(domain(i), text(large_record(9000)));
    cached += heap.bytes();
    world.turn();
    CHECK(heap.bytes() - cached < 500 * 1024);
  }
  CHECK(world.ended() == 1);
}

TEST_CASE("an idle connection holds little memory, whatever its earlier requests") {
  struct Case {
    std::string name;
    protocol::Door door;
    std::string input;
  };
  const std::array cases = {
      Case{"nothing", protocol::Door::query, ""},
      Case{"small questions", protocol::Door::query, question("big.test") + question("big.test")},
      Case{"a large question", protocol::Door::query,
           question("big.test", "x=" + std::string(8000, 'x') + "\ny=" + std::string(7000, 'y') + "\n")},
      Case{"Postfix", protocol::Door::query,
           "request=smtpd_access_policy\nclient_address=192.0.2.10\nsender=u@big.test\ninstance=" + std::string(7000, 'i') +
               "\n\n"},
      Case{"tcp_table", protocol::Door::srs_forward, "get " + std::string(4000, 'u') + "@big.test\n"},
      Case{"socketmap", protocol::Door::srs_forward, "4013:srs_forward " + std::string(4000, 'u') + "@,"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.name);
    World world;
    world.know("big.test", text(large_record(6000)));
    constexpr int kConnections = 50;
    std::vector<std::unique_ptr<World::Client>> clients;
    clients.reserve(kConnections);
    // Memory of the worker does not count.
    const auto first = world.connect(one.door);
    first->send(one.input);
    world.turn();
    static_cast<void>(first->read());
    const support::HeapWatch heap;
    for (int i = 0; i < kConnections; ++i) {
      clients.push_back(world.connect(one.door));
      clients.back()->send(one.input);
      world.turn();
      CHECK(clients.back()->read().empty() == one.input.empty());
    }
    CHECK(heap.bytes() / kConnections < 12 * 1024);
    CHECK(world.ended() == 0);
  }
}

std::string packet(char command, std::string_view data) {
  std::string out;
  const auto size = static_cast<std::uint32_t>(data.size() + 1);
  for (const unsigned shift : {24U, 16U, 8U, 0U}) out += static_cast<char>((size >> shift) & 0xffU);
  return (out += command).append(data);
}

// Returns the packets before MAIL.
std::string milter_begin(const std::string& address, const std::string& helo) {
  const std::string nul(1, '\0');
  return packet('O', std::string("\0\0\0\6\0\0\0\x3f\0\x1f\xff\xff", 12)) +
         packet('C', "host.example" + nul + "4\x9c\x40" + address + nul) + packet('H', helo + nul);
}

TEST_CASE("at every door: a connection that is displaced while its check hangs gets its answer first") {
  struct Case {
    std::string name;
    protocol::Door door;
    std::string input;
    std::string answer;
    std::size_t answers = 1;
  };
  const std::string nul(1, '\0');
  const std::array cases = {
      Case{"lines", protocol::Door::query, question("slow.test"), "result=temperror\n"},
      Case{"JSON", protocol::Door::query, question("slow.test", "format=json\n"), "\"result\": \"temperror\""},
      Case{"lines, half a question more", protocol::Door::query, question("slow.test") + "ip=192.0.2.1\n", "result=temperror\n",
           2},
      // A displaced connection is not a failure of DNS.
      Case{"health", protocol::Door::query, "request=health\n\n", "health=ok\ndns=unknown\n"},
      Case{"Postfix", protocol::Door::query, "request=smtpd_access_policy\nclient_address=192.0.2.10\nsender=u@slow.test\n\n",
           "action=4"},
      Case{"milter", protocol::Door::milter, milter_begin("192.0.2.10", "h.test") + packet('M', "u@slow.test" + nul), "451 4."},
  };
  for (const Case& one : cases) {
    CAPTURE(one.name);
    World world;
    const auto client = world.connect(one.door);
    client->send(one.input);
    world.turn();
    static_cast<void>(client->read());
    CHECK(world.running() == 1);
    world.displace_all();
    world.turn();
    CHECK(count(client->read(), one.answer) == one.answers);
    CHECK(client->at_end);
    CHECK(world.running() == 0);
    CHECK(world.counters().displaced == 1);
  }
}

TEST_CASE("a milter connection holds little of a message, whatever the MTA sends") {
  spfd::Options options;
  options.in_force.doors.milter_remove_forged = true;
  World world(options);
  world.know("big.test", text(large_record(6000)));
  const std::string nul(1, '\0');
  const std::string large(120000, 'x');
  const support::HeapWatch heap;
  const auto client = world.connect(protocol::Door::milter);
  const auto send = [&](const std::string& bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += 60000) {
      client->send(std::string_view(bytes).substr(at, 60000));
      world.turn();
      static_cast<void>(client->read());
    }
  };
  send(milter_begin("192.0.2.10", large));
  send(packet('D', "M" + ("j" + nul + large + nul)));
  send(packet('D', "M" + ("i" + nul + large + nul)));
  send(packet('M', "<" + large + "@big.test>" + nul));
  for (int i = 0; i < 5000; ++i) send(packet('L', "Received-SPF" + nul + "pass receiver=mx.example.org" + nul));
  send(packet('L', "X-Large" + nul + large + nul));
  CHECK(world.ended() == 0);
  CHECK(heap.bytes() < 40 * 1024);
  // An incomplete packet is the most that it may hold.
  const std::string last = packet('L', "X-Large" + nul + large + nul);
  send(last.substr(0, 110000));
  CHECK(heap.bytes() > 200 * 1024);  // with `last`, which belongs to the test
  CHECK(heap.bytes() < 420 * 1024);
  send(last.substr(110000));
  CHECK(heap.bytes() < static_cast<std::ptrdiff_t>(40 * 1024 + last.capacity()));
}

TEST_CASE("an invalid client address from a milter is not stored in full") {
  World world;
  const auto client = world.connect(protocol::Door::milter);
  const support::HeapWatch heap;
  client->send(milter_begin(std::string(100000, '1'), "h.test"));
  world.turn();
  CHECK(heap.bytes() < 20 * 1024);
}

TEST_CASE("without memory, one check or one connection fails, and the worker continues") {
  int answered = 0;
  int closed = 0;
  bool has_failed = true;
  for (std::size_t number = 1; has_failed; ++number) {
    CAPTURE(number);
    World world;
    world.know("warm.test", text("v=spf1 ip4:192.0.2.10 -all"));
    {
      const auto client = std::make_unique<World::Client>();
      client->send(question("warm.test") + question("cold.test"));
      support::HeapWatch heap;
      heap.fail_at(number);
      world.serve(*client);
      world.turn();
      has_failed = heap.end_failures();
      const std::string answers = client->read();
      world.know("cold.test", text("v=spf1 ip4:192.0.2.10 -all"));
      world.turn();
      const std::string all = answers + client->read();
      const std::size_t right = count(all, "result=pass\n") + count(all, "result=temperror\n");
      CHECK((right == 2 || client->at_end));
      CHECK(count(all, "result=") == right);
      ++(client->at_end ? closed : answered);
    }
    world.turn();
    const auto next = world.connect();
    next->send(question("warm.test") + question("late.test"));
    world.turn();
    world.know("late.test", text("v=spf1 ip4:192.0.2.10 -all"));
    world.turn();
    CHECK(count(next->read(), "result=pass\n") == 2);
  }
  CHECK(answered > 0);
  CHECK(closed > 0);
}

}  // namespace
