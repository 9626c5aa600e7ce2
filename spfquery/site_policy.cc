#include "spfquery/site_policy.h"

#include "common/io/file.h"
#include "spfd/config/config_file.h"
#include "spfd/config/policy.h"

namespace spfquery {

base::Result<SitePolicy, std::string> read_site_policy(const std::string& path) {
  const auto text = io::read_file(path, io::FileKind::any);
  if (!text) return base::failure(text.error());
  const auto settings = spfd::parse_config(*text, path);
  if (!settings) return base::failure(settings.error().message);
  const auto options = spfd::make_options(*settings, {});
  if (!options) return base::failure(options.error().message);
  SitePolicy site{spfd::policy_of(*options), options->zones};
  site.policy.own_addresses = {};
  return site;
}

}  // namespace spfquery
