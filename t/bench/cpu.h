// CPU time, user and system, of a process and all that it has started, as far as those are waited for or still run.
#pragma once

namespace bench {

// Seconds. Of processes that run: to the nanosecond; of those that have ended: in ticks of the kernel (10 ms). 0 for no process.
double cpu_seconds(int pid);

}  // namespace bench
