// The system calls of the sandbox, by name: sandbox_seccomp.cc adds those that depend on arguments. Names that a processor does
// not have are skipped, so the list has the variants of all: of 32-bit processors, and those with 64-bit times.
#pragma once

namespace spfd {

inline constexpr const char* kAllowedCalls[] = {
    // Threads, memory, time (glibc 2.36 to 2.41, musl).
    "brk", "munmap", "mremap", "madvise", "futex", "futex_time64", "futex_waitv", "set_robust_list", "get_robust_list", "rseq",
    "set_tid_address", "sched_yield", "sched_getaffinity", "getcpu", "membarrier", "rt_sigaction", "rt_sigprocmask",
    "rt_sigreturn", "sigreturn", "rt_sigtimedwait", "rt_sigtimedwait_time64", "sigaltstack", "restart_syscall", "exit", "wait4",
    "waitpid", "waitid", "exit_group", "nanosleep", "clock_nanosleep", "clock_nanosleep_time64", "clock_gettime",
    "clock_gettime64", "clock_getres", "clock_getres_time64", "gettimeofday", "time", "times", "getrandom", "getrlimit",
    "ugetrlimit", "getrusage", "sysinfo", "uname", "getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid",
    "getuid32", "geteuid32", "getgid32", "getegid32",
    // Events and sockets (libevent, libresolv, spfd).
    "epoll_create1", "epoll_create", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2", "timerfd_create",
    "timerfd_settime", "timerfd_settime64", "poll", "ppoll", "ppoll_time64", "pipe2", "connect", "accept", "accept4", "shutdown",
    "getsockname", "getpeername", "getsockopt", "setsockopt", "recv", "recvfrom", "recvmsg", "recvmmsg", "recvmmsg_time64",
    "send", "sendto", "sendmsg", "sendmmsg", "read", "readv", "pread64", "write", "writev", "close", "lseek", "_llseek",
    // Files: what a reload reads; names that are removed at the end.
    "fstat", "fstat64", "stat", "stat64", "lstat", "lstat64", "newfstatat", "fstatat64", "statx", "access", "faccessat",
    "faccessat2", "readlink", "readlinkat", "getcwd", "getdents64", "flock", "unlinkat",
    // The cache file, which is open since the start, becomes shorter.
    "ftruncate", "ftruncate64"};

// Calls that neither spfd nor a library of it makes after the start.
inline constexpr const char* kDeadlyCalls[] = {
    // Other programs and processes.
    "execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "kill",
    "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open", "pidfd_getfd", "pidfd_send_signal",
    // Rights.
    "setuid", "setuid32", "setgid", "setgid32", "setreuid", "setreuid32", "setregid", "setregid32", "setresuid", "setresuid32",
    "setresgid", "setresgid32", "setfsuid", "setfsuid32", "setfsgid", "setfsgid32", "setgroups", "setgroups32", "capset",
    "unshare", "setns", "chroot", "pivot_root", "personality", "add_key", "request_key", "keyctl",
    // The system.
    "mount", "umount", "umount2", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "bpf",
    "perf_event_open", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon",
    "swapoff", "acct", "quotactl", "syslog", "sethostname", "setdomainname", "settimeofday", "stime", "clock_settime",
    "clock_settime64", "clock_adjtime", "clock_adjtime64", "adjtimex", "iopl", "ioperm", "vhangup", "userfaultfd",
    "io_uring_setup", "io_uring_enter", "io_uring_register", "fanotify_init", "open_by_handle_at", "name_to_handle_at",
    // Memory that can be executed.
    "pkey_mprotect", "memfd_create", "memfd_secret", "modify_ldt", "remap_file_pages", "shmat",
    // Changes of files.
    "creat", "truncate", "truncate64", "fallocate", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat",
    "unlink", "rmdir", "mkdir", "mkdirat", "mknod", "mknodat", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "chown32",
    "lchown", "lchown32", "fchown", "fchown32", "fchownat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr",
    "fremovexattr", "utime", "utimes", "futimesat", "utimensat", "utimensat_time64"};

}  // namespace spfd
