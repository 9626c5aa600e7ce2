// A request of a connection, from the moment it is read until its answer is in the output.
//
// Pipeline sets `read_at` and lets the codec write `request`; begin() sets `started` and `snapshot` and starts the check; the
// check writes `found`, from which the codec writes `answer`. Then the slot is used again (base::renew()): its strings keep their
// memory, and nothing else is kept.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "common/io/driver.h"
#include "common/protocol/codec.h"
#include "common/receiver/srs_request.h"
#include "common/receiver/workspace.h"
#include "spfd/config/snapshot.h"
#include "spfd/explaining.h"
#include "spfd/health.h"
#include "spfd/shadow.h"

namespace spfd {

struct Slot {
  protocol::Request request;
  std::uint64_t read_at = 0;  // in seconds since 1970
  std::chrono::steady_clock::time_point started;
  std::shared_ptr<const Snapshot> snapshot;  // in force for this request
  io::Driver::Handle check;                  // the handle, unless the check was finished at once
  // The result of the check, until the answer is written. For a CheckRequest it is the reply in the workspace, which is explained
  // first if the request asked for it.
  std::variant<std::monostate, std::unique_ptr<receiver::Workspace>, std::unique_ptr<Explaining>, receiver::SrsReply,
               std::unique_ptr<DnsProbe>>
      found;
  io::CheckCost cost;  // of the check, when it has ended
  Shadow shadow;       // set with the reply, if there is a second policy
  std::string answer;
  std::size_t size = 0;  // bytes of request and answer counted in Shared::held
  bool is_done = false;  // the answer is complete
};

}  // namespace spfd
