// Files with text that options name, and zone files among them.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/dns/zone.h"

namespace io {

// The bytes of a file; or why it cannot be read: "PATH: cannot be read: No such file or directory".
base::Result<std::string, std::string> read_file(const std::string& path);

// Adds the records of these files. Returns notes on what was skipped, or the first error: "FILE:LINE: what".
base::Result<std::vector<std::string>, std::string> add_zone_files(dns::Zone& zone, const std::vector<std::string>& paths);

}  // namespace io
