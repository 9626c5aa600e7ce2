// Connections of the daemon: two clients on sockets, a hostile name server, and the time, all controlled by the input.
//
// Input: a byte that chooses the doors of the clients; lines "TYPE VALUE", records that the name server has for every name, up to
// an empty line; then steps, each a byte with an action and the bytes that it needs (see Play::step). At the end the clients are
// silent and read everything; the connections must end within bounded time.
// Several workers and name servers are not covered here, but in t/chaos and t/io.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include <event2/event.h>
#include <malloc.h>

#include "common/io/cache.h"
#include "common/io/driver.h"
#include "common/io/loop.h"
#include "spfd/config/options.h"
#include "spfd/connection.h"
#include "spfd/control_desk.h"
#include "spfd/log.h"
#include "spfd/make_snapshot.h"
#include "t/fuzz/hostile_dns.h"
#include "t/fuzz/session_client.h"
#include "t/fuzz/target.h"
#include "t/fuzz/virtual_time.h"

// Exists only with an address sanitizer, with which mallinfo2() returns nothing useful.
extern "C" __attribute__((weak)) std::size_t __sanitizer_get_current_allocated_bytes();  // NOLINT(bugprone-reserved-identifier)

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Two connections, each with 64 requests and their answers, 64 KiB of input and of output, and the pinned answers of their
// checks.
constexpr std::size_t kMaxMemory = std::size_t{48} << 20;
constexpr int kMaxSteps = 200;
// A question waits for at most 20 s, an answer for 10 s until the client reads it, and a client is silent for at most 60 s.
constexpr seconds kLongest{600};
// In answers of an attacker who does not know the id: it must never be visible.
constexpr std::string_view kForged = "forged.invalid";

std::size_t allocated() {
  if (__sanitizer_get_current_allocated_bytes != nullptr) return __sanitizer_get_current_allocated_bytes();
  return ::mallinfo2().uordblks;
}

struct Records {
  dns::Answer by_type(dns::Type type) const {
    dns::Answer answer;
    answer.ttl = 60;
    switch (type) {
      case dns::Type::spf:
      case dns::Type::txt: answer.texts = texts; break;
      case dns::Type::a: answer.addresses = v4; break;
      case dns::Type::aaaa: answer.addresses = v6; break;
      case dns::Type::mx:
      case dns::Type::ns:
      case dns::Type::ptr: answer.names = names; break;
    }
    return answer;
  }
  void read(std::string_view line) {
    const auto blank = std::min(line.find(' '), line.size());
    const std::string_view type = line.substr(0, blank);
    const std::string_view value = line.substr(std::min(blank + 1, line.size()));
    if (type == "TXT") {
      texts.emplace_back(value);
    } else if (type == "A" || type == "AAAA") {
      if (const auto address = base::IpAddress::parse(value)) (address->is_v4() ? v4 : v6).push_back(*address);
    } else if (const auto name = dns::Name::parse(value)) {
      names.emplace_back(name->text());
    }
  }

  std::vector<std::string> texts;
  std::vector<base::IpAddress> v4, v6;
  std::vector<std::string> names;
};

srs::Rewriter rewriter() {
  srs::Config config;
  config.secrets = {"tops3cr3t"};
  config.rewriting_domain = "fwd.example";
  auto made = srs::Rewriter::make(config);
  fuzz::check(made.ok(), "the configuration is good");
  return *made;
}

using SharedSnapshot = std::shared_ptr<const spfd::Snapshot>;

SharedSnapshot make_snapshot(const spfd::Options& options, std::vector<base::IpAddress> outgoing) {
  auto made = spfd::make_snapshot(options);
  fuzz::check(made.ok(), "the options are good");
  auto out = std::make_shared<spfd::Snapshot>(**made);
  receiver::NextHop next_hop;
  next_hop.outgoing = std::move(outgoing);
  next_hop.hostname = options.in_force.policy.hostname;
  out->srs.emplace(receiver::SrsPolicy{rewriter(), std::move(next_hop), false});
  return out;
}

// At the start, and after a reload.
const std::array<SharedSnapshot, 2>& snapshots() {
  static const auto made = [] {
    spfd::set_log_level(spfd::LogLevel::error);
    spfd::Options options;
    options.in_force.policy.hostname = "mx.example.org";
    options.in_force.policy.bad_request_result = spf::Result::temperror;
    spfd::Options others = options;
    others.in_force.policy.hostname = "mx2.example.org";
    others.in_force.policy.rules.check_helo = receiver::HeloCheck::first;
    return std::array{make_snapshot(options, {}), make_snapshot(others, {*base::IpAddress::parse("192.0.2.25")})};
  }();
  return made;
}

