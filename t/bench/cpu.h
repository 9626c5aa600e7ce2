// CPU time, user and system, of a process and its descendants that are running or have been waited for.
#pragma once

namespace bench {

// Returns seconds. Running processes count to the nanosecond, ended ones in ticks of the kernel (10 ms). 0 if there is no
// process.
double cpu_seconds(int pid);

}  // namespace bench
