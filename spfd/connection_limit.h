// How many connections all workers together may hold (max-connections), and which one is closed when another client waits.
//
// The peer with the most connections loses one: first the one that has been idle longest, then one that has sent a partial
// request, then one that does not take its answers. The last connection of a peer is closed only when no other peer has two or
// more of which one can be closed. If no connection has waited for its client for a second, the peer with the most connections,
// at least two, loses one that is at least a second old: in the same order, then one in the middle of a milter's message, then
// the one with the oldest check, which is answered first. The last check of a peer is never given up. So no peer can keep others
// out, neither by checks that never end nor by frequent requests.
// peer.h says which clients are one peer.
//
// choose_heaviest() chooses in a similar way when all connections of a worker together hold too many bytes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "spfd/once_a_minute.h"
#include "spfd/peer.h"

namespace spfd {

struct HeldConnection {
  // In the order in which connections are closed.
  enum class State : std::uint8_t { idle, asking, not_reading, in_message, checking };

  std::uint64_t id = 0;  // unique within its holder
  Peer peer;
  State state = State::idle;
  std::chrono::steady_clock::time_point since;   // when it began to wait for its client, or when its oldest check began
  std::chrono::steady_clock::time_point opened;  // when it was accepted
  std::size_t bytes = 0;                         // of requests and answers
};

inline constexpr std::chrono::seconds kShortestWait{1};

// Returns the indices into `all` of at most `most` connections to be closed.
std::vector<std::size_t> choose_displaced(const std::vector<HeldConnection>& all, std::size_t most,
                                          std::chrono::steady_clock::time_point now);

// Returns the indices into `all` of connections that together hold at least `excess` bytes, if all do: repeatedly the largest
// connection of the peer that holds most bytes.
std::vector<std::size_t> choose_heaviest(const std::vector<HeldConnection>& all, std::size_t excess);

// A worker. Both functions may be called from any thread.
class ConnectionHolder {
 public:
  ConnectionHolder() = default;
  ConnectionHolder(const ConnectionHolder&) = delete;
  ConnectionHolder& operator=(const ConnectionHolder&) = delete;
  virtual ~ConnectionHolder() = default;

  // Calls `report` soon, in the holder's thread.
  virtual void report_connections(std::function<void(const std::vector<HeldConnection>&)> report) = 0;
  // Closes these connections, unless they have been served since they were chosen. Open requests are answered first.
  virtual void displace(const std::vector<HeldConnection>& chosen) = 0;
};

class ConnectionLimit {
 public:
  explicit ConnectionLimit(int most) : most_(most) {}

  // Adds a worker; to be called before the first connection. Holders must outlive all calls of make_room().
  void add(ConnectionHolder& holder) { holders_.push_back(&holder); }

  bool take() {
    if (open_.fetch_add(1, std::memory_order_relaxed) < most_) return true;
    give_back();
    return false;
  }
  void give_back() { open_.fetch_sub(1, std::memory_order_relaxed); }
  [[nodiscard]] int open() const { return open_.load(std::memory_order_relaxed); }
  [[nodiscard]] int most() const { return most_; }

  // Closes other connections soon, since a client waits and there is no room: at most one in sixteen of the limit. So many,
  // because the queue of the listening socket may be full of connections of one client, and clients after them should wait only
  // for seconds. Logs it at most once a minute.
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
