#include "spfd/control.h"

#include <fmt/core.h>

#include <exception>
#include <utility>

namespace spfd {

Control::Control(const std::vector<Listener>& listeners, ControlUsers users, std::function<void()> wake,
                 std::shared_ptr<io::Cache> cache, const io::ResolverOptions& dns, std::shared_ptr<const Snapshot> snapshot)
    : listeners_(listeners),
      wake_(std::move(wake)),
      desk_(std::move(users), wake_),
      worker_(listeners, turns_, 0, limit_, std::move(cache), dns, std::move(snapshot)) {
  worker_.serve_commands(desk_);
}

void Control::start() {
  worker_.start(
      [this] {
        has_ended_ = true;
        wake_();
      },
      "spfd control");
}

void Control::carry_out(Commanded& commanded) {
  for (const ControlDesk::Order& order : desk_.take()) {
    try {
      obey(commanded, order.request, order.may_only_watch, order.done);
    } catch (const std::exception& exception) {
      order.done({.is_error = true, .text = fmt::format("the command was given up: {}", exception.what())});
    }
  }
}

void Control::end() {
  for (const Listener& listener : listeners_) listener.refuse_more();
  worker_.drain([] {});
}

}  // namespace spfd
