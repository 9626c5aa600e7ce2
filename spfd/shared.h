// State that the connections of one worker share. Owned by the worker, and used in its thread only.
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
#include "spfd/config/snapshot.h"
#include "spfd/connection_limit.h"
#include "spfd/control_desk.h"
#include "spfd/counters.h"
#include "spfd/once_a_minute.h"
#include "spfd/slot.h"
#include "spfd/tops.h"
#include "spfd/verdict_log.h"

namespace spfd {

// Memory that the connection at work borrows; idle connections keep none.
struct Spare {
  std::vector<char> input;     // for one read
  std::string output = {};     // answers, until they are written
  std::list<Slot> slots = {};  // slots without a request; they keep the memory of their strings
  std::unique_ptr<receiver::Workspace> workspace = {};
  std::unique_ptr<receiver::Workspace> shadow = {};  // for judge_shadow()
};

struct Shared {
  // Bytes of input, requests and answers that all connections together may hold.
  static constexpr std::size_t kMostBytes = 64U << 20U;

  io::Loop& loop;                            // events and the time
  io::Driver& driver;                        // runs the checks
  std::shared_ptr<const Snapshot> snapshot;  // in force for new requests
  Spare spare;
  const ConnectionLimit* limit = nullptr;  // for request=health; null: no limit
  ControlDesk* control = nullptr;          // takes the commands of the control socket; null: there is none
  Counters counters = {};
  Tops tops = {};
  VerdictLog verdicts{loop};
  // Set when the daemon stops. Connections then end as soon as they are answered. Those that have not asked yet, have sent a
  // partial request, or carry an SMTP session (Codec::has_session) may continue until this time; then open checks are answered.
  std::optional<std::chrono::steady_clock::time_point> drain_end = {};
  // The process is drained (spfctl drain): connections end once they are answered, and new ones are answered once.
  bool is_drained = false;
  std::size_t held = 0;  // bytes held by all connections
  int explaining = 0;    // checks that are explained now
  OnceAMinute complaint = {};
  std::uint64_t next_id = 0;  // of a check (CheckIds); begins at a random number

  // Counts a check or connection that an exception has ended, and logs it at most once a minute.
  void complain(const std::exception& exception) noexcept;
};

}  // namespace spfd
