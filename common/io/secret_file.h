// Files that hold the secrets of sender rewriting (srs::parse_secrets() reads their text).
#pragma once

#include <optional>
#include <string>

#include "common/base/result.h"

namespace io {

struct SecretFile {
  std::string text;
  // Not empty: what is wrong with the permissions of the file, a sentence.
  std::string warning;
};

// The errors are sentences without the path.
base::Result<SecretFile, std::string> read_secret_file(const std::string& path);
// Makes a file with one new secret that its owner alone may read. Never touches one that is there.
std::optional<std::string> create_secret_file(const std::string& path);

}  // namespace io
