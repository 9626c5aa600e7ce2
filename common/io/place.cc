#include "common/io/place.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstring>
#include <deque>
#include <string_view>
#include <thread>
#include <utility>

#include "common/base/text.h"

namespace io {

namespace {

constexpr int kMaxLinks = 40;
constexpr int kFolderFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;

void push_components(std::string_view path, std::deque<std::string>& components) {
  const auto parts = base::split(path, '/');
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (!part->empty() && *part != ".") components.emplace_front(*part);
  }
}

base::Result<Descriptor, int> open_folder(const std::string& path) {
  Descriptor at(::open(path.starts_with('/') ? "/" : ".", kFolderFlags));
  if (!at.is_open()) return base::failure(int{errno});
  std::deque<std::string> components;
  push_components(path, components);
  int links = 0;
  while (!components.empty()) {
    Descriptor next(::openat(at.get(), components.front().c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!next.is_open() || ::fstat(next.get(), &status) != 0) return base::failure(int{errno});
    components.pop_front();
    if (!S_ISLNK(status.st_mode)) {
      if (!S_ISDIR(status.st_mode)) return base::failure(int{ENOTDIR});
      at = std::move(next);
      continue;
    }
    if ((status.st_uid != 0 && status.st_uid != ::geteuid()) || ++links > kMaxLinks) return base::failure(int{ELOOP});
    std::array<char, PATH_MAX> target{};
    const ssize_t size = ::readlinkat(next.get(), "", target.data(), target.size());
    if (size < 0) return base::failure(int{errno});
    const std::string_view text(target.data(), static_cast<std::size_t>(size));
    push_components(text, components);
    if (!text.starts_with('/')) continue;
    at = Descriptor(::open("/", kFolderFlags));
    if (!at.is_open()) return base::failure(int{errno});
  }
  return at;
}

// Held while a name is compared and then removed or replaced, so that two of our processes do not remove each other's new file.
// Any user who can read the folder can hold the lock as well, so a process waits for locks for half a second altogether, however
// many names it has; then it continues without them.
class NameLock {
 public:
  explicit NameLock(int folder) : fd_(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    static std::atomic<int> waits_left{50};
    while (fd_.is_open() && ::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0 && waits_left-- > 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (waits_left < 0) waits_left = 0;
  }

 private:
  Descriptor fd_;
};

}  // namespace

FileId id_of(const struct stat& status) { return {status.st_dev, status.st_ino}; }

std::string problem_text(int number) {
  if (number == ELOOP) return "a link on the way belongs to another user, or there are too many links";
  return std::strerror(number);
}

// ---- Place ---------------------------------------------------------------------------------------------------------------

base::Result<Place, int> Place::of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name.empty() || name == "." || name == "..") return base::failure(int{EISDIR});
  auto folder = open_folder(slash == std::string::npos ? "." : path.substr(0, slash + 1));
  if (!folder) return base::failure(int{folder.error()});
  return Place(std::move(*folder), std::move(name));
}

std::optional<struct stat> Place::status() const {
  struct stat status {};
  if (::fstatat(folder_.get(), name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return {};
  return status;
}

void Place::remove(const FileId& file) const {
  const NameLock lock(folder_.get());
  const auto found = status();
  if (found && id_of(*found) == file) ::unlinkat(folder_.get(), name_.c_str(), 0);
}

// ---- Workshop ------------------------------------------------------------------------------------------------------------

base::Result<Workshop, int> Workshop::beside(const Place& place) {
  constexpr int kTries = 100;
  Descriptor parent(::fcntl(place.folder(), F_DUPFD_CLOEXEC, 0));
  if (!parent.is_open()) return base::failure(int{errno});
  for (int i = 0; i < kTries; ++i) {
    std::string name = fmt::format(".spfd-{}-{}", ::getpid(), i);
    if (::mkdirat(parent.get(), name.c_str(), S_IRWXU) != 0) {
      if (errno == EEXIST) continue;
      return base::failure(int{errno});
    }
    Descriptor folder(::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    const int problem = errno;
    struct stat status {};
    const bool is_ours = folder.is_open() && ::fstat(folder.get(), &status) == 0 && status.st_uid == ::geteuid() &&
                         (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
    if (is_ours) return Workshop(std::move(parent), std::move(folder), std::move(name));
    return base::failure(int{folder.is_open() ? EPERM : problem});
  }
  return base::failure(int{EEXIST});
}

Workshop::~Workshop() { remove(); }

void Workshop::remove() {
  if (folder_.is_open()) ::unlinkat(parent_.get(), name_.c_str(), AT_REMOVEDIR);
  abandon();
}

// ---- OwnFile -------------------------------------------------------------------------------------------------------------

base::Result<OwnFile, int> OwnFile::at(Place place, std::optional<FileId> replaces) {
  auto workshop = Workshop::beside(place);
  if (!workshop) return base::failure(int{workshop.error()});
  return OwnFile(std::move(place), std::move(*workshop), replaces);
}

OwnFile::~OwnFile() {
  settle();
  if (place_.folder() >= 0 && file_ && has_name()) place_.remove(*file_);
}

int OwnFile::made() {
  struct stat status {};
  open_ = Descriptor(::openat(workshop(), name().c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!open_.is_open() || ::fstat(open_.get(), &status) != 0) return errno;
  file_ = id_of(status);
  return 0;
}

bool OwnFile::has_name() const {
  const auto found = place_.status();
  return found && file_ && id_of(*found) == *file_;
}

bool OwnFile::is_taken() const {
  const auto found = place_.status();
  return found && file_ && !(id_of(*found) == *file_);
}

bool OwnFile::is_at_place_of(const OwnFile& other) const {
  struct stat ours {};
  struct stat others {};
  return name() == other.name() && ::fstat(place_.folder(), &ours) == 0 && ::fstat(other.place_.folder(), &others) == 0 &&
         id_of(ours) == id_of(others);
}

int OwnFile::exchange() const {
  return ::renameat2(workshop(), name().c_str(), place_.folder(), name().c_str(), RENAME_EXCHANGE) == 0 ? 0 : errno;
}

int OwnFile::publish() {
  const NameLock lock(place_.folder());
  const char* const file = name().c_str();
  if (replaces_) {
    int problem = exchange();
    if (problem == 0) {
      struct stat old {};
      if (::fstatat(workshop(), file, &old, AT_SYMLINK_NOFOLLOW) == 0 && id_of(old) == *replaces_) {
        has_exchanged_ = true;
        return 0;
      }
      problem = exchange();
      return problem == 0 ? EEXIST : problem;
    }
    // ENOENT: the file to be replaced no longer exists.
    if (problem == EINVAL || problem == ENOSYS) {  // some file systems cannot exchange names
      const auto found = place_.status();
      if (found && !(id_of(*found) == *replaces_)) return EEXIST;
      return ::renameat(workshop(), file, place_.folder(), file) == 0 ? 0 : errno;
    }
    if (problem != ENOENT) return problem;
  }
  if (::renameat2(workshop(), file, place_.folder(), file, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  if (place_.status()) return EEXIST;
  return ::renameat(workshop(), file, place_.folder(), file) == 0 ? 0 : errno;
}

void OwnFile::withdraw() {
  const NameLock lock(place_.folder());
  if (!has_name()) return;
  if (std::exchange(has_exchanged_, false)) {
    static_cast<void>(exchange());
  } else {
    ::unlinkat(place_.folder(), name().c_str(), 0);
  }
}

void OwnFile::settle() {
  if (workshop() < 0) return;
  ::unlinkat(workshop(), name().c_str(), 0);
  workshop_.remove();
}

}  // namespace io
