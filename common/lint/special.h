// Networks from which no mail comes on the Internet: private, loopback, documentation and the like.
#pragma once

#include <string_view>

#include "common/lint/networks.h"

namespace lint {

// Returns the kind of the special network that contains the interval, such as "private"; empty: none contains it.
std::string_view special_name(const Interval& interval, Family family);

}  // namespace lint
