#include "spfd/control_desk.h"

#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace spfd {

namespace {

// An order that the socket's side waits for. Used in the thread of the loop only.
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

}  // namespace

std::string ControlDesk::refusal(int socket) const {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof peer || peer.pid <= 0)
    return "the user at the other end of the socket is unknown";
  if (peer.uid == 0 || peer.uid == ::geteuid() || std::find(users_.begin(), users_.end(), peer.uid) != users_.end()) return {};
  return fmt::format("user {} may not control spfd (control-users)", peer.uid);
}

io::Driver::Handle ControlDesk::order(io::Loop& loop, std::string line, Done done) {
  auto waiting = std::make_unique<Waiting>(std::move(done));
  const auto answer = [inbox = loop.inbox(), weak = waiting->done()](const protocol::ControlAnswer& text) {
    inbox->post([weak, text] {
      // The function may end its own connection, and with it the handle.
      if (const auto held = weak.lock()) (*held)(text);
    });
  };
  orders_.with([&](std::vector<Order>& orders) { orders.push_back({std::move(line), answer}); });
  wake_();
  return waiting;
}

std::vector<ControlDesk::Order> ControlDesk::take() {
  return orders_.with([](std::vector<Order>& orders) { return std::exchange(orders, {}); });
}

}  // namespace spfd
