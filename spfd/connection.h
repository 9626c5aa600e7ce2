// One connection of a client: its bytes, its time limits and its end. Its Pipeline holds the requests.
//
// The life of a request:
//   1. The worker accepts the connection and calls start(). read_input() reads at once, since most requests have arrived by then,
//      and later whenever the socket is readable. It feeds the bytes to the pipeline.
//   2. advance() lets the pipeline begin every complete request, each in a slot of its own. If the cache has all DNS answers, the
//      answer is in the pipeline's output when advance() looks there, and is written at once: the event loop has no part in it.
//      Otherwise the check waits in the driver (io::Driver), and the slot keeps the request.
//   3. When the last missing DNS answer has come, or time is up, the driver calls the pipeline, which writes the answer into the
//      slot and calls answered(). Answers leave in the order of their requests.
//   4. Each of these calls ends in wait(), which watches for what comes next (input, room for answers, the end of checks, a
//      deadline) or closes the connection.
// Ownership: the ConnectionOwner (the worker) owns connections. A connection owns its socket, watches, timer and pipeline. The
// pipeline owns codec, slots and output. A slot owns its request, the check and what the check found until the answer is in the
// output; then it returns to the worker's spare slots. end() closes the socket and drops all checks at once, but the object lives
// until the loop's next turn, since it may be on the call stack.
//
// The socket is non-blocking; reads and writes are plain system calls. Bounds: those of the pipeline; nothing is read while the
// client does not take its answers; each kind of waiting has a time-out. All connections of a worker together hold at most
// Shared::kMostBytes; above that, the owner closes the largest ones.
// Errors: an exception, such as std::bad_alloc, costs one check (temperror) or one connection, and leaves no public function.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/io/descriptor.h"
#include "common/io/loop.h"
#include "common/protocol/codec.h"
#include "spfd/connection_limit.h"
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
  // Called when the connection has closed, perhaps within start(). The connection must not be destroyed before the loop's next
  // turn, or before start() returns: it is on the call stack.
  virtual void connection_ended(Connection& connection) noexcept = 0;
  // Called when all connections together hold more than Shared::kMostBytes: closes some of them, perhaps the caller.
  virtual void hold_less() noexcept {}
};

class Connection final : private Pipeline::Owner {
 public:
  Connection(Shared& shared, ConnectionOwner& owner, std::uint64_t id, io::Descriptor socket, protocol::Door door);
  ~Connection() override = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Serves the requests that have arrived.
  void start();
  // Called when the daemon stops (Shared::drain_end is set): the client may ask once more until then. Also called when it is
  // drained (Shared::is_drained): reads the requests that have arrived, and ends as soon as all are answered.
  void drain();
  // Reads the requests that have arrived and ends the open checks, at Shared::drain_end: DNS answers that are missing count as
  // timed out.
  void answer_now();

  // Returns the facts from which connections to be closed are chosen.
  [[nodiscard]] HeldConnection held();
  [[nodiscard]] const Peer& peer() override;
  // Returns the process that has made the connection, on this machine; 0: unknown.
  [[nodiscard]] pid_t peer_process() const { return process_of(socket_.get()); }
  [[nodiscard]] protocol::Door door() const { return door_; }
  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] bool has_ended() const { return phase_ == Phase::ended; }
  // Closes the connection to make room for others, unless it has been served since it was chosen (HeldConnection::since). A
  // partial request is answered with an error that gives `why`; open checks are answered without the missing DNS answers.
  void displace(std::chrono::steady_clock::time_point since);
  // Does the same unconditionally.
  void shed(std::string_view why);

  Connections::iterator place;  // in its owner's list; used by the owner only

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  enum class Phase : std::uint8_t {
    open,       // takes requests until the pipeline is closed, and writes answers
    blocked,    // the client does not take its answers; nothing is read meanwhile
    lingering,  // all answers are written; the client may still be sending
    ended,
  };

  void answered() noexcept override;
  void failed(const std::exception& exception) noexcept override;
  // Calls `step`. If it throws, this connection closes; others are not affected.
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
  const protocol::Door door_;  // of the listening socket
  const TimePoint opened_;
  std::optional<Peer> peer_;  // set by peer()
  io::Descriptor socket_;
  Pipeline pipeline_;
  Phase phase_ = Phase::open;
  std::size_t written_ = 0;         // bytes written of the pipeline's output
  std::size_t discarded_ = 0;       // bytes read after the last request
  std::uint64_t asked_before_ = 0;  // requests read before the daemon stopped
  TimePoint waiting_since_;         // for a request, or for the client to take its answers
  std::chrono::milliseconds linger_;
  TimePoint deadline_;
  std::optional<TimePoint> timer_set_for_;
  std::unique_ptr<io::Watch> input_;
  std::unique_ptr<io::Watch> output_watch_;
  std::unique_ptr<io::Timer> timer_;
};

}  // namespace spfd
