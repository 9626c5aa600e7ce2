#include "spfquery/known_file.h"

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/io/file.h"
#include "spfquery/options.h"

namespace spfquery {

namespace {

// Returns the path of the file of the package: its place relative to the program is the same below each PREFIX, and in the folder
// of a build. Empty: the place of the program is not known.
std::string packaged_file() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string() : (program.parent_path().parent_path() / "share/spfd/lint-networks").string();
}

}  // namespace

base::Result<KnownFile, std::string> read_known_networks(const std::optional<std::string>& path) {
  const std::string name = path ? *path : packaged_file();
  const auto refuse = [&](const std::string& what) -> base::Result<KnownFile, std::string> {
    if (path) return base::failure(what);
    kProgram.complain(what + ": shared networks and platforms are not known (K05, K06)");
    return KnownFile();
  };
  if (!path && name.empty()) return refuse("the folder of the program is not known");
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
