// A table of limited size, in which the oldest entry makes room for a new one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace maillog {

template <class Value>
class OldestFirst {
 public:
  explicit OldestFirst(std::size_t most) : most_(most) {}

  // Adds an entry, or replaces the one with that key, which keeps its age.
  Value& put(const std::string& key, Value value) {
    const auto found = entries_.find(key);
    if (found != entries_.end()) return found->second->second = std::move(value);
    make_room([this](const std::string&, const Value&) { ++dropped_; });
    const auto place = order_.insert(order_.end(), {key, std::move(value)});
    entries_.emplace(key, place);
    return place->second;
  }
  // Returns the value; null: there is none. Valid until it is erased or dropped.
  Value* find(const std::string& key) {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second->second;
  }
  void erase(const std::string& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    order_.erase(found->second);
    entries_.erase(found);
  }
  // If the table is full: calls `use` with the oldest entry, and removes it.
  template <class Use>
  void make_room(Use use) {
    if (order_.size() < most_) return;
    use(order_.front().first, order_.front().second);
    entries_.erase(order_.front().first);
    order_.pop_front();
  }
  // Calls `use` with each entry, the oldest first, and removes all.
  template <class Use>
  void drain(Use use) {
    for (auto& [key, value] : order_) use(key, value);
    order_.clear();
    entries_.clear();
  }
  [[nodiscard]] std::size_t size() const { return order_.size(); }
  // Returns the number of entries that put() removed.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  using Order = std::list<std::pair<std::string, Value>>;

  std::size_t most_;
  Order order_;
  std::unordered_map<std::string, typename Order::iterator> entries_;
  std::uint64_t dropped_ = 0;
};

}  // namespace maillog
