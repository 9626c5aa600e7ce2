// The queue of commands from the control socket, which the main thread carries out since they act on the whole process.
//
// The thread of the control socket hands in an order and continues; the main thread takes the orders, carries them out one after
// the other, and calls back. The socket's limits bound their number: one per connection.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "common/io/driver.h"
#include "common/io/guarded.h"
#include "common/io/loop.h"
#include "common/protocol/codec.h"
#include "spfd/peer.h"

namespace spfd {

class ControlDesk {
 public:
  using Done = std::function<void(const protocol::ControlAnswer& answer)>;

  struct Order {
    protocol::ControlRequest request;  // its line is printable
    Done done;                         // to be called once, from any thread; throws nothing but std::bad_alloc
  };

  // `users` may give commands, besides root and the user of this process. `wake` is called, from the thread of the control
  // socket, when there is an order.
  ControlDesk(std::vector<uid_t> users, std::function<void()> wake) : users_(std::move(users)), wake_(std::move(wake)) {}

  // Connections that one user of control-users may have, and all of them together. root and the user of this process have no such
  // bound, so there is always room for them.
  static constexpr int kMostOfUser = 4;
  static constexpr int kMostOfUsers = 8;
  // Checks of "explain" at a time, each of which may wait for DNS: fewer than connections, so that other commands find one, and
  // more than kMostOfUsers.
  static constexpr std::size_t kMostExplained = 12;

  // Returns whether this is root or the user of this process.
  [[nodiscard]] static bool has_precedence(const Peer& client);
  // Returns why the client of a UNIX socket may not give commands, as one line; empty: it may.
  [[nodiscard]] std::string refusal(int socket) const;
  // Hands in a command. `done` is called in the loop's thread, never from within this call. Destroying the handle drops the
  // answer; the command is carried out nevertheless.
  io::Driver::Handle order(io::Loop& loop, protocol::ControlRequest request, Done done);
  // Takes the orders that have come; for the main thread.
  std::vector<Order> take();

 private:
  const std::vector<uid_t> users_;
  const std::function<void()> wake_;
  io::Guarded<std::vector<Order>> orders_;
};

}  // namespace spfd
