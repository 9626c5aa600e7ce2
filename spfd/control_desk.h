// The queue of commands from the control socket, which the main thread carries out since they act on the whole process.
//
// The thread of the control socket hands in an order and continues; the main thread takes the orders, carries them out one after
// the other, and calls back. The socket's limits bound their number: one per connection.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/io/driver.h"
#include "common/io/guarded.h"
#include "common/io/loop.h"
#include "common/protocol/codec.h"
#include "spfd/peer.h"

namespace spfd {

// The users who may give commands, besides root and the user of this process.
struct ControlUsers {
  std::vector<uid_t> all;    // every command
  std::vector<uid_t> stats;  // only the commands "status" and "stats"
};

class ControlDesk {
 public:
  using Done = std::function<void(const protocol::ControlAnswer& answer)>;

  struct Order {
    protocol::ControlRequest request;  // its line is printable
    bool may_only_watch = false;       // the user is one of ControlUsers::stats
    Done done;                         // to be called once, from any thread; throws nothing but std::bad_alloc
  };

  // `wake` is called, from the thread of the control socket, when there is an order.
  ControlDesk(ControlUsers users, std::function<void()> wake) : users_(std::move(users)), wake_(std::move(wake)) {}

  // Connections that one of these users may have, and all of them together. root and the user of this process have no such bound,
  // so there is always room for them.
  static constexpr int kMostOfUser = 4;
  static constexpr int kMostOfUsers = 8;
  // Checks of "explain" at a time, each of which may wait for DNS: fewer than connections, so that other commands find one, and
  // more than kMostOfUsers.
  static constexpr std::size_t kMostExplained = 12;
  // The answer to a client that may_only_watch() and gives another command.
  static constexpr std::string_view kOnlyWatches = "this user may give the commands status and stats only (stats-users)";

  // Returns whether this is root or the user of this process.
  [[nodiscard]] static bool has_precedence(const Peer& client);
  // Returns why the client of a UNIX socket may not give commands, as one line; empty: it may.
  [[nodiscard]] std::string refusal(int socket) const;
  // Returns whether a client that is not refused may give the commands "status" and "stats" only.
  [[nodiscard]] bool may_only_watch(const Peer& client) const;
  // Hands in a command of this client. `done` is called in the loop's thread, never from within this call. Destroying the handle
  // drops the answer; the command is carried out nevertheless.
  io::Driver::Handle order(io::Loop& loop, protocol::ControlRequest request, const Peer& client, Done done);
  // Takes the orders that have come; for the main thread.
  std::vector<Order> take();

 private:
  const ControlUsers users_;
  const std::function<void()> wake_;
  io::Guarded<std::vector<Order>> orders_;
};

}  // namespace spfd
