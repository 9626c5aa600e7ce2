// The settings in force: immutable, shared by all workers, replaced as a whole by a reload.
//
// The options write into these structs, and the connections read them, so that no option can be lost on the way. make_snapshot()
// adds what comes from files and what follows from other options (spfd/make_snapshot.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/dns/zone.h"
#include "common/io/name_server.h"
#include "common/protocol/codec.h"
#include "common/receiver/receiver.h"
#include "common/receiver/srs_answer.h"
#include "spfd/config/health_name.h"
#include "spfd/config/log_level.h"

namespace spfd {

struct Timeouts {
  std::chrono::milliseconds check{20'000};        // from request to answer
  std::chrono::milliseconds idle{60'000};         // for a complete request to arrive
  std::chrono::milliseconds mta_idle{7'200'000};  // between two requests on a connection that a mail server keeps open
  std::chrono::milliseconds write{20'000};        // for a client to take its answers
  std::chrono::milliseconds srs{4000};            // for the check before a sender is rewritten; at most `check`

  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

// The ids of checks, in the answer and in the log.
enum class CheckIds : std::uint8_t {
  client,  // those that clients give
  always,  // spfd makes one if the client gives none
  header,  // the same, and the id is in the header's comment
};

struct Snapshot {
  Timeouts timeouts;
  protocol::DoorOptions doors;
  receiver::Policy policy;
  std::optional<receiver::SrsPolicy> srs;    // none: there are no secrets
  std::vector<io::NameServer> name_servers;  // empty: those of resolv.conf
  std::shared_ptr<const dns::Zone> zone;     // null: none
  std::string health_name{kHealthName};      // what request=health asks DNS (health_name_at())
  LogLevel log_level = LogLevel::info;
  CheckIds check_ids = CheckIds::client;
  std::shared_ptr<const receiver::Policy> shadow;  // the second policy (shadow.h); null: none
  std::string shadow_config;                       // its file
  std::vector<std::string> notes;                  // for the operator: what was skipped, or may not work as intended

  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

}  // namespace spfd
