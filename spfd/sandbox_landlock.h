// Landlock (landlock(7)): which files and TCP ports this process can reach, whatever its user may do.
//
// All rights that the kernel's ABI knows are taken away, and those of the rules are given back. A rule belongs to a folder or
// file, not to its name: a folder that is replaced by another one loses its rule. Files that are open keep their rights.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace spfd {

// The rights that the process keeps in addition to answering requests.
struct SandboxRules {
  std::vector<std::string> readable;      // files, and folders with all below them; those that do not exist are skipped
  std::vector<int> removable_in;          // descriptors of folders in which names may be removed
  std::vector<std::uint16_t> tcp_ports;   // to which connections may be made
  bool reaches_abstract_sockets = false;  // UNIX sockets of other processes that have no file
};

// Returns the version of the kernel's ABI; 0: there is none, or it is switched off.
int landlock_abi();

// Binds the calling thread permanently; it must have no_new_privs. Returns the ABI; the error is a sentence.
base::Result<int, std::string> enter_landlock(const SandboxRules& rules);

inline constexpr int kLandlockTcp = 4;      // the first ABI that can restrict TCP
inline constexpr int kLandlockSignals = 6;  // the first ABI that can restrict signals and abstract UNIX sockets

}  // namespace spfd
