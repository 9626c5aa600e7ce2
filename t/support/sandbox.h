// States whether spfd's sandbox can be put in force here, so that tests can require it where it can.
#pragma once

#include <string>

namespace support {

// Returns why not; empty: it can.
const std::string& why_no_sandbox();

}  // namespace support
