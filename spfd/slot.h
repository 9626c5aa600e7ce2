// A request of a connection, from the moment at which it is read to the moment at which its answer is in the output.
//
// Slots are reused (base::renew()): strings keep their memory, and nothing else stays.
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
#include "spfd/health.h"
#include "spfd/snapshot.h"

namespace spfd {

struct Slot {
  protocol::Request request;
  std::uint64_t time = 0;  // when it was read, in seconds since 1970
  std::chrono::steady_clock::time_point started;
  std::shared_ptr<const Snapshot> snapshot;  // in force for this request
  io::Driver::Handle check;                  // under way, unless it was finished at once
  // What the check has found, until the answer is written: the reply of a CheckRequest is in the workspace.
  std::variant<std::monostate, std::unique_ptr<receiver::Workspace>, receiver::SrsReply, std::unique_ptr<DnsProbe>> found;
  std::string answer;
  std::size_t size = 0;  // bytes of request and answer, as counted in Shared::held
  bool is_done = false;  // the answer is complete
};

}  // namespace spfd
