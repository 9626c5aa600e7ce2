// The name of this machine.
#pragma once

#include <string>

namespace io {

// Returns the full name that the host name and /etc/hosts give, without DNS. Never empty.
std::string machine_name();

}  // namespace io
