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

base::Result<KnownFile, std::string> read_known_networks(const std::optional<std::string>& path) {
  const std::string name = path.value_or(kPackaged);
  const auto refuse = [&](const std::string& what) -> base::Result<KnownFile, std::string> {
    if (path) return base::failure(what);
    kProgram.complain(what + ": shared networks and platforms are not known (K05, K06)");
    return KnownFile();
  };
  const auto text = io::read_file(name, io::FileKind::any);
  if (!text) return refuse(text.error());
  auto known = lint::parse_known_networks(*text);
  if (!known) return refuse(fmt::format("{}: {}", base::in_quotes(name), known.error()));
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()).time_since_epoch().count();
  if (known->is_outdated(today)) {
    kProgram.complain(
        fmt::format("{} is older than {} days, and is ignored", base::in_quotes(name), lint::KnownNetworks::kMaxAge));
    return KnownFile();
  }
  return std::make_shared<const lint::KnownNetworks>(std::move(*known));
}

}  // namespace spfquery
