// The names that come most often, in fixed memory: the space-saving sketch (Metwally, Agrawal, El Abbadi, "Efficient Computation
// of Frequent and Top-k Elements in Data Streams", ICDT 2005).
//
// A name that is not among the kNames held replaces the rarest one and takes over its count, which is then the most that its own
// count may be too high by. So a name that makes up more than 1/kNames of all is always held. Nothing is allocated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace base {

class TopNames {
 public:
  static constexpr std::size_t kNames = 64;
  static constexpr std::size_t kMaxName = 255;  // bytes; a longer name loses its beginning

  struct Entry {
    std::string name;
    std::uint64_t count = 0;
    std::uint64_t excess = 0;  // the count is too high by this at most
  };

  void add(std::string_view name) {
    if (name.size() > kMaxName) name.remove_prefix(name.size() - kMaxName);
    const std::size_t hash = std::hash<std::string_view>{}(name);
    std::size_t rarest = 0;
    for (std::size_t i = 0; i < used_; ++i) {
      if (hashes_[i] == hash && held_[i].text() == name) {
        ++counts_[i];
        return;
      }
      if (counts_[i] < counts_[rarest]) rarest = i;
    }
    if (used_ < kNames) {
      rarest = used_++;
    } else {
      held_[rarest].excess = counts_[rarest];
    }
    ++counts_[rarest];
    hashes_[rarest] = hash;
    held_[rarest].size = static_cast<std::uint8_t>(name.copy(held_[rarest].bytes.data(), kMaxName));
  }

  // Returns the names held, in no order.
  [[nodiscard]] std::vector<Entry> all() const {
    std::vector<Entry> entries;
    entries.reserve(used_);
    for (std::size_t i = 0; i < used_; ++i) entries.push_back({std::string(held_[i].text()), counts_[i], held_[i].excess});
    return entries;
  }

 private:
  struct Held {
    std::array<char, kMaxName> bytes{};
    std::uint8_t size = 0;
    std::uint64_t excess = 0;

    [[nodiscard]] std::string_view text() const { return {bytes.data(), size}; }
  };

  std::size_t used_ = 0;
  // Read by each add(), so they are adjacent in memory.
  std::array<std::size_t, kNames> hashes_{};
  std::array<std::uint64_t, kNames> counts_{};
  std::array<Held, kNames> held_{};
};

}  // namespace base
