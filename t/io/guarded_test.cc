#include "common/io/guarded.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace {

// One thread holds the lock for a while after the other has announced that it will lock it.
void collide(io::Guarded<int>& guarded) {
  std::atomic<bool> is_held = false;
  std::atomic<bool> is_wanted = false;
  std::thread holder([&] {
    guarded.with([&](int& value) {
      is_held = true;
      while (!is_wanted) std::this_thread::yield();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      ++value;
    });
  });
  while (!is_held) std::this_thread::yield();
  is_wanted = true;
  guarded.with([](int& value) { ++value; });
  holder.join();
}

}  // namespace

TEST_CASE("guarded: a lock that nobody else holds causes no wait; a held one is counted") {
  io::Guarded<int> guarded;
  for (int i = 0; i < 100; ++i) guarded.with([](int& value) { ++value; });
  CHECK(guarded.waits() == 0);
  int collisions = 0;
  for (; collisions < 1000 && guarded.waits() == 0; ++collisions) collide(guarded);
  CHECK(guarded.waits() == 1);
  CHECK(guarded.with([](const int& value) { return value; }) == 100 + 2 * collisions);
}
