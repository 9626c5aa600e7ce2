// The sandbox: the rights that spfd gives up at its start, so that an attacker who takes it over can do little more than answer
// requests.
//
// It has three parts. no_new_privs: no program gains rights. Landlock (sandbox_landlock.h): which files can be read, in which
// folders names can be removed, to which TCP ports connections can be made. seccomp (sandbox_seccomp.h): which system calls can
// be made. Everything that loads libraries or asks NSS must be done before it is entered.
//
// enter_sandbox() is called once, while the process has one thread, since Landlock binds only the calling thread and those that
// it starts later. Linux.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "spfd/config/sandbox_mode.h"
#include "spfd/config/start_error.h"
#include "spfd/sandbox_landlock.h"

namespace spfd {

// The parts that are in force, for the log and the status.
struct SandboxState {
  SandboxMode mode = SandboxMode::off;
  bool no_new_privs = false;
  bool files = false;         // Landlock, ABI 1 (Linux 5.13)
  bool tcp = false;           // Landlock, ABI 4 (Linux 6.7)
  bool signals = false;       // Landlock, ABI 6 (Linux 6.12)
  bool system_calls = false;  // seccomp
  int landlock_abi = 0;       // 0: the kernel has no Landlock, or forbids it
  std::vector<std::uint16_t> tcp_ports;
  std::vector<std::string> missing;  // why a part is not in force
};
// Returns the state after enter_sandbox(); before it, nothing is in force.
const SandboxState& sandbox_state();
// Returns the state in words.
std::string sandbox_text(const SandboxState& state);

// Enters the sandbox. With `require`, a part that this kernel or container does not allow is an error (EX_OSERR).
std::optional<StartError> enter_sandbox(SandboxMode mode, const SandboxRules& rules);

// Appends the paths that must be readable so that the file can be read again after it, or a link on the way to it, has been
// replaced: its folder and the folder of each link. A file in "/", and a file that is not a regular one, is appended itself.
void add_readable(const std::string& path, std::vector<std::string>& readable);

// Returns whether the sandbox, and not the file's mode, forbids reading the file.
bool sandbox_forbids_reading(const std::string& path);

}  // namespace spfd
