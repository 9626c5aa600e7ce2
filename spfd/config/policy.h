// The policy that a configuration describes, without what comes from files of secrets. spfquery uses it too.
#pragma once

#include "common/receiver/rules.h"
#include "spfd/config/options.h"

namespace spfd {

receiver::Policy policy_of(const Options& options);

}  // namespace spfd
