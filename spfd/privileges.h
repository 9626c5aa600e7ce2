// Users and groups: looking them up, and giving root away for good.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "spfd/start_error.h"

namespace spfd {

struct User {
  uid_t uid = 0;
  gid_t gid = 0;     // its main group
  std::string name;  // empty: a number without an account
};

// By name or number; exit code EX_NOUSER.
base::Result<User, StartError> find_user(const std::string& name);
base::Result<gid_t, StartError> find_group(const std::string& name);

// What is to be given up, looked up before anything is opened.
struct Identity {
  std::optional<User> user;
  std::optional<gid_t> group;
};
base::Result<Identity, StartError> find_identity(const std::string& user, const std::string& group);

// Becomes that user and group, with no way back. Does nothing when none is given, or when we are that user already.
std::optional<StartError> drop_privileges(const Identity& identity);

// As many descriptors as the hard limit allows; the number in force.
std::size_t raise_descriptor_limit();

// Keeps the memory, in which secrets are, out of core files and from other processes of the same user.
void write_no_core();

}  // namespace spfd
