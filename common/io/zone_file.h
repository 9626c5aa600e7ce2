// Reading of zone files.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/dns/zone.h"
#include "common/io/file.h"

namespace io {

// Adds the records of these files to `zone`. Returns notes on lines that were skipped, or the first error: "FILE:LINE: what".
base::Result<std::vector<std::string>, std::string> add_zone_files(dns::Zone& zone, const std::vector<std::string>& paths,
                                                                   FileKind kind);

}  // namespace io
