#include "spfd/config/health_name.h"

#include <fmt/core.h>

namespace spfd {

std::optional<dns::Name> health_name_at(std::string_view name, std::uint64_t time) {
  const bool changes = name.starts_with("*.");
  const auto below = dns::Name::parse(changes ? name.substr(2) : name);
  if (!below || below->is_root()) return std::nullopt;
  return changes ? dns::Name::parse(fmt::format("spfd-{}{}", time, name.substr(1))) : below;
}

}  // namespace spfd
