// Decides whether a test of the sandbox can run here.
#pragma once

#include <doctest/doctest.h>
#include <sysexits.h>

#include <string>

#include "t/support/sandbox.h"
#include "t/support/spfd_process.h"

namespace daemon_test {

// Returns whether the sandbox can be put in force. If not, checks that spfd refuses to start with it.
inline bool can_sandbox() {
  if (support::why_no_sandbox().empty()) return true;
  MESSAGE("the acts inside the sandbox were not tried: ", support::why_no_sandbox());
  // Then the daemon must refuse to start with it.
  const support::Finished finished =
      support::run(support::program("spfd"), {"--config", "/dev/null", "--listen", "inet:127.0.0.1:0", "--sandbox", "require"});
  CHECK(finished.exit_code == EX_OSERR);
  CHECK(finished.errors.find("missing: ") != std::string::npos);
  return false;
}

}  // namespace daemon_test
