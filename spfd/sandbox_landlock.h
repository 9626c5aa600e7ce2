// Landlock (landlock(7)): which files and TCP ports this process can reach, whatever its user may do.
//
// All rights that the kernel's ABI knows are taken away, and those of the rules are given back. A rule belongs to a folder or
// file, not to its name: a folder that is replaced by another one loses its rule. Files that are open keep their rights.
#pragma once

#include <string>

#include "common/base/result.h"
#include "spfd/sandbox.h"

namespace spfd {

// Returns the version of the kernel's ABI; 0: there is none, or it is switched off.
int landlock_abi();

// Binds the calling thread permanently; it must have no_new_privs. Returns the ABI; the error is a sentence.
base::Result<int, std::string> enter_landlock(const SandboxRules& rules);

inline constexpr int kLandlockTcp = 4;      // the first ABI that can restrict TCP
inline constexpr int kLandlockSignals = 6;  // the first ABI that can restrict signals and abstract UNIX sockets

}  // namespace spfd
