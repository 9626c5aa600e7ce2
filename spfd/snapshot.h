// What is in force at a moment: never changed, shared by all workers, replaced as a whole by a reload.
//
// The options write into these structs, and the connections read them, so that no option can be lost on the way;
// make_snapshot() adds what comes from files and from other options (spfd/options.h).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/dns/zone.h"
#include "common/io/name_server.h"
#include "common/protocol/codec.h"
#include "common/receiver/receiver.h"
#include "common/receiver/srs_answer.h"
#include "spfd/log_level.h"
#include "spfd/start_error.h"

namespace spfd {

struct Options;

struct Timeouts {
  std::chrono::milliseconds check{20'000};        // from question to answer
  std::chrono::milliseconds idle{60'000};         // a connection without a complete question
  std::chrono::milliseconds mta_idle{7'200'000};  // a connection that a mail server keeps, between two questions
  std::chrono::milliseconds write{20'000};        // a client that does not take its answer
  std::chrono::milliseconds srs{4000};            // a check for the rewriting of a sender; at most `check`

  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

struct Snapshot {
  Timeouts timeouts;
  protocol::DoorOptions doors;
  receiver::Policy policy;
  std::optional<receiver::SrsPolicy> srs;    // nothing: there are no secrets
  std::vector<io::NameServer> name_servers;  // empty: those of resolv.conf
  std::shared_ptr<const dns::Zone> zone;     // null: none
  LogLevel log_level = LogLevel::info;
  std::vector<std::string> notes;  // for the operator: what was skipped, or may not work as it is meant

  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

// Reads the zone files, "FILE:LINE: what" (EX_CONFIG), and the secrets, "FILE: what" (likewise).
base::Result<std::shared_ptr<const Snapshot>, StartError> make_snapshot(const Options& options);

}  // namespace spfd
