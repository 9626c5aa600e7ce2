// Makes the snapshot of the options in force (spfd/config/snapshot.h).
#pragma once

#include <memory>

#include "common/base/result.h"
#include "spfd/config/options.h"
#include "spfd/config/snapshot.h"

namespace spfd {

// Makes the snapshot and reads the files that it needs. Errors (EX_CONFIG): "FILE:LINE: what" for zone files and the second
// configuration, "FILE: what" for secrets.
base::Result<std::shared_ptr<const Snapshot>, StartError> make_snapshot(const Options& options);

// Returns the snapshot for the control socket, whose checks have a trace and an explanation.
std::shared_ptr<const Snapshot> for_commands(const Snapshot& snapshot);

}  // namespace spfd
