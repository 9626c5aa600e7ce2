// Files of secrets, which sign rewritten senders and the tokens of links (srs::parse_secrets() reads their text).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/srs/secrets.h"

namespace io {

struct SecretFile {
  std::string text;
  uid_t owner = 0;  // the user who can change the secrets whatever the mode
  // What is wrong with the permissions of the file, a sentence; empty: nothing.
  std::string warning;
};

struct SecretOwner {
  uid_t user;
  gid_t group;
};

// Reads a regular file; other files are refused. The errors are sentences without the path.
base::Result<SecretFile, std::string> read_secret_file(const std::string& path);
// Reads the secrets in a file that only root, the present user or `user` can change, and others cannot read. The errors are
// sentences without the path.
base::Result<srs::Secrets, std::string> read_secrets(const std::string& path, std::optional<uid_t> user = {});
// Creates a file with one new secret, readable only by its owner: `owner`, or the present user. Never changes an existing file.
// Returns a problem, if any.
std::optional<std::string> create_secret_file(const std::string& path, std::optional<SecretOwner> owner = {});

}  // namespace io
