// Watches what a thread does with the heap: how often it allocates, how much it holds; and makes an allocation fail.
//
// The program's operator new and delete are replaced by those of heap.cc, in every test program. malloc() itself, as C libraries
// call it, is not watched. One watch per thread at a time.
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

  // Since the watch began. Bytes with what the allocator takes per block; negative when more was given back than taken.
  [[nodiscard]] std::size_t allocations() const;
  [[nodiscard]] std::ptrdiff_t bytes() const;

  // The `number`-th allocation from now (1: the next) and the `times` - 1 that follow it throw std::bad_alloc.
  void fail_at(std::size_t number, std::size_t times = 1);
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
  // No further allocation fails. Returns whether one did since fail_at().
  bool end_failures();
};

}  // namespace support
