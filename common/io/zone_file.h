// Reading of files that options name, and of zone files.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/dns/zone.h"

namespace io {

// Returns the bytes of a file, or an error such as "PATH: cannot be read: No such file or directory".
base::Result<std::string, std::string> read_file(const std::string& path);

// Adds the records of these files to `zone`. Returns notes on lines that were skipped, or the first error: "FILE:LINE: what".
base::Result<std::vector<std::string>, std::string> add_zone_files(dns::Zone& zone, const std::vector<std::string>& paths);

}  // namespace io
