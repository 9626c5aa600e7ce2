#include "common/io/zone_file.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "common/base/printable.h"

namespace io {

base::Result<std::string, std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  // An empty file sets failbit of `text`; a folder can be opened but not read.
  if (!file || (text.fail() && errno != 0)) {
    const int problem = errno != 0 ? errno : EIO;
    return base::failure(fmt::format("{}: cannot be read: {}", base::printable(path), std::strerror(problem)));
  }
  return text.str();
}

base::Result<std::vector<std::string>, std::string> add_zone_files(dns::Zone& zone, const std::vector<std::string>& paths) {
  std::vector<std::string> notes;
  for (const std::string& path : paths) {
    const auto text = read_file(path);
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