fuzz::HostileDns& name_server() {
  static fuzz::HostileDns server;
  return server;
}

// `doors`: two bits for each of the two clients, then a bit for each that makes it a client of the control socket.
protocol::Door door_of(unsigned doors, std::size_t client) {
  if ((doors >> (4U + client)) % 2 != 0) return protocol::Door::control;
  constexpr std::array kDoors = {protocol::Door::query, protocol::Door::milter, protocol::Door::srs_forward,
                                 protocol::Door::srs_reverse};
  return kDoors[(doors >> 2U * client) % kDoors.size()];
}

class Play {
 public:
  explicit Play(fuzz::Cutter input)
      : input_(input),
        forged_(fuzz::Cutter(input).rest().find(kForged) == std::string_view::npos ? kForged : std::string_view()),
        memory_before_(allocated()) {
    name_server().forget();
    const unsigned doors = input_.byte();
    for (std::string_view line = input_.line(); !line.empty(); line = input_.line()) records_.read(line);
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      clients_[i] = std::make_unique<fuzz::Client>(shared_, name_server(), door_of(doors, i));
    }
  }

  void run() {
    for (int i = 0; i < kMaxSteps && !input_.empty() && !have_ended(); ++i) {
      step();
      turn();
    }
    finish();
    check_counters();
    for (const auto& client : clients_) client->check_answers(forged_);
  }

 private:
  // 3 bits: the action; 0x40: the client.
  void step() {
    const std::uint8_t what = input_.byte();
    fuzz::Client& client = *clients_[(what & 0x40) != 0 ? 1 : 0];
    const bool other = (what & 0x80) != 0;
    switch (what % 8) {
      case 0:
      case 1: return client.send(input_.take(input_.byte()));
      case 2: return client.send(question(input_.byte()));
      case 3: return react(input_.byte(), input_.byte());
      case 4: return pass((other ? milliseconds{1000} : milliseconds{40}) * input_.byte());
      case 5: return client.read(std::size_t{64} * input_.byte());
      case 6: return other ? drain() : client.end_of_input();
      default: return other ? reload() : answer_all();
    }
  }

  // Requests that the fuzzer need not find by itself.
  static std::string question(std::uint8_t n) {
    const std::string number = std::to_string(n % 5);
    if (n % 16 == 15) return "request=ping\nkeep=1\n\n";
    if (n % 16 == 14)
      return "request=smtpd_access_policy\nclient_address=192.0.2.1\nsender=u@p" + number + ".x\ninstance=" + number + "\n\n";
    if (n % 16 == 13) return "get u@d" + number + ".x\n";
    return "ip=192.0.2.1\nhelo=h.x\nsender=u@d" + number + ".x\nid=" + std::to_string(n) + "\nkeep=1\n" +
           ((n & 0x20) != 0 ? "format=json\n" : "") + "\n";
  }

  [[nodiscard]] bool have_ended() const {
    return std::all_of(clients_.begin(), clients_.end(), [](const auto& client) { return client->has_ended(); });
  }
  // Drains the connections in the way of a worker when the daemon stops.
  void drain() {
    if (shared_.drain_end) return;
    shared_.drain_end = loop_.now() + seconds{3};
    for (const auto& client : clients_) client->drain();
  }
  void answer_at_drain_end() {
    if (!shared_.drain_end || has_answered_now_ || loop_.now() < *shared_.drain_end) return;
    has_answered_now_ = true;
    for (const auto& client : clients_) client->answer_now();
  }
  void reload() {
    shared_.snapshot = snapshots()[1];
    driver_.set_name_servers({name_server().server()});
  }

  // `how`: 4 bits for the kind of the answer, 4 for its details.
  void react(std::uint8_t which, std::uint8_t how) {
    fuzz::HostileDns& server = name_server();
    if (server.waiting() == 0) return;
    const std::size_t n = which % server.waiting();
    using Fault = support::Reaction::Fault;
    constexpr std::array kFaults = {Fault::silence,   Fault::wrong_id,         Fault::wrong_question, Fault::garbage,
                                    Fault::truncated, Fault::compression_loop, Fault::cname_loop};
    constexpr std::array kTcpFaults = {Fault::short_tcp, Fault::stuck_tcp, Fault::close_tcp, Fault::truncated};
    const unsigned details = how >> 4U;
    support::Reaction reaction;
    reaction.answer = records_.by_type(server.question(n).type);
    switch (how % 16) {
      case 8:
        reaction.answer = {};
        reaction.answer.status = dns::Status::name_error;
        break;
      case 9: reaction.answer = dns::failure_answer("SERVFAIL"); break;
      case 10:
        reaction.cnames = {"alias.x"};
        // The target may be left out.
        if (details % 2 != 0) reaction.answer = {};
        reaction.has_soa = details % 4 < 2;
        break;
      case 11:
        reaction.answer = {};
        reaction.has_soa = details % 2 == 0;
        break;
      case 12: forge(reaction); break;
      case 13: reaction.fault = kTcpFaults[details % kTcpFaults.size()]; break;
      case 14:
        reaction.rcode = details;
        reaction.rcode_only_to_edns = details % 2 != 0;
        break;
      case 15: reaction.cookies = static_cast<support::Reaction::Cookies>(details % 6); break;
      default:
        if (how % 16 >= kFaults.size()) break;
        reaction.fault = kFaults[how % 16];
        reaction.answer_follows = details % 2 != 0;
    }
    server.answer(n, reaction);
  }
  // An attacker knows the port and guesses the id, so often that the answer is not accepted even if the right id is among them.
  static void forge(support::Reaction& reaction) {
    constexpr std::size_t kGuesses = 16;
    reaction.guesses = kGuesses;
    reaction.forged.ttl = 3600;
    reaction.forged.texts = {"v=spf1 a:" + std::string(kForged) + " +all"};
    reaction.fault = support::Reaction::Fault::wrong_id;  // it has no content
  }
  // Answers all DNS questions and all commands.
  void answer_all() {
    obey();
    fuzz::HostileDns& server = name_server();
    while (server.waiting() > 0) server.answer(0, support::react(records_.by_type(server.question(0).type)));
  }
  void obey() {
    for (const spfd::ControlDesk::Order& order : desk_.take()) order.done(fuzz::answer_to_command(order.request.line));
  }
  static void pass(milliseconds time) { fuzz::virtual_time += time; }

  // Runs the loop until it has nothing to do.
  void turn() {
    for (int i = 0; i < 3; ++i) {
      event_base_loop(loop_.base(), EVLOOP_NONBLOCK);
      name_server().receive();
    }
    answer_at_drain_end();
    fuzz::check(allocated() < memory_before_ + kMaxMemory, "the memory of a connection is bounded");
  }

  void finish() {
    const auto end = fuzz::virtual_time + kLongest;
    const bool dns_answers = (clients_[0]->sent() & 1U) != 0;
    for (const auto& client : clients_) client->end_of_input();
    while (!have_ended() && fuzz::virtual_time < end) {
      turn();
      obey();
      for (const auto& client : clients_) client->read(std::size_t{1} << 30);
      if (name_server().waiting() > 0 && dns_answers) {
        answer_all();
      } else {
        pass(milliseconds{1500});
      }
    }
    fuzz::check(have_ended(), "a connection whose client has ended ends in bounded time");
    for (const auto& client : clients_) client->read(std::size_t{1} << 30);
  }

  void check_counters() {
    const spfd::Counters& counters = shared_.counters;
    fuzz::check(counters.dropped == 0 || counters.write_timeouts > 0, "no question is dropped while its client is there");
    fuzz::check(counters.failed == 0, "no check and no connection is dropped");
    fuzz::check(shared_.held == 0, "a connection's memory is freed with it");
    for (const auto& client : clients_) client->close();
    fuzz::check(driver_.running() == 0, "a connection's checks end with it");
  }

  fuzz::Cutter input_;
  std::string_view forged_;  // must not reach a client; empty if the input itself contains it
  std::size_t memory_before_;
  Records records_;
  io::Loop loop_;
  std::shared_ptr<io::Cache> cache_ = std::make_shared<io::Cache>(std::size_t{1} << 20);
  io::Driver driver_{loop_, cache_, io::ResolverOptions{.servers = {name_server().server()}}};
  spfd::ControlDesk desk_{{}, [] {}};
  spfd::Shared shared_{.loop = loop_,
                       .driver = driver_,
                       .snapshot = snapshots()[0],
                       .spare = {.input = std::vector<char>(16384)},
                       .control = &desk_};
  bool has_answered_now_ = false;
  std::array<std::unique_ptr<fuzz::Client>, 2> clients_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::virtual_time = std::chrono::hours(1);
  Play(fuzz::Cutter(data, size)).run();
  return 0;
}
