// The name of this machine.
#pragma once

#include <string>
#include <string_view>

namespace io {

// Returns the full name that the host name and /etc/hosts give, without DNS. Never empty.
std::string machine_name();

// Returns the first name of a line of a hosts(5) file that begins with this name and a dot, or the name itself.
std::string full_name(const std::string& name, std::string_view hosts);

}  // namespace io
