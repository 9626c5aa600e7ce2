// A whole session of the daemon: a client on a socket, a hostile name server, and time, all of them moved by the input.
//
// Input: a byte that chooses the door; lines "TYPE VALUE", records that the name server has for every name, up to an empty
// line; then steps, a byte that says what to do and the bytes that this takes (see Play::step). At the end the client says no
// more and reads all; the session must come to its end within bounded time.
// Not here: several connections, several workers, reloads and DNS over TCP. t/chaos has those.
#include <sys/socket.h>
#include <unistd.h>

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
#include "common/protocol/line_codec.h"
#include "common/protocol/question_lines.h"
#include "common/receiver/receiver.h"
#include "spfd/log.h"
#include "spfd/options.h"
#include "spfd/session.h"
#include "t/fuzz/hostile_dns.h"
#include "t/fuzz/target.h"
#include "t/fuzz/virtual_time.h"
#include "t/support/single.h"

// Where there is an address sanitizer: mallinfo2() knows nothing then.
extern "C" __attribute__((weak)) std::size_t __sanitizer_get_current_allocated_bytes();  // NOLINT(bugprone-reserved-identifier)

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// One connection: 64 questions and their answers, 64 KiB of input and as much output, and what their checks pin.
constexpr std::size_t kMaxMemory = std::size_t{24} << 20;
constexpr int kMaxSteps = 200;
// A question waits 20 s at most, an answer 10 s for the client to take it, a client says nothing for 60 s.
constexpr seconds kLongest{600};

std::size_t allocated() {
  if (__sanitizer_get_current_allocated_bytes != nullptr) return __sanitizer_get_current_allocated_bytes();
  return ::mallinfo2().uordblks;
}

struct Records {
  dns::Answer by_type(dns::Type type) const {
    dns::Answer answer;
    answer.ttl = 60;
    switch (type) {
      case dns::Type::txt: answer.texts = texts; break;
      case dns::Type::a: answer.addresses = v4; break;
      case dns::Type::aaaa: answer.addresses = v6; break;
      case dns::Type::mx:
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

const std::shared_ptr<const spfd::Snapshot>& snapshot() {
  static const auto made = [] {
    spfd::set_log_level(spfd::LogLevel::error);
    spfd::Options options;
    options.in_force.policy.hostname = "mx.example.org";
    options.in_force.policy.bad_request_result = spf::Result::temperror;
    auto out = spfd::make_snapshot(options);
    fuzz::check(out.ok(), "the options are good");
    return *out;
  }();
  return made;
}

fuzz::HostileDns& name_server() {
  static fuzz::HostileDns server;
  return server;
}

class Owner final : public spfd::SessionOwner {
 public:
  void session_ended(spfd::Session& /*session*/) override { has_ended = true; }
  bool has_ended = false;
};

// The value of a key in an answer: of query lines, of JSON.
std::string_view value_of(std::string_view answer, std::string_view key, bool is_json) {
  const std::string mark = is_json ? "\"" + std::string(key) + "\": \"" : "\n" + std::string(key) + "=";
  auto begin = answer.find(mark);
  if (!is_json && answer.starts_with(std::string_view(mark).substr(1))) {
    begin = mark.size() - 1;
  } else if (begin == std::string_view::npos) {
    return {};
  } else {
    begin += mark.size();
  }
  return answer.substr(begin, answer.find(is_json ? '"' : '\n', begin) - begin);
}

class Play {
 public:
  explicit Play(fuzz::Cutter input) : input_(input), memory_before_(allocated()) {
    name_server().forget();
    constexpr std::array kDoors = {protocol::Door::query, protocol::Door::milter, protocol::Door::srs_forward};
    door_ = kDoors[input_.byte() % kDoors.size()];
    for (std::string_view line = input_.line(); !line.empty(); line = input_.line()) records_.read(line);
    std::array<int, 2> ends{};
    fuzz::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0, "sockets can be had");
    client_ = ends[0];
    service_.snapshot = snapshot();
    session_ = std::make_unique<spfd::Session>(service_, owner_, spfd::Descriptor(ends[1]), door_);
    owner_.has_ended = !session_->start();
  }
  ~Play() { ::close(client_); }
  Play(const Play&) = delete;
  Play& operator=(const Play&) = delete;

  void run() {
    for (int i = 0; i < kMaxSteps && !input_.empty() && !owner_.has_ended; ++i) {
      step();
      turn();
    }
    finish();
    check_counters();
    if (door_ == protocol::Door::query) check_answers();
  }

 private:
  void step() {
    const std::uint8_t what = input_.byte();
    switch (what % 8) {
      case 0:
      case 1: return send(input_.take(input_.byte()));
      case 2: return send(question(input_.byte()));
      case 3: return react(input_.byte(), input_.byte());
      case 4: return pass(milliseconds{40} * input_.byte());
      case 5: return read(std::size_t{64} * input_.byte());
      case 6: return (what & 0x80) != 0 ? drain() : end_of_input();
      default: return answer_all();
    }
  }

  // What the fuzzer need not find out by itself.
  static std::string question(std::uint8_t n) {
    const std::string number = std::to_string(n % 5);
    if (n % 16 == 15) return "request=ping\nkeep=1\n\n";
    if (n % 16 == 14)
      return "request=smtpd_access_policy\nclient_address=192.0.2.1\nsender=u@p" + number + ".x\ninstance=" + number + "\n\n";
    return "ip=192.0.2.1\nhelo=h.x\nsender=u@d" + number + ".x\nid=" + std::to_string(n) + "\nkeep=1\n" +
           ((n & 0x20) != 0 ? "format=json\n" : "") + "\n";
  }

  void send(std::string_view bytes) {
    if (has_said_all_) return;
    const ssize_t size = ::send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size > 0) sent_ += bytes.substr(0, static_cast<std::size_t>(size));
  }
  void end_of_input() {
    if (!has_said_all_) ::shutdown(client_, SHUT_WR);
    has_said_all_ = true;
  }
  // As a worker does when the daemon stops.
  void drain() {
    if (service_.is_draining) return;
    service_.is_draining = true;
    service_.drain_end = loop_.now() + seconds{3};
    session_->drain();
  }
  void answer_at_drain_end() {
    if (!service_.is_draining || has_answered_now_ || loop_.now() < service_.drain_end) return;
    has_answered_now_ = true;
    session_->answer_now();
  }
  void read(std::size_t most) {
    std::array<char, 16384> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): written as far as used
    while (most > 0) {
      const ssize_t size = ::recv(client_, buffer.data(), std::min(most, buffer.size()), MSG_DONTWAIT);
      if (size <= 0) return;
      received_.append(buffer.data(), static_cast<std::size_t>(size));
      most -= static_cast<std::size_t>(size);
    }
  }

