// Loopback addresses.
#pragma once

#include "common/base/ip.h"

namespace base {

// Returns whether the address is in 127.0.0.0/8, or is ::1.
bool is_loopback(const IpAddress& address);

}  // namespace base
