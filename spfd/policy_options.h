// The options about what the receiver decides (common/receiver/rules.h): their rows of the option table.
#pragma once

#include <vector>

#include "spfd/options.h"

namespace spfd {

std::vector<OptionRow> policy_rows();

}  // namespace spfd
