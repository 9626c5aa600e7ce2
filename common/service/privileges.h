// Users and groups: looking them up, and giving up root permanently.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/service/start_error.h"

namespace service {

struct User {
  uid_t uid = 0;
  gid_t gid = 0;     // its primary group
  std::string name;  // empty: a number without an account
};

// Find by name or number. Error: EX_NOUSER.
base::Result<User, StartError> find_user(const std::string& name);
base::Result<gid_t, StartError> find_group(const std::string& name);

// The user and group to become, looked up before anything is opened.
struct Identity {
  std::optional<User> user;
  std::optional<gid_t> group;
};
base::Result<Identity, StartError> find_identity(const std::string& user, const std::string& group);

// Becomes that user and group irrevocably. Does nothing if none is given, or if we are that user already.
std::optional<StartError> drop_privileges(const Identity& identity);

// Raises the limit of descriptors to the hard limit; returns the limit in force.
std::size_t raise_descriptor_limit();

// Keeps our memory, which holds secrets, out of core files and away from other processes of the same user.
void write_no_core();

}  // namespace service
