// What the connections of one worker share. For the worker's thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/io/driver.h"
#include "common/io/loop.h"
#include "common/receiver/workspace.h"
#include "spfd/connection_limit.h"
#include "spfd/counters.h"
#include "spfd/once_a_minute.h"
#include "spfd/slot.h"
#include "spfd/snapshot.h"
#include "spfd/verdict_log.h"

namespace spfd {

// Memory for whichever connection is at work; idle connections keep none.
struct Spare {
  std::vector<char> input;     // for one read
  std::string output = {};     // answers, until they are written
  std::list<Slot> slots = {};  // nodes and strings
  std::unique_ptr<receiver::Workspace> workspace = {};
};

struct Shared {
  // Bytes of input, requests and answers that all connections together may hold.
  static constexpr std::size_t kMostBytes = 64U << 20U;

  io::Loop& loop;                            // events and the time
  io::Driver& driver;                        // runs the checks
  std::shared_ptr<const Snapshot> snapshot;  // in force for new requests
  Spare spare;
  const ConnectionLimit* limit = nullptr;  // for request=health; null: there is none
  Counters counters = {};
  VerdictLog verdicts{loop};
  // Set when the daemon stops: connections end when they are answered. Those that have not asked yet, or have sent a part of a
  // request or message, may go on until then; then the open checks are answered.
  std::optional<std::chrono::steady_clock::time_point> drain_end = {};
  std::size_t held = 0;  // bytes, of all connections
  OnceAMinute complaint = {};

  // There was no memory, or something else went wrong, for a check or a connection: counts it, and logs it once a minute.
  void complain(const std::exception& exception) noexcept;
};

}  // namespace spfd
