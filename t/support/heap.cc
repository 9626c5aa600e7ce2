#include "t/support/heap.h"

#include <malloc.h>

#include <cstdlib>
#include <new>
#include <utility>

namespace support {

namespace {

struct State {
  bool is_watched = false;
  std::size_t allocations = 0;
  std::ptrdiff_t bytes = 0;
  std::size_t before_failure = 0;  // allocations that succeed before the next one fails, if `failures` is not 0
  std::size_t failures = 0;
  bool has_failed = false;
};

constinit thread_local State g_state;

// Adds the size field that glibc stores before each block.
std::ptrdiff_t size_of(void* memory) { return static_cast<std::ptrdiff_t>(malloc_usable_size(memory) + sizeof(std::size_t)); }

bool fails_now() {
  State& state = g_state;
  if (state.failures == 0) return false;
  if (state.before_failure != 0) {
    --state.before_failure;
    return false;
  }
  --state.failures;
  state.has_failed = true;
  return true;
}

void* try_to_allocate(std::size_t size) {
  if (!g_state.is_watched) return std::malloc(size == 0 ? 1 : size);
  if (fails_now()) return nullptr;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  ++g_state.allocations;
  if (memory != nullptr) g_state.bytes += size_of(memory);
  return memory;
}

void* allocate(std::size_t size) {
  void* const memory = try_to_allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void release(void* memory) {
  if (g_state.is_watched && memory != nullptr) g_state.bytes -= size_of(memory);
  std::free(memory);
}

}  // namespace

HeapWatch::HeapWatch() { g_state = {.is_watched = true}; }

HeapWatch::~HeapWatch() { g_state = {}; }

std::size_t HeapWatch::allocations() const { return g_state.allocations; }

std::ptrdiff_t HeapWatch::bytes() const { return g_state.bytes; }

void HeapWatch::fail_at(std::size_t number, std::size_t times) {
  g_state.before_failure = number - 1;
  g_state.failures = times;
  g_state.has_failed = false;
}

bool HeapWatch::end_failures() {
  g_state.failures = 0;
  return std::exchange(g_state.has_failed, false);
}

}  // namespace support

// All forms are replaced, because sanitizers define those that are left out.
void* operator new(std::size_t size) { return support::allocate(size); }
void* operator new[](std::size_t size) { return support::allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept { return support::try_to_allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t& /*tag*/) noexcept { return support::try_to_allocate(size); }
[[gnu::noinline]] void operator delete(void* memory) noexcept { support::release(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { support::release(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept { support::release(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t /*size*/) noexcept { support::release(memory); }
[[gnu::noinline]] void operator delete(void* memory, const std::nothrow_t& /*tag*/) noexcept { support::release(memory); }
[[gnu::noinline]] void operator delete[](void* memory, const std::nothrow_t& /*tag*/) noexcept { support::release(memory); }
