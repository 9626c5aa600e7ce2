#include "spfd/sandbox_landlock.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "common/base/printable.h"
#include "common/io/descriptor.h"

namespace spfd {

namespace {

// The header of the kernel that spfd is built on may be older than the kernel that it runs on, so everything after ABI 1 is
// defined here, as in Linux 6.12.
constexpr std::uint64_t kRefer = 1ULL << 13U;        // ABI 2
constexpr std::uint64_t kTruncate = 1ULL << 14U;     // ABI 3
constexpr std::uint64_t kIoctlDevice = 1ULL << 15U;  // ABI 5
constexpr std::uint64_t kBindTcp = 1ULL << 0U;       // ABI 4
constexpr std::uint64_t kConnectTcp = 1ULL << 1U;
constexpr std::uint64_t kScopeAbstractSockets = 1ULL << 0U;  // ABI 6
constexpr std::uint64_t kScopeSignals = 1ULL << 1U;
constexpr int kRuleNetPort = 2;

constexpr std::uint64_t kFilesOfAbi1 = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;
constexpr std::uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE;
// Reading the folder is needed too: the folder itself is locked while a name in it is removed.
constexpr std::uint64_t kRemove = LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

struct Ruleset {
  std::uint64_t files = 0;
  std::uint64_t net = 0;
  std::uint64_t scoped = 0;
};
struct NetPort {
  std::uint64_t access = 0;
  std::uint64_t port = 0;
};

// Returns the size of the struct in that ABI, since a kernel may refuse members that it does not know.
std::size_t ruleset_size(int abi) {
  constexpr std::size_t kMember = sizeof(std::uint64_t);
  if (abi >= kLandlockSignals) return 3 * kMember;
  return abi >= kLandlockTcp ? 2 * kMember : kMember;
}

Ruleset all_rights(int abi, const SandboxRules& rules) {
  Ruleset all{.files = kFilesOfAbi1};
  if (abi >= 2) all.files |= kRefer;
  if (abi >= 3) all.files |= kTruncate;
  if (abi >= 5) all.files |= kIoctlDevice;
  if (abi >= kLandlockTcp) all.net = kBindTcp | kConnectTcp;
  if (abi >= kLandlockSignals) all.scoped = kScopeSignals | (rules.reaches_abstract_sockets ? 0 : kScopeAbstractSockets);
  return all;
}

// Returns 0 or an errno.
int allow_below(int ruleset, int place, std::uint64_t rights) {
  landlock_path_beneath_attr rule{};
  rule.allowed_access = rights;
  rule.parent_fd = place;
  return ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 ? 0 : errno;
}

int allow_port(int ruleset, std::uint16_t port) {
  const NetPort rule{kConnectTcp, port};
  return ::syscall(SYS_landlock_add_rule, ruleset, kRuleNetPort, &rule, 0) == 0 ? 0 : errno;
}

}  // namespace

int landlock_abi() {
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return abi > 0 ? static_cast<int>(abi) : 0;
}

base::Result<int, std::string> enter_landlock(const SandboxRules& rules) {
  const auto fail = [](const std::string& what, int problem) {
    return base::failure(fmt::format("Landlock: {}: {}", what, std::strerror(problem)));
  };
  const int abi = landlock_abi();
  if (abi == 0) return fail("the kernel has none, or it is switched off", errno);
  const Ruleset all = all_rights(abi, rules);
  const io::Descriptor ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, ruleset_size(abi), 0)));
  if (!ruleset.is_open()) return fail("no rules can be made", errno);
  for (const std::string& path : rules.readable) {
    const io::Descriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!place.is_open()) continue;
    if (const int problem = allow_below(ruleset.get(), place.get(), kReadFile); problem != 0)
      return fail(base::printable(path), problem);
  }
  for (const int folder : rules.removable_in) {
    if (const int problem = allow_below(ruleset.get(), folder, kRemove); problem != 0)
      return fail("the folder of a socket or pid file", problem);
  }
  if (abi >= kLandlockTcp) {
    for (const std::uint16_t port : rules.tcp_ports) {
      if (const int problem = allow_port(ruleset.get(), port); problem != 0)
        return fail(fmt::format("TCP port {}", port), problem);
    }
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return fail("cannot be put in force", errno);
  return abi;
}

}  // namespace spfd
