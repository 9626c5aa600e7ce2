#include "common/io/zone_file.h"

#include <fmt/core.h>

#include <utility>

#include "common/base/printable.h"

namespace io {

base::Result<std::vector<std::string>, std::string> add_zone_files(dns::Zone& zone, const std::vector<std::string>& paths,
                                                                   FileKind kind) {
  std::vector<std::string> notes;
  for (const std::string& path : paths) {
    const auto text = read_file(path, kind, kMostOfZone);
    if (!text) return base::failure(text.error());
    const auto added = zone.add_file(*text);
    if (!added) {
      const dns::ZoneError& error = added.error();
      return base::failure(fmt::format("{}:{}: {}", base::printable(path), error.line, base::printable(error.message)));
    }
    for (std::string& note : added->lines(path)) notes.push_back(std::move(note));
  }
  return notes;
}

}  // namespace io
