// seccomp (seccomp(2), libseccomp): the system calls that this process can make from now on.
//
// Calls that threads, malloc, libevent, libresolv and spfd's own code need are allowed, some of them only with certain arguments.
// Calls that only an attacker would make (execve, ptrace, mount, a file opened for writing, memory that can be executed) end the
// process at once with SIGSYS, and the kernel logs it. All other calls are *refused*: they fail with ENOSYS, as in an old kernel,
// since libraries have a fallback for that; refused calls are counted.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace spfd {

// Puts the filter in force for the calling thread and those that it starts later. Returns why it cannot, as a sentence.
std::optional<std::string> enter_seccomp();

struct RefusedCalls {
  std::uint64_t count = 0;  // always 0 on processors whose registers enter_seccomp() does not know
  int last = 0;             // the number of the latest one
};
// May be called from any thread.
RefusedCalls refused_calls();
// Returns the name of a system call of this processor, or its number.
std::string call_name(int number);

// Returns the filter for a processor, by libseccomp's number for it (SCMP_ARCH_...), as a program of classic BPF. For tests.
base::Result<std::vector<sock_filter>, std::string> call_filter(std::uint32_t architecture);

}  // namespace spfd
