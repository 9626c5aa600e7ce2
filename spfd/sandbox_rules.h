// The sandbox rules that follow from the options of spfd.
#pragma once

#include <optional>
#include <string>

#include "spfd/config/options.h"
#include "spfd/sandbox.h"

namespace spfd {

// Returns the rules without the folders of sockets and pid file. The rules let a reload read: configuration, zones, secrets and
// resolv.conf, also after these files have been replaced.
SandboxRules sandbox_rules(const Options& options);

// Returns why a reload cannot put these options in force: a file or a port that the sandbox forbids.
std::optional<std::string> sandbox_objection(const Options& options);

}  // namespace spfd
