#include "common/io/secret_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "common/io/descriptor.h"
#include "common/io/file.h"
#include "common/io/place.h"
#include "common/io/random.h"

namespace io {

namespace {

std::string problem(std::string_view what) { return fmt::format("{}: {}", what, std::strerror(errno)); }

// Returns 32 characters of 5 random bits each, together as many bits as the hash has.
std::string new_secret() {
  constexpr std::string_view kCharacters = "abcdefghijkmnpqrstuvwxyz23456789";
  static_assert(kCharacters.size() == 32);
  std::array<std::uint8_t, 32> random{};
  fill_random(random);
  std::string secret;
  for (const std::uint8_t byte : random) secret += kCharacters[byte % kCharacters.size()];
  return secret;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(fd, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return ::fsync(fd) == 0;
}

}  // namespace

base::Result<SecretFile, std::string> read_secret_file(const std::string& path) {
  const auto file = open_file(path, FileKind::regular);
  if (!file) return base::failure(file.error());
  struct stat status {};
  if (::fstat(file->get(), &status) != 0) return base::failure(problem("cannot be read"));
  SecretFile found;
  found.owner = status.st_uid;
  constexpr mode_t kOthers = S_IRWXO | S_IWGRP;
  if ((status.st_mode & kOthers) != 0) {
    found.warning = fmt::format("mode {:04o} lets others read or change the secrets; use 0600 or 0640", status.st_mode & 07777U);
  }
  // One byte more, so that the reader notices a longer file.
  auto text = read_all(*file, srs::kMaxSecretFile + 1);
  if (!text) return base::failure(text.error());
  found.text = std::move(*text);
  return found;
}

base::Result<srs::Secrets, std::string> read_secrets(const std::string& path, std::optional<uid_t> user) {
  const auto file = read_secret_file(path);
  if (!file) return base::failure(file.error());
  if (!file->warning.empty()) return base::failure(file->warning);
  if (file->owner != 0 && file->owner != ::geteuid() && file->owner != user) {
    return base::failure(
        fmt::format("belongs to user {}, who can change the secrets; it must be root's or the daemon's own", file->owner));
  }
  return srs::parse_secrets(file->text);
}

std::optional<std::string> create_secret_file(const std::string& path, std::optional<SecretOwner> owner) {
  const auto place = Place::of(path);
  if (!place) return "cannot be made: " + problem_text(place.error());
  const char* const name = place->name().c_str();
  const Descriptor file(::openat(place->folder(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file.is_open()) return problem("cannot be made");
  std::string why;
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !write_all(file.get(), new_secret() + "\n")) {
    why = problem("cannot be written");
  } else if (owner && ::fchown(file.get(), owner->user, owner->group) != 0) {
    why = problem("cannot be given to its owner");
  } else {
    return std::nullopt;
  }
  place->remove(id_of(status));
  return why;
}

}  // namespace io
