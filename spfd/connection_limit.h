// How many connections all workers together may hold (max-connections), and whose is closed when another client waits.
//
// The peer who holds most connections gives one up, and of these the one that has been idle longest; then one that has sent a
// part of a question; then one that does not take its answer. A peer's last connection is given up only when no other peer has
// two of which one can be. When no connection waits for its client for a second already, the peer who holds most, and more than
// one, gives up one that is at least a second old, in the same order, then one in the middle of a milter's message, then the one
// whose check has been under way longest, which is answered. A peer's last check is never given up. So no peer can keep others
// out, neither by checks that never end nor by questions that come often.
// A peer is a user on UNIX sockets, an IPv4 address, or an IPv6 network of 64 bits.
//
// The same holders are asked for a connection when all connections of a worker hold too many bytes (choose_heaviest()).
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "spfd/once_a_minute.h"

namespace spfd {

struct HeldConnection {
  // In the order in which they are given up.
  enum class State : std::uint8_t { idle, asking, not_reading, in_message, checking };

  std::uint64_t id = 0;    // the holder's
  std::uint64_t peer = 0;  // peer_of()
  State state = State::idle;
  std::chrono::steady_clock::time_point since;   // when it began to wait for its client, or its oldest check began
  std::chrono::steady_clock::time_point opened;  // when it was accepted
  std::size_t bytes = 0;                         // of questions and answers
};

inline constexpr std::chrono::seconds kShortestWait{1};

// Who is at the other end of a socket, as one number.
std::uint64_t peer_of(int socket);

// Indices into `all` of at most `most` connections to be given up.
std::vector<std::size_t> choose_displaced(const std::vector<HeldConnection>& all, std::size_t most,
                                          std::chrono::steady_clock::time_point now);

// Indices into `all` of connections that hold at least `excess` bytes together, if there are so many: the peer who holds most
// bytes gives up its largest connection, and so on.
std::vector<std::size_t> choose_heaviest(const std::vector<HeldConnection>& all, std::size_t excess);

// A worker. Both may be called from any thread.
class ConnectionHolder {
 public:
  ConnectionHolder() = default;
  ConnectionHolder(const ConnectionHolder&) = delete;
  ConnectionHolder& operator=(const ConnectionHolder&) = delete;
  virtual ~ConnectionHolder() = default;

  // Calls `report` soon, in a thread of its own.
  virtual void report_connections(std::function<void(const std::vector<HeldConnection>&)> report) = 0;
  // Closes these, unless they have been served since. A question that is not answered yet gets its answer.
  virtual void displace(const std::vector<HeldConnection>& chosen) = 0;
};

class ConnectionLimit {
 public:
  explicit ConnectionLimit(int most) : most_(most) {}

  // Before the first connection. Holders outlive all calls of make_room().
  void add(ConnectionHolder& holder) { holders_.push_back(&holder); }

  bool take() {
    if (open_.fetch_add(1, std::memory_order_relaxed) < most_) return true;
    give_back();
    return false;
  }
  void give_back() { open_.fetch_sub(1, std::memory_order_relaxed); }
  [[nodiscard]] int open() const { return open_.load(std::memory_order_relaxed); }
  [[nodiscard]] int most() const { return most_; }

  // A client waits and there is no place: closes others' connections soon, at most one in sixteen. (So many because the queue of
  // the listening socket may be full of connections of one client, and those behind them are to wait for seconds only.) Says so
  // once a minute.
  void make_room(std::chrono::steady_clock::time_point now);

 private:
  struct Survey;
  void displace(const Survey& survey);
  void say(const Survey& survey, const std::vector<std::size_t>& chosen);

  const int most_;
  std::atomic<int> open_{0};
  std::vector<ConnectionHolder*> holders_;
  std::atomic<bool> is_making_room_{false};
  OnceAMinute full_;
  OnceAMinute displaced_;
  OnceAMinute given_up_;
};

}  // namespace spfd