  void react(std::uint8_t which, std::uint8_t how) {
    fuzz::HostileDns& server = name_server();
    if (server.waiting() == 0) return;
    const std::size_t n = which % server.waiting();
    using Fault = support::Reaction::Fault;
    constexpr std::array kFaults = {Fault::silence,   Fault::wrong_id,         Fault::wrong_question, Fault::garbage,
                                    Fault::truncated, Fault::compression_loop, Fault::cname_loop};
    support::Reaction reaction;
    if (how % 16 < kFaults.size()) {
      reaction.fault = kFaults[how % 16];
      reaction.answer = records_.by_type(server.question(n).type);
      reaction.answer_follows = false;
    } else if (how % 16 == 8) {
      reaction.answer.status = dns::Status::name_error;
    } else if (how % 16 == 9) {
      reaction.answer = dns::failure_answer("SERVFAIL");
      reaction.fault = Fault::none;
    } else if (how % 16 == 10) {
      reaction.cnames = {"alias.x"};
      reaction.answer = records_.by_type(server.question(n).type);
    } else if (how % 16 != 11) {
      reaction.answer = records_.by_type(server.question(n).type);
    }
    server.answer(n, reaction);
  }
  void answer_all() {
    fuzz::HostileDns& server = name_server();
    while (server.waiting() > 0) server.answer(0, support::react(records_.by_type(server.question(0).type)));
  }
  static void pass(milliseconds time) { fuzz::virtual_time += time; }

  // Lets the loop do all that it can do now.
  void turn() {
    for (int i = 0; i < 3; ++i) {
      event_base_loop(loop_.base(), EVLOOP_NONBLOCK);
      name_server().receive();
    }
    if (!owner_.has_ended) answer_at_drain_end();
    fuzz::check(allocated() < memory_before_ + kMaxMemory, "the memory of a connection is bounded");
  }

  void finish() {
    end_of_input();
    const auto end = fuzz::virtual_time + kLongest;
    while (!owner_.has_ended && fuzz::virtual_time < end) {
      turn();
      read(std::size_t{1} << 30);
      if (name_server().waiting() > 0 && (sent_.size() & 1) != 0) {
        answer_all();
      } else {
        pass(milliseconds{1500});
      }
    }
    fuzz::check(owner_.has_ended, "a session whose client has ended ends in bounded time");
    read(std::size_t{1} << 30);
  }

