#include "t/support/heap.h"

#include <doctest/doctest.h>

#include <memory>
#include <new>
#include <string>

TEST_CASE("heap watch: counts allocations and the bytes in use") {
  const support::HeapWatch watch;
  auto text = std::make_unique<std::string>(1000, 'x');
  const std::size_t allocations = watch.allocations();
  const std::ptrdiff_t held = watch.bytes();
  text.reset();
  const std::ptrdiff_t left = watch.bytes();
  CHECK(allocations == 2);
  CHECK(held >= 1000 + static_cast<std::ptrdiff_t>(sizeof(std::string)));
  CHECK(left == 0);
}

TEST_CASE("heap watch: the given allocation fails, those before and after it do not") {
  support::HeapWatch watch;
  std::string fates;
  watch.fail_at(3, 2);
  for (int i = 0; i < 6; ++i) {
    try {
      ::operator delete(::operator new(1));  // a call, not a new expression, since a compiler may remove a pair of those
      fates.push_back('+');                  // short enough to need no allocation
    } catch (const std::bad_alloc&) {
      fates.push_back('-');
    }
  }
  const bool has_failed = watch.end_failures();
  CHECK(fates == "++--++");
  CHECK(has_failed);
  CHECK_FALSE(watch.end_failures());
}
