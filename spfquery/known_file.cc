#include "spfquery/known_file.h"

#include <chrono>
#include <utility>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/io/file.h"
#include "spfquery/options.h"

namespace spfquery {

namespace {

constexpr const char* kPackaged = SPFD_DATADIR "/lint-networks";

}  // namespace

std::shared_ptr<const lint::KnownNetworks> read_known_networks(const std::optional<std::string>& path) {
  const auto complain = [&](const std::string& what) -> std::shared_ptr<const lint::KnownNetworks> {
    if (path) kProgram.complain(what);
    return nullptr;
  };
  const std::string name = path.value_or(kPackaged);
  const auto text = io::read_file(name, io::FileKind::any);
  if (!text) return complain(text.error());
  auto known = lint::parse_known_networks(*text);
  if (!known) return complain(fmt::format("{}: {}", base::in_quotes(name), known.error()));
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()).time_since_epoch().count();
  if (known->is_outdated(today))
    return complain(fmt::format("{} is older than {} days, and is ignored", base::in_quotes(name), lint::KnownNetworks::kMaxAge));
  return std::make_shared<const lint::KnownNetworks>(std::move(*known));
}

}  // namespace spfquery
