// Files that hold the secrets of sender rewriting (srs::parse_secrets() reads their text).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "common/base/result.h"

namespace io {

struct SecretFile {
  std::string text;
  uid_t owner = 0;  // may change the secrets, whatever the mode
  // Not empty: what is wrong with the permissions of the file, a sentence.
  std::string warning;
};

struct SecretOwner {
  uid_t user;
  gid_t group;
};

// Reads a regular file, and nothing else. The errors are sentences without the path.
base::Result<SecretFile, std::string> read_secret_file(const std::string& path);
// Makes a file with one new secret that its owner alone may read: `owner`, or we. Never touches one that is there.
std::optional<std::string> create_secret_file(const std::string& path, std::optional<SecretOwner> owner = {});

}  // namespace io
