// Watches the heap use of a thread: counts its allocations and its bytes, and makes allocations fail.
//
// heap.cc replaces operator new and delete in every test program. Calls of malloc() by C libraries are not watched. A thread has
// at most one watch at a time.
#pragma once

#include <cstddef>
#include <limits>

namespace support {

class HeapWatch {
 public:
  HeapWatch();
  ~HeapWatch();
  HeapWatch(const HeapWatch&) = delete;
  HeapWatch& operator=(const HeapWatch&) = delete;

  // Counts since the watch began. Bytes include the allocator's overhead per block, and are negative if more was freed than
  // allocated.
  [[nodiscard]] std::size_t allocations() const;
  [[nodiscard]] std::ptrdiff_t bytes() const;

  // Makes the `number`-th allocation from now (1: the next) and the `times` - 1 that follow it throw std::bad_alloc.
  void fail_at(std::size_t number, std::size_t times = 1);
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
  // Ends the failures. Returns whether an allocation has failed since fail_at().
  bool end_failures();
};

}  // namespace support
