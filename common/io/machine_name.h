// The name of the machine we run on.
#pragma once

#include <string>

namespace io {

// The full name, as far as the host name and /etc/hosts tell; no DNS. Never empty.
std::string machine_name();

}  // namespace io
