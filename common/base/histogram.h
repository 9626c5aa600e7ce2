// Counts of values by size, for metrics: an array in the object itself, so that adding a value allocates nothing.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace base {

// kBounds: an array of the inclusive upper bounds of all ranges but the last, ascending.
template <const auto& kBounds>
struct Histogram {
  std::array<std::uint64_t, kBounds.size() + 1> counts{};  // by range
  std::uint64_t sum = 0;                                   // of all values

  void add(std::uint64_t value) {
    const auto range = std::lower_bound(kBounds.begin(), kBounds.end(), value) - kBounds.begin();
    ++counts[static_cast<std::size_t>(range)];
    sum += value;
  }
};

}  // namespace base
