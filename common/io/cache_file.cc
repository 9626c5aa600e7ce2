#include "common/io/cache_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "common/io/place.h"

namespace io {

namespace {

// Holds the file's lock, so that no two processes write at a time: during a take-over, two spfds have the file.
class FileLock {
 public:
  FileLock(int fd, int kind) : fd_(fd), is_held_(::flock(fd, kind | LOCK_NB) == 0) {}
  ~FileLock() {
    if (is_held_) ::flock(fd_, LOCK_UN);
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  [[nodiscard]] bool is_held() const { return is_held_; }

 private:
  const int fd_;
  const bool is_held_;
};

bool read_at(int fd, std::uint64_t offset, std::span<char> bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    offset += static_cast<std::uint64_t>(size);
    bytes = bytes.subspan(static_cast<std::size_t>(size));
  }
  return true;
}

bool write_at(int fd, std::uint64_t offset, std::string_view bytes) {
  // Not pwrite(), since the sandbox does not allow it.
  if (::lseek(fd, static_cast<off_t>(offset), SEEK_SET) < 0) return false;
  while (!bytes.empty()) {
    const ssize_t size = ::write(fd, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

CacheMoment now() { return {std::chrono::system_clock::now(), Clock::now()}; }

// Returns what forbids the use of the file, if anything.
std::optional<std::string> objection(int fd, const struct stat& status) {
  if (!S_ISREG(status.st_mode)) return "is not a regular file";
  if (status.st_uid != ::geteuid() && status.st_uid != 0)
    return fmt::format("belongs to user {}, who can forge DNS answers; it must be root's or the daemon's own", status.st_uid);
  constexpr mode_t kOthers = S_IRWXO | S_IWGRP;
  if ((status.st_mode & kOthers) != 0)
    return fmt::format("mode {:04o} lets others read or forge DNS answers; use 0600", status.st_mode & 07777U);
  if (status.st_nlink != 1) return "has a second name";
  std::array<char, kCacheFileMark.size()> begin{};
  const bool is_ours = read_at(fd, 0, begin) && std::string_view(begin.data(), begin.size()) == kCacheFileMark;
  if (status.st_size > 0 && !is_ours) return "is not a cache file, and is left alone";
  return {};
}

}  // namespace

base::Result<CacheFile, std::string> CacheFile::open(const std::string& path) {
  const auto place = Place::of(path);
  if (!place) return base::failure("cannot be opened: " + problem_text(place.error()));
  // O_NONBLOCK, so that opening a FIFO that another user has put there does not block.
  constexpr int kFlags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  Descriptor file(::openat(place->folder(), place->name().c_str(), kFlags, S_IRUSR | S_IWUSR));
  if (!file.is_open() && errno == ELOOP) return base::failure(std::string(kIsLink));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) return base::failure("cannot be opened: " + problem_text(errno));
  if (auto why = objection(file.get(), status)) return base::failure(std::move(*why));
  return CacheFile(std::move(file));
}

bool CacheFile::is_empty() const {
  struct stat status {};
  return ::fstat(file_.get(), &status) != 0 || status.st_size == 0;
}

base::Result<CacheFileSize, std::string> CacheFile::load(Cache& cache) const {
  const FileLock lock(file_.get(), LOCK_SH);
  if (!lock.is_held()) return base::failure(std::string("is being written by another process"));
  const auto end = Clock::now() + kLongestLoad;
  const CacheMoment moment = now();
  CacheFileSize added;
  const auto read = read_cache(
      [&](std::uint64_t offset, std::span<char> bytes) { return Clock::now() < end && read_at(file_.get(), offset, bytes); },
      moment, [&](const Cache::Kept& kept) { added.answers += cache.add(kept, moment.steady) ? 1U : 0U; });
  if (!read) return base::failure(std::string(read.error()));
  added.bytes = read->bytes;
  return added;
}

base::Result<CacheFileSize, std::string> CacheFile::save(Cache& cache) const {
  const FileLock lock(file_.get(), LOCK_EX);
  if (!lock.is_held()) return base::failure(std::string("is in use by another process"));
  struct stat status {};
  if (::fstat(file_.get(), &status) == 0 && status.st_nlink == 0)
    return base::failure(std::string("was removed since the start"));
  const auto end = Clock::now() + kLongestSave;
  std::string reason = " in time";
  auto size = write_cache(cache, now(), [&](std::uint64_t offset, std::string_view bytes) {
    if (Clock::now() >= end) return false;
    if (write_at(file_.get(), offset, bytes)) return true;
    reason = ": " + problem_text(errno);
    return false;
  });
  if (!size) return base::failure(size.error() + reason);
  // Answers of an earlier, longer file would remain after the end.
  if (::ftruncate(file_.get(), static_cast<off_t>(size->bytes)) != 0)
    return base::failure("cannot be shortened: " + problem_text(errno));
  return size;
}

}  // namespace io
