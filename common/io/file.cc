#include "common/io/file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "common/base/printable.h"

namespace io {

namespace {

std::string cannot_read(int error) { return fmt::format("cannot be read: {}", std::strerror(error)); }

// Returns whether this is /dev/null, which serves as an empty file.
bool is_null_device(const struct stat& status) { return S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3); }

}  // namespace

bool may_block(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return false;
  return !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode) && !is_null_device(status);
}

base::Result<Descriptor, std::string> open_file(const std::string& path, FileKind kind) {
  // O_NONBLOCK, since opening a FIFO waits for its writer. It has no effect on regular files.
  const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (kind == FileKind::regular ? O_NONBLOCK : 0);
  Descriptor file(::open(path.c_str(), flags));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) {
    // A socket cannot be opened; nor can a device without its hardware.
    if (errno == ENXIO || errno == ENODEV) return base::failure(std::string("is not a regular file"));
    return base::failure(cannot_read(errno));
  }
  if (S_ISDIR(status.st_mode)) return base::failure(cannot_read(EISDIR));
  if (kind == FileKind::regular && !S_ISREG(status.st_mode) && !is_null_device(status))
    return base::failure(std::string("is not a regular file"));
  return file;
}

base::Result<std::string, std::string> read_all(const Descriptor& file, std::size_t most) {
  std::string text;
  std::array<char, 16384> bytes;
  while (text.size() < most) {
    const ssize_t size = ::read(file.get(), bytes.data(), std::min(bytes.size(), most - text.size()));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return base::failure(cannot_read(errno));
    if (size == 0) break;
    text.append(bytes.data(), static_cast<std::size_t>(size));
  }
  return text;
}

base::Result<std::string, std::string> read_file(const std::string& path, FileKind kind, std::size_t most) {
  const auto problem = [&](const std::string& what) { return base::failure(fmt::format("{}: {}", base::printable(path), what)); };
  const auto file = open_file(path, kind);
  if (!file) return problem(file.error());
  auto text = read_all(*file, most + 1);
  if (!text) return problem(text.error());
  if (text->size() > most) return problem(fmt::format("is larger than {} MB", most >> 20U));
  return text;
}

}  // namespace io
