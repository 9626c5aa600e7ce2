// What is in force at a moment, made from the options: never changed, shared by all workers, replaced whole by a reload.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/dns/zone.h"
#include "common/protocol/codec.h"
#include "common/receiver/receiver.h"
#include "common/receiver/srs_answer.h"
#include "spfd/options.h"

namespace spfd {

struct Snapshot {
  receiver::Policy policy;
  protocol::DoorOptions doors;
  std::shared_ptr<const dns::Zone> zone;   // null: none
  std::vector<std::string> notes;          // for the operator: what was skipped, or may not work as it is meant
  std::optional<receiver::SrsPolicy> srs;  // nothing: there are no secrets
  std::chrono::milliseconds timeout{};
  std::chrono::milliseconds idle_timeout{};
  std::chrono::milliseconds mta_idle_timeout{};
  std::chrono::milliseconds write_timeout{};
  std::chrono::milliseconds srs_timeout{};
};

// Reads the zone files, "FILE:LINE: what" (EX_CONFIG), and the secrets, "FILE: what" (likewise).
base::Result<std::shared_ptr<const Snapshot>, StartError> make_snapshot(const Options& options);

}  // namespace spfd
