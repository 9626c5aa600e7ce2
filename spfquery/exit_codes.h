// The exit codes. Checks have those of all earlier spfquerys; examinations and replays, which those do not have, use numbers of
// sysexits(3).
#pragma once

#include "common/options/program.h"

namespace spfquery {

// Checks: 0 pass, 1 fail, 2 softfail, 3 neutral, 4 permerror, 5 temperror, 6 none.
inline constexpr int kExitTemperror = 5;
inline constexpr int kExitUsage = options::Program::kExitUsage;

// Examinations and replays.
inline constexpr int kExitErrors = 1;       // there are findings of severity error
inline constexpr int kExitTaskUsage = 64;   // the command line is wrong, or names a file that cannot be used
inline constexpr int kExitIncomplete = 75;  // not everything could be read or asked, or the output could not be written

}  // namespace spfquery
