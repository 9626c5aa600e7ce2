// One connection of a client: its bytes, its times, its end. What the bytes ask, and the answers, are the affair of its Pipeline.
//
// The life of a request:
//   1. Bytes come: right after accept, since most requests are there already, or when the socket is readable. read_input() gives
//      them to the pipeline, which begins each request that is complete.
//   2. If the DNS answers are cached, the answer is in the pipeline's output when advance() returns from it: it is written at
//   once,
//      and the event loop has had no part in it. Otherwise the check waits in the driver, and the slot keeps the request.
//   3. The driver calls the pipeline, the pipeline answered(). Answers leave in the order of the requests.
//   4. wait() decides what comes next: more input, a client that takes its answers, checks, or the end.
// Who owns what: the owner owns connections, a connection owns socket, watches, timer and pipeline, the pipeline owns codec,
// slots and output; a slot owns its request, its check and what that found, until the answer is in the output. When a connection
// ends it drops all of that at once, but the object itself lives until the loop's next turn, since it may be on the call stack.
//
// Plain reads and writes on a non-blocking socket. Bounds: those of the pipeline; no reading while an answer waits to be taken; a
// time for each kind of waiting. All connections of a worker together hold at most Shared::kMostBytes: then the owner displaces
// the largest ones.
// Errors: an exception, std::bad_alloc above all, costs one check (temperror) or one connection, and leaves no public function.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <string_view>

#include "common/io/loop.h"
#include "common/protocol/codec.h"
#include "spfd/connection_limit.h"
#include "spfd/descriptor.h"
#include "spfd/pipeline.h"
#include "spfd/shared.h"

namespace spfd {

class Connection;
using Connections = std::list<std::unique_ptr<Connection>>;

class ConnectionOwner {
 public:
  ConnectionOwner() = default;
  ConnectionOwner(const ConnectionOwner&) = delete;
  ConnectionOwner& operator=(const ConnectionOwner&) = delete;
  virtual ~ConnectionOwner() = default;
  // The connection is closed, perhaps within start(). It must not be destroyed before the loop's next turn, except after start():
  // it is on the call stack.
  virtual void connection_ended(Connection& connection) noexcept = 0;
  // All connections together hold more than Shared::kMostBytes: displaces some of them, perhaps the one that calls.
  virtual void hold_less() noexcept {}
};

class Connection final : private Pipeline::Owner {
 public:
  Connection(Shared& shared, ConnectionOwner& owner, std::uint64_t id, Descriptor socket, protocol::Door door);
  ~Connection() override = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Serves what is there.
  void start();
  // When the daemon stops (Shared::drain_end is set). Reads what has come in already, and ends as soon as all is answered.
  void drain();
  // At Shared::drain_end: answers what DNS has not answered yet with a temperror.
  void answer_now();

  // What ConnectionLimit has to know of it.
  [[nodiscard]] HeldConnection held();
  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] bool has_ended() const { return phase_ == Phase::ended; }
  // Closes it to make room for others, unless it has been served since it was chosen (HeldConnection::since). A part of a
  // request gets an answer that gives `why`, and checks under way get theirs without what DNS has not answered yet.
  void displace(std::chrono::steady_clock::time_point since);
  // The same whenever it is called.
  void shed(std::string_view why);

  Connections::iterator place;  // in its owner's list: the owner's affair

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  enum class Phase : std::uint8_t {
    open,       // takes requests, until the pipeline is closed, and writes answers
    blocked,    // the client does not take its answer; nothing is read meanwhile
    lingering,  // all is said; the client may still be sending
    ended,
  };

  void answered() noexcept override;
  void failed(const std::exception& exception) noexcept override;
  // Calls `step`. A connection for which it throws is closed; the others are not concerned.
  template <class Step>
  void guarded(Step&& step) noexcept;
  void read_input();
  void on_timer();
  void advance();
  void go_on();
  void relieve();
  bool write_output();
  void give_up(std::string_view why);
  void wait();
  void wait_for_requests();
  [[nodiscard]] bool may_still_ask() const;
  void close_gently();
  void end();
  [[nodiscard]] bool client_is_gone() const;
  void watch_input(bool on);
  void watch_output(bool on);
  void wait_until(TimePoint deadline);

  Shared& shared_;
  ConnectionOwner& owner_;
  const std::uint64_t id_;
  const TimePoint opened_;
  std::optional<std::uint64_t> peer_;  // known when somebody asked
  Descriptor socket_;
  Pipeline pipeline_;
  Phase phase_ = Phase::open;
  bool at_end_of_input_ = false;
  std::size_t written_ = 0;    // of the pipeline's output
  std::size_t discarded_ = 0;  // bytes after the last request
  TimePoint waiting_since_;    // for a request, or for the client to take its answer
  std::chrono::milliseconds linger_;
  TimePoint deadline_;
  std::optional<TimePoint> timer_set_for_;
  std::unique_ptr<io::Watch> input_;
  std::unique_ptr<io::Watch> output_watch_;
  std::unique_ptr<io::Timer> timer_;
};

}  // namespace spfd
