#include "t/support/sandbox.h"

#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "spfd/sandbox_landlock.h"
#include "t/support/sanitized.h"

namespace support {

const std::string& why_no_sandbox() {
  static const std::string why = []() -> std::string {
    if (kIsSanitized) return "this build has a sanitizer";
    if (spfd::landlock_abi() == 0) return "this machine has no Landlock";
    // Without a filter, a kernel that has seccomp complains about the address.
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, nullptr) != 0 && errno == EFAULT) return "";
    return "this machine has no seccomp";
  }();
  return why;
}

}  // namespace support
