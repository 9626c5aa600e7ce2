#include "spfd/worker.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "common/io/random.h"
#include "common/protocol/control.h"
#include "spfd/log.h"
#include "spfd/make_snapshot.h"

namespace spfd {

namespace {

constexpr int kAcceptsAtOnce = 32;
constexpr std::size_t kReadBuffer = 16384;
// How long the worker accepts no connections at the limit, or when descriptors are used up. Otherwise the listener would wake the
// worker all the time.
constexpr std::chrono::milliseconds kPauseFull{50};
constexpr std::chrono::milliseconds kPauseNoDescriptor{200};
// The time that requests, checks and SMTP sessions under way have when the daemon stops.
constexpr std::chrono::milliseconds kChecksAtStop{2750};
// The time that clients have after that to take their answers.
constexpr std::chrono::milliseconds kWritesAtStop{250};

bool has_waiting(const Listener& listener) {
  pollfd look{listener.fd(), POLLIN, 0};
  return ::poll(&look, 1, 0) > 0;
}

}  // namespace

Worker::Worker(const std::vector<Listener>& listeners, Turns& turns, std::size_t index, ConnectionLimit& limit,
               std::shared_ptr<io::Cache> cache, const io::ResolverOptions& dns, std::shared_ptr<const Snapshot> snapshot)
    : turns_(turns),
      index_(index),
      limit_(limit),
      listeners_(listeners),
      driver_(loop_, std::move(cache), dns),
      shared_{.loop = loop_,
              .driver = driver_,
              .snapshot = std::move(snapshot),
              .spare = {.input = std::vector<char>(kReadBuffer)},
              .limit = &limit,
              .next_id = io::random_number()},
      resume_(loop_,
              [this] {
                is_paused_ = false;
                watch_listeners();
              }),
      reaper_(loop_, [this] { reap(); }),
      drain_timer_(loop_, [this] { end_drain(); }) {
  loop_.on_exception([this](const std::exception& exception) { shared_.complain(exception); });
  limit_.add(*this);
  driver_.set_zone(shared_.snapshot->zone);
  for (const Listener& listener : listeners_) {
    accepting_.push_back(std::make_unique<io::Watch>(loop_, listener.fd(), io::Watch::readable,
                                                     [this, &listener] { look_for_connections(listener); }));
  }
  turns_.join(
      index_, [this] { loop_.post([this] { watch_listeners(); }); }, [this] { return loop_.busy_for(); });
  watch_listeners();
}

Worker::~Worker() { join(); }

void Worker::start(std::function<void()> finished, const char* name) {
  thread_ = std::thread([this, finished = std::move(finished), name] {
    pthread_setname_np(pthread_self(), name);
    loop_.run();
    // Destroyed here, not in the destructor, since they belong to this thread.
    accepting_.clear();
    ended_.clear();
    connections_.clear();
    shared_.verdicts.flush();
    finished();
  });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::run_soon(std::function<void()> task) { loop_.post(std::move(task)); }

void Worker::serve_commands(ControlDesk& desk) {
  shared_.control = &desk;
  shared_.snapshot = for_commands(*shared_.snapshot);
}

void Worker::set_snapshot(std::shared_ptr<const Snapshot> snapshot) {
  loop_.post([this, snapshot = std::move(snapshot)] {
    driver_.set_zone(snapshot->zone);
    shared_.snapshot = shared_.control == nullptr ? snapshot : for_commands(*snapshot);
  });
}

void Worker::set_name_servers(std::vector<io::NameServer> servers) {
  loop_.post([this, servers = std::move(servers)] { driver_.set_name_servers(servers); });
}

void Worker::report_counters(std::function<void(const Counters&)> report) {
  loop_.post([this, report = std::move(report), asked = std::chrono::steady_clock::now()] {
    Counters counters = shared_.counters;
    counters.open = connections_.size();
    for (const auto& connection : connections_) ++counters.open_by_door[static_cast<std::size_t>(connection->door())];
    counters.lag.nanoseconds = static_cast<std::uint64_t>((std::chrono::steady_clock::now() - asked).count());
    counters.servers = driver_.server_counters();
    counters.running = driver_.running();
    counters.dns = driver_.resolver_counters();
    report(counters);
  });
}

void Worker::report_top(base::TopNames Tops::*which, std::function<void(const TopEntries&)> report) {
  loop_.post([this, which, report = std::move(report)] { report((shared_.tops.*which).all()); });
}

void Worker::report_peers(std::function<void(const Peers&)> report) {
  loop_.post([this, report = std::move(report)] {
    Peers peers;
    for (const auto& connection : connections_) {
      PeerUse& use = peers[connection->peer().text()];
      ++use.connections;
      if (const pid_t process = connection->peer_process(); process > 0) ++use.processes[process];
    }
    report(peers);
  });
}

void Worker::set_drained(bool on) {
  loop_.post([this, on] {
    shared_.is_drained = on;
    if (!on || shared_.drain_end) return;
    for (Connection* connection : open_connections()) connection->drain();
  });
}

void Worker::drain(std::function<void()> accepted) {
  loop_.post([this, accepted = std::move(accepted)] { begin_drain(accepted); });
}

void Worker::stop() {
  loop_.post([this] { loop_.stop(); });
}

void Worker::watch_listeners() {
  const bool watches = !is_paused_ && turns_.has_turn(index_);
  for (const auto& watch : accepting_) {
    if (watches) {
      watch->enable();
    } else {
      watch->disable();
    }
  }
}

void Worker::look_for_connections(const Listener& listener) {
  const std::uint64_t before = shared_.counters.connections;
  const bool may_be_more = accept_some(listener);
  turns_.looked(index_, shared_.counters.connections != before, may_be_more);
}

bool Worker::accept_some(const Listener& listener) {
  reap();
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    if (!limit_.take()) {
      if (has_waiting(listener)) {
        ++shared_.counters.waits;
        limit_.make_room(loop_.now());
      }
      pause_accepting(kPauseFull);
      return false;
    }
    io::Descriptor socket(::accept4(listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.is_open()) {
      if (listener.door() == protocol::Door::control && refuse_stranger(socket)) {
        limit_.give_back();
        continue;
      }
      serve(std::move(socket), listener.door());
      if (turns_.is_laden(index_)) return true;
      continue;
    }
    const int problem = errno;
    limit_.give_back();
    // Another worker was faster, or the socket already refuses connections.
    if (problem == EAGAIN || problem == EWOULDBLOCK || problem == EINVAL) return false;
    if (problem == EMFILE || problem == ENFILE || problem == ENOBUFS || problem == ENOMEM) {
      if (complaint_.is_due(loop_.now())) log(LogLevel::warning, "new connections wait: {}", std::strerror(problem));
      limit_.make_room(loop_.now());
      pause_accepting(kPauseNoDescriptor);
      return false;
    }
    // The remaining errors mean that a connection ended before we took it (accept(2)): continue with the next.
  }
  return true;
}

void Worker::serve(io::Descriptor socket, protocol::Door door) {
  ++shared_.counters.connections;
  try {
    auto connection = std::make_unique<Connection>(shared_, *this, ++last_id_, std::move(socket), door);
    starting_ = connection.get();
    connection->start();
    starting_ = nullptr;
    if (!connection->has_ended()) {
      connections_.push_back(std::move(connection));
      connections_.back()->place = std::prev(connections_.end());
      turns_.opened(index_);
      return;
    }
  } catch (const std::exception& exception) {
    shared_.complain(exception);
  }
  limit_.give_back();
}

// Returns why a client of the control socket may not have another connection; empty: it may.
std::string Worker::crowding(const Peer& client) const {
  if (ControlDesk::has_precedence(client)) return {};
  int same = 0;
  int all = 0;
  for (const auto& connection : connections_) {
    if (ControlDesk::has_precedence(connection->peer())) continue;
    ++all;
    if (connection->peer() == client) ++same;
  }
  if (same < ControlDesk::kMostOfUser && all < ControlDesk::kMostOfUsers) return {};
  return fmt::format("{} connections of {}, {} of all users of control-users and stats-users: no more are accepted", same,
                     client.text(), all);
}

// Refuses a client that may not give commands, or has too many connections. Returns whether it did.
bool Worker::refuse_stranger(const io::Descriptor& socket) {
  std::string why = "there is no control socket here";
  if (shared_.control != nullptr) {
    why = shared_.control->refusal(socket.get());
    if (why.empty()) why = crowding(peer_of(socket.get()));
  }
  if (why.empty()) return false;
  if (stranger_.is_due(loop_.now())) log(LogLevel::warning, "control: refused: {}", why);
  std::string answer;
  protocol::ControlCodec::write_control({.is_error = true, .text = why}, protocol::Format::lines, answer);
  static_cast<void>(::send(socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  return true;
}

void Worker::pause_accepting(std::chrono::milliseconds time) {
  resume_.set(time);  // first, since it may throw
  is_paused_ = true;
  watch_listeners();
}

void Worker::report_connections(std::function<void(const std::vector<HeldConnection>&)> report) {
  loop_.post([this, report = std::move(report)] {
    std::vector<HeldConnection> held;
    held.reserve(connections_.size());
    for (const auto& connection : connections_) held.push_back(connection->held());
    report(held);
  });
}

void Worker::displace(const std::vector<HeldConnection>& chosen) {
  std::unordered_map<std::uint64_t, std::chrono::steady_clock::time_point> since;
  for (const HeldConnection& one : chosen) since.emplace(one.id, one.since);
  loop_.post([this, since = std::move(since)] {
    for (Connection* connection : open_connections()) {
      const auto its = since.find(connection->id());
      if (its != since.end()) connection->displace(its->second);
    }
  });
}

void Worker::connection_ended(Connection& connection) noexcept {
  if (&connection == starting_) return;  // serve() notices it
  limit_.give_back();
  turns_.closed(index_);
  reaper_.set();
  ended_.splice(ended_.end(), connections_, connection.place);
  if (!is_paused_ || shared_.drain_end) return;
  try {
    resume_.set(std::chrono::milliseconds::zero());
  } catch (const std::bad_alloc&) {
    // The timer fires at its present time instead.
  }
}

void Worker::hold_less() noexcept {
  // Shedding a connection may call this function again.
  if (std::exchange(is_making_room_, true)) return;
  try {
    shed_heaviest();
  } catch (const std::bad_alloc& exception) {
    shared_.complain(exception);
  }
  is_making_room_ = false;
}

void Worker::shed_heaviest() {
  std::vector<Connection*> connections = open_connections();
  std::vector<HeldConnection> held;
  held.reserve(connections.size());
  for (Connection* connection : connections) held.push_back(connection->held());
  // Frees an eighth at a time, so that further bytes do not require a survey each time.
  const std::size_t goal = Shared::kMostBytes - Shared::kMostBytes / 8;
  for (const std::size_t index : choose_heaviest(held, shared_.held - std::min(goal, shared_.held)))
    connections[index]->shed("all connections together hold too many bytes");
  if (heavy_.is_due(loop_.now()))
    log(LogLevel::warning, "clients' requests and answers take {} MB: the largest connections are closed",
        Shared::kMostBytes >> 20U);
}

void Worker::reap() {
  ended_.clear();
  if (shared_.drain_end) stop_if_drained();
}

void Worker::begin_drain(const std::function<void()>& accepted) {
  if (shared_.drain_end) return;
  for (const Listener& listener : listeners_) {
    while (!is_paused_ && accept_some(listener)) {}
  }
  resume_.cancel();
  accepting_.clear();
  accepted();
  shared_.drain_end = loop_.now() + kChecksAtStop;
  drain_timer_.set(kChecksAtStop);
  for (Connection* connection : open_connections()) connection->drain();
  stop_if_drained();
}

void Worker::end_drain() {
  if (loop_.now() >= *shared_.drain_end + kWritesAtStop / 2) return loop_.stop();
  drain_timer_.set(kWritesAtStop);
  for (Connection* connection : open_connections()) connection->answer_now();
}

// Returns a copy of the list, since connections end while callers walk over it.
std::vector<Connection*> Worker::open_connections() const {
  std::vector<Connection*> all;
  all.reserve(connections_.size());
  for (const auto& connection : connections_) all.push_back(connection.get());
  return all;
}

void Worker::stop_if_drained() {
  if (connections_.empty()) loop_.stop();
}

}  // namespace spfd
