// Networks from which no mail comes on the Internet: private, loopback, documentation and the like.
#pragma once

#include <string_view>

#include "common/lint/networks.h"

namespace lint {

// Returns what the network is in which all addresses of the interval are: "private"; empty: it is an ordinary one.
std::string_view special_name(const Interval& interval, Family family);

}  // namespace lint