  void check_counters() {
    const spfd::Counters& counters = service_.counters;
    fuzz::check(counters.dropped == 0 || counters.write_timeouts > 0, "no question is dropped while its client is there");
    fuzz::check(counters.failed == 0, "no check and no connection is given up");
    fuzz::check(service_.held == 0, "with the session, what it holds is given back");
    session_.reset();
    fuzz::check(driver_.running() == 0, "with the session its checks end");
  }

  // The codec by itself says which questions were sent; each has one answer, in their order.
  void check_answers() {
    protocol::LineCodec codec;
    codec.feed(sent_);
    codec.finish();
    const protocol::Moment moment{service_.snapshot->doors, 0};
    std::string_view rest = received_;
    // A connection that was closed for want of a question, or of a reader, or since the daemon stops, may have left questions
    // unread.
    const bool is_cut = service_.counters.write_timeouts > 0 || service_.counters.idle_timeouts > 0 || service_.is_draining;
    for (protocol::Item item; codec.next(moment, item);) {
      if (rest.empty() && is_cut) return;
      const bool is_json =
          item.door == protocol::Door::query && item.context == static_cast<std::uint64_t>(protocol::Format::json);
      const std::string_view end = is_json ? "\n" : "\n\n";
      const auto size = rest.find(end);
      if (size == std::string_view::npos && is_cut) return;
      fuzz::check(size != std::string_view::npos, "each question has an answer");
      const std::string_view answer = rest.substr(0, size + end.size());
      // The answer to a question that was given up in the middle, of which the codec here has read more.
      if (is_cut && (answer.starts_with('{') != is_json || !value_of(answer, "error", is_json).empty())) return;
      check_answer(item, answer, is_json);
      rest.remove_prefix(size + end.size());
      if (item.closes) break;
    }
    fuzz::check(rest.empty() || is_cut, "there are no more answers than questions");
  }

  static void check_answer(const protocol::Item& item, std::string_view answer, bool is_json) {
    if (item.kind != protocol::Item::Kind::check) return;
    if (item.door == protocol::Door::policy) {
      if (!item.error.empty()) fuzz::check(!answer.starts_with("action=PREPEND"), "what was not checked gets no header");
      return check_result(item, answer, answer.starts_with("action=PREPEND Received-SPF: none"));
    }
    if (!item.id.empty())
      fuzz::check(value_of(answer, "id", is_json) == item.id || is_json, "the answer is that of the question");
    const std::string_view action = value_of(answer, "action", is_json);
    fuzz::check(action == "accept" || action == "reject" || action == "defer", "an answer has an action");
    if (!item.error.empty()) fuzz::check(action == "defer", "what could not be read is deferred");
    check_result(item, answer, value_of(answer, "result", is_json) == "none");
    const std::string_view result = value_of(answer, "result", is_json);
    if (result == "temperror") fuzz::check(action == "defer", "a temperror is deferred");
    if (result == "fail") fuzz::check(action == "reject", "a fail is rejected");
  }

  // "none" lets mail in: DNS must have said so, unless there is nothing to ask it about.
  static void check_result(const protocol::Item& item, std::string_view /*answer*/, bool is_none) {
    const receiver::Request& request = item.request;
    if (!is_none || !item.error.empty() || !request.client || request.is_authenticated || request.is_relay) return;
    const std::string_view sender = receiver::bare_sender(request.sender);
    const bool is_helo = request.scope == receiver::Scope::helo || sender.empty();
    const std::string_view helo = base::strip(request.helo);
    const spf::Query query =
        is_helo ? support::helo_query(*request.client, helo) : support::mailfrom_query(*request.client, sender, helo);
    if (query.domain) fuzz::check(name_server().has_told(*query.domain), "a domain has no record only where DNS says so");
  }

  fuzz::Cutter input_;
  std::size_t memory_before_;
  protocol::Door door_ = protocol::Door::query;
  Records records_;
  io::Loop loop_;
  std::shared_ptr<io::Cache> cache_ = std::make_shared<io::Cache>(std::size_t{1} << 20);
  io::Driver driver_{loop_, cache_, io::ResolverOptions{.servers = {name_server().server()}}};
  spfd::Service service_{.loop = loop_, .driver = driver_, .snapshot = nullptr, .buffer = std::vector<char>(16384)};
  Owner owner_;
  int client_ = -1;
  std::unique_ptr<spfd::Session> session_;
  bool has_said_all_ = false;
  bool has_answered_now_ = false;
  std::string sent_, received_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Play(fuzz::Cutter(data, size)).run();
  return 0;
}
