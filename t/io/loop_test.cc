#include "common/io/loop.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "t/support/show.h"

using namespace std::chrono_literals;

TEST_CASE("loop: posted tasks run in the loop's thread, in order, also those that tasks post") {
  io::Loop loop;
  std::vector<int> seen;
  loop.post([&] {
    seen.push_back(1);
    loop.post([&] {
      seen.push_back(3);
      loop.stop();
    });
  });
  loop.post([&] { seen.push_back(2); });
  CHECK(seen.empty());
  loop.run();
  CHECK(seen == std::vector<int>{1, 2, 3});
}

TEST_CASE("loop: threads post at the same time, and no task is lost") {
  io::Loop loop;
  constexpr int kThreads = 4;
  constexpr int kTasks = 2000;
  int count = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kTasks; ++j) {
        loop.post([&] {
          if (++count == kThreads * kTasks) loop.stop();
        });
      }
    });
  }
  loop.run();
  for (std::thread& thread : threads) thread.join();
  CHECK(count == kThreads * kTasks);
}

TEST_CASE("loop: an inbox outlives its loop, and drops later tasks") {
  std::shared_ptr<io::Inbox> inbox;
  const auto owned = std::make_shared<int>(1);
  {
    io::Loop loop;
    inbox = loop.inbox();
    inbox->post([owned] { FAIL("never runs"); });
  }
  CHECK(owned.use_count() == 1);
  inbox->post([owned] { FAIL("never runs"); });
  CHECK(owned.use_count() == 1);
}

TEST_CASE("loop: a timer fires once, can be set again from its callback, cancelled, and destroyed from its callback") {
  io::Loop loop;
  int fired = 0;
  std::optional<io::Timer> again;
  again.emplace(loop, [&] {
    if (++fired < 3) again->set(1ms);
  });
  again->set(0ms);

  io::Timer cancelled(loop, [] { FAIL("was cancelled"); });
  cancelled.set(1ms);
  cancelled.cancel();

  std::unique_ptr<io::Timer> suicidal;
  suicidal = std::make_unique<io::Timer>(loop, [&] { suicidal.reset(); });
  suicidal->set(2ms);

  io::Timer last(loop, [&] { loop.stop(); });
  last.set(50ms);
  loop.run();
  CHECK(fired == 3);
  CHECK(suicidal == nullptr);
}

TEST_CASE("loop: a watch calls while there are bytes to read, and can be switched off and destroyed from its callback") {
  io::Loop loop;
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  REQUIRE(write(ends[0], "ab", 2) == 2);

  int calls = 0;
  std::unique_ptr<io::Watch> reader;
  io::Watch writer(loop, ends[1], io::Watch::writable, [&] {
    writer.disable();
    reader->enable();
  });
  reader = std::make_unique<io::Watch>(loop, ends[1], io::Watch::readable, [&] {
    ++calls;
    char byte = 0;
    CHECK(read(ends[1], &byte, 1) == 1);
    if (byte == 'b') {
      reader.reset();
      loop.stop();
    }
  });
  writer.enable();
  loop.run();
  CHECK(calls == 2);
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("loop: other threads can see how long a callback has been running") {
  io::Loop loop;
  CHECK(loop.busy_for() == 0ns);
  std::chrono::nanoseconds seen{0};
  const auto look = [&] {
    while (loop.busy_for() == 0ns) std::this_thread::yield();
    std::thread([&] { seen = loop.busy_for(); }).join();
  };
  loop.post([&] {
    look();
    CHECK(seen > 0ns);
    seen = 0ns;
  });
  io::Timer timer(loop, [&] {
    look();
    CHECK(seen > 0ns);
    loop.stop();
  });
  timer.set(1ms);
  loop.run();
  CHECK(loop.busy_for() == 0ns);
}
