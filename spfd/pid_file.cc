#include "spfd/pid_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "common/base/text.h"
#include "spfd/descriptor.h"

namespace spfd {

PidFile::~PidFile() {
  if (place_) place_->remove(file_);
}

std::optional<StartError> PidFile::write(const std::string& path) {
  if (path.empty()) return {};
  const auto bad = [&](std::string_view what) {
    return StartError{fmt::format("{}: {}", base::printable(path), what), EX_CANTCREAT};
  };
  const auto cannot = [&](int problem) { return bad("cannot be written: " + io::problem_text(problem)); };
  auto place = io::Place::of(path);
  if (!place) return cannot(place.error());
  const auto found = place->status();
  if (found && !S_ISREG(found->st_mode)) return bad("there is something that is not a regular file");
  const auto workshop = io::Workshop::beside(*place);
  if (!workshop) return cannot(workshop.error());

  const char* const name = place->name().c_str();
  constexpr mode_t kMode = S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH;
  const Descriptor file(::openat(workshop->folder(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode));
  if (!file.is_open()) return cannot(errno);
  const std::string text = fmt::format("{}\n", ::getpid());
  struct stat status {};
  int problem = 0;
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fstat(file.get(), &status) != 0)
    problem = errno != 0 ? errno : EIO;
  if (problem == 0) problem = workshop->move_to(*place, true);
  if (problem != 0) {
    ::unlinkat(workshop->folder(), name, 0);
    return cannot(problem);
  }
  file_ = io::id_of(status);
  place_ = std::move(*place);
  return {};
}

}  // namespace spfd
