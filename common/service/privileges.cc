#include "common/service/privileges.h"

#include <fmt/core.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "common/base/printable.h"
#include "common/base/text.h"

namespace service {

namespace {

// Parses an id: any 32-bit number except (uid_t)-1, which means "leave as is".
std::optional<unsigned> parse_id(const std::string& text) {
  const auto number = base::parse_number(text, std::numeric_limits<std::uint32_t>::max() - 1);
  if (!number) return {};
  return static_cast<unsigned>(*number);
}

StartError os_error(const char* what) {
  return {fmt::format("cannot give up root: {}: {}", what, std::strerror(errno)), errno == EPERM ? EX_NOPERM : EX_OSERR};
}

}  // namespace

base::Result<User, StartError> find_user(const std::string& name) {
  const passwd* entry = getpwnam(name.c_str());
  const auto id = parse_id(name);
  if (entry == nullptr && id) entry = getpwuid(*id);
  if (entry != nullptr) return User{entry->pw_uid, entry->pw_gid, entry->pw_name};
  if (id) return User{*id, *id, ""};
  return base::failure(StartError{"there is no user " + base::in_quotes(name), EX_NOUSER});
}

base::Result<gid_t, StartError> find_group(const std::string& name) {
  if (const group* entry = getgrnam(name.c_str())) return entry->gr_gid;
  if (const auto id = parse_id(name)) return gid_t{*id};
  return base::failure(StartError{"there is no group " + base::in_quotes(name), EX_NOUSER});
}

base::Result<Identity, StartError> find_identity(const std::string& user, const std::string& group) {
  Identity identity;
  if (!user.empty()) {
    auto found = find_user(user);
    if (!found) return base::failure(found.error());
    identity.user = *found;
  }
  if (!group.empty()) {
    const auto found = find_group(group);
    if (!found) return base::failure(found.error());
    identity.group = *found;
  }
  return identity;
}

std::optional<StartError> drop_privileges(const Identity& identity) {
  if (!identity.user && !identity.group) return {};
  const uid_t uid = identity.user ? identity.user->uid : ::geteuid();
  const gid_t gid = identity.group ? *identity.group : identity.user->gid;
  if (::geteuid() != 0) {
    if (uid == ::geteuid() && gid == ::getegid()) return {};
    return StartError{"only root can become another user or group", EX_NOPERM};
  }
  // Groups first: as another user we could no longer change them.
  if (identity.user && !identity.user->name.empty()) {
    if (::initgroups(identity.user->name.c_str(), gid) != 0) return os_error("initgroups");
  } else if (::setgroups(1, &gid) != 0) {
    return os_error("setgroups");
  }
  if (::setresgid(gid, gid, gid) != 0) return os_error("setresgid");
  if (::setresuid(uid, uid, uid) != 0) return os_error("setresuid");
  uid_t real_uid = 0, effective_uid = 0, saved_uid = 0;
  gid_t real_gid = 0, effective_gid = 0, saved_gid = 0;
  if (::getresuid(&real_uid, &effective_uid, &saved_uid) != 0 || ::getresgid(&real_gid, &effective_gid, &saved_gid) != 0) {
    return os_error("getresuid");
  }
  const bool done =
      real_uid == uid && effective_uid == uid && saved_uid == uid && real_gid == gid && effective_gid == gid && saved_gid == gid;
  if (!done || (uid != 0 && ::setuid(0) == 0)) return StartError{"root could not be given up", EX_OSERR};
  return {};
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit raised = limit;
    raised.rlim_cur = raised.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  constexpr rlim_t kMost = 1'000'000;
  return static_cast<std::size_t>(std::min(limit.rlim_cur, kMost));
}

void write_no_core() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__  // LeakSanitizer must be able to trace us
  // A core_pattern that names a program ignores the limit.
  ::prctl(PR_SET_DUMPABLE, 0);
#endif
}

}  // namespace service
