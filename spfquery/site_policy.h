// The policy of a site, from the configuration file of its spfd.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/receiver/rules.h"

namespace spfquery {

struct SitePolicy {
  receiver::Policy policy;  // without sender rewriting, whose secrets spfquery cannot read
  std::vector<std::string> zones;
};

// Reads the file as spfd does. The error is a sentence with file and line.
base::Result<SitePolicy, std::string> read_site_policy(const std::string& path);

}  // namespace spfquery
