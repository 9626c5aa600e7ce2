#include "spfd/pid_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "common/base/printable.h"
#include "common/io/descriptor.h"

namespace spfd {

StartError pid_file_error(const std::string& path, int problem) {
  return {fmt::format("{}: cannot be written: {}", base::printable(path), io::problem_text(problem)), EX_CANTCREAT};
}

std::optional<StartError> PidFile::write(const std::string& path) {
  if (path.empty()) return {};
  const auto cannot = [&](int problem) { return pid_file_error(path, problem); };
  auto place = io::Place::of(path);
  if (!place) return cannot(place.error());
  const auto found = place->status();
  if (found && S_ISLNK(found->st_mode))
    return StartError{fmt::format("{}: that {}", base::printable(path), io::kIsLink), EX_CANTCREAT};
  if (found && !S_ISREG(found->st_mode))
    return StartError{base::printable(path) + ": there is already something other than a regular file", EX_CANTCREAT};
  auto own = io::OwnFile::at(std::move(*place), found ? std::optional(io::id_of(*found)) : std::nullopt);
  if (!own) return cannot(own.error());

  constexpr mode_t kMode = S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH;
  const io::Descriptor file(
      ::openat(own->workshop(), own->name().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode));
  if (!file.is_open()) return cannot(errno);
  const std::string text = fmt::format("{}\n", ::getpid());
  errno = 0;
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return cannot(errno != 0 ? errno : EIO);
  if (const int problem = own->made(); problem != 0) return cannot(problem);
  file_.emplace(std::move(*own));
  return {};
}

}  // namespace spfd
