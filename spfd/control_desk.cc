#include "spfd/control_desk.h"

#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace spfd {

namespace {

// A command whose answer the connection waits for. Only the thread of the loop uses it.
class Waiting final : public io::Driver::Check {
 public:
  explicit Waiting(ControlDesk::Done done) : done_(std::make_shared<ControlDesk::Done>(std::move(done))) {}

  void expire() override {
    if (const auto done = std::move(done_)) (*done)({.is_error = true, .text = "the command has no answer yet"});
  }
  [[nodiscard]] std::weak_ptr<ControlDesk::Done> done() const { return done_; }

 private:
  std::shared_ptr<ControlDesk::Done> done_;
};

bool has(const std::vector<uid_t>& users, const Peer& client) {
  return std::find(users.begin(), users.end(), client.number) != users.end();
}

}  // namespace

bool ControlDesk::has_precedence(const Peer& client) {
  return client.kind == Peer::Kind::user && (client.number == 0 || client.number == ::geteuid());
}

std::string ControlDesk::refusal(int socket) const {
  // A process of another PID namespace has the number 0, and its user may be unknown here.
  ucred process{};
  socklen_t size = sizeof process;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &process, &size) != 0 || size != sizeof process || process.pid <= 0)
    return "the user at the other end of the socket is unknown";
  const Peer client = peer_of(socket);
  if (!may_only_watch(client) || has(users_.stats, client)) return {};
  return fmt::format("{} may not control spfd (control-users)", client.text());
}

bool ControlDesk::may_only_watch(const Peer& client) const { return !has_precedence(client) && !has(users_.all, client); }

io::Driver::Handle ControlDesk::order(io::Loop& loop, protocol::ControlRequest request, const Peer& client, Done done) {
  auto waiting = std::make_unique<Waiting>(std::move(done));
  const auto answer = [inbox = loop.inbox(), weak = waiting->done()](const protocol::ControlAnswer& text) {
    inbox->post([weak, text] {
      // The function may end its own connection, and with it the handle.
      if (const auto held = weak.lock()) (*held)(text);
    });
  };
  orders_.with([&](std::vector<Order>& orders) { orders.push_back({std::move(request), may_only_watch(client), answer}); });
  wake_();
  return waiting;
}

std::vector<ControlDesk::Order> ControlDesk::take() {
  return orders_.with([](std::vector<Order>& orders) { return std::exchange(orders, {}); });
}

}  // namespace spfd
