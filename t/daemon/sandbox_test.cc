// The sandbox: forbidden acts are tried from inside, and the filters of other processors are interpreted.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "common/io/descriptor.h"
#include "spfd/sandbox.h"
#include "spfd/sandbox_landlock.h"
#include "spfd/sandbox_seccomp.h"
#include "t/daemon/can_sandbox.h"
#include "t/support/spfd_process.h"

namespace {

using daemon_test::can_sandbox;
using spfd::SandboxMode;
using support::TempFolder;

constexpr int kEnded = 256;  // added to the number of the signal that ended a process

// The world of the forbidden acts: a folder that the rules name, and one that they do not.
struct Places {
  TempFolder own;
  TempFolder foreign;
  std::string config = own.write("spfd.conf", "old");
  std::string secret = foreign.write("secret", "secret");
  io::Descriptor cache{::open((own / "cache").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  io::Descriptor folder{::open(own.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  io::Descriptor foreign_folder{::open(foreign.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  // Two TCP servers; only the first one's port is in the rules.
  io::Descriptor name_server{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  io::Descriptor stranger{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

sockaddr_in address_of(const io::Descriptor& server) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(server.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return address;
}

int connect_to(const io::Descriptor& server) {
  const sockaddr_in address = address_of(server);
  const io::Descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

// Runs an act inside the sandbox, in a process of its own. Returns 0, its errno, or kEnded + the signal that ended it.
int try_inside(const Places& places, const std::function<long()>& act) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    static_cast<void>(::signal(SIGABRT, SIG_DFL));  // doctest handles it
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    spfd::SandboxRules rules;
    spfd::add_readable(places.config, rules.readable);
    rules.removable_in = {places.folder.get()};
    rules.tcp_ports = {ntohs(address_of(places.name_server).sin_port)};
    if (spfd::enter_sandbox(SandboxMode::require, rules)) ::_exit(255);
    errno = 0;
    ::_exit(act() < 0 ? errno : 0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? kEnded + WTERMSIG(status) : WEXITSTATUS(status);
}

struct Act {
  const char* name;
  std::function<long()> run;
  int outcome;
};

TEST_CASE("inside the sandbox each forbidden act is refused") {
  if (!can_sandbox()) return;
  const Places places;
  for (const auto* server : {&places.name_server, &places.stranger}) REQUIRE(::listen(server->get(), 8) == 0);
  constexpr int kKilled = kEnded + SIGSYS;
  const std::string new_file = places.own / "new";
  void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const auto call = [](long number, auto... arguments) { return [=] { return ::syscall(number, arguments...); }; };

  const std::vector<Act> acts = {
      {"execve", [] { return ::execl("/bin/true", "true", nullptr); }, kKilled},
      {"a new process", [] { return ::fork(); }, ENOSYS},
      {"a new process while signals are blocked, as in the fork() of glibc 2.41",
       [] {
         sigset_t all;
         ::sigfillset(&all);
         ::sigprocmask(SIG_SETMASK, &all, nullptr);
         return ::fork();
       },
       ENOSYS},
      {"a new process by clone3", call(SYS_clone3, nullptr, 0), ENOSYS},
      {"user namespaces", [] { return ::unshare(CLONE_NEWUSER); }, kKilled},
      {"ptrace", [] { return ::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr); }, kKilled},
      {"reading another process", call(SYS_process_vm_readv, ::getpid(), nullptr, 0, nullptr, 0, 0), kKilled},
      {"a signal to another process", [] { return ::kill(::getppid(), 0); }, kKilled},
      {"a signal to a thread of another process", [] { return ::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0); }, ENOSYS},
      {"mount", [] { return ::mount("none", "/tmp", "tmpfs", 0, nullptr); }, kKilled},
      {"setuid", [] { return ::setuid(0); }, kKilled},
      {"bpf", call(SYS_bpf, 0, nullptr, 0), kKilled},
      {"a module of the kernel", call(SYS_init_module, nullptr, 0, ""), kKilled},
      {"another kernel", call(SYS_kexec_load, 0, 0, nullptr, 0), kKilled},
      {"io_uring", call(SYS_io_uring_setup, 1, nullptr), kKilled},
      {"another filter", call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, nullptr), ENOSYS},
      {"new rules", [] { return ::prctl(PR_SET_DUMPABLE, 1); }, ENOSYS},
      {"memory for code",
       [] { return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1L : 0L; },
       kKilled},
      {"data that becomes code", [=] { return ::mprotect(page, 4096, PROT_READ | PROT_EXEC); }, kKilled},
      {"a file without a name", call(SYS_memfd_create, "x", 0), kKilled},
      {"opening a file for writing", [&] { return ::open(places.config.c_str(), O_WRONLY | O_CLOEXEC); }, kKilled},
      {"opening a file for reading and writing", [&] { return ::open(places.config.c_str(), O_RDWR | O_CLOEXEC); }, kKilled},
      {"emptying a file", [&] { return ::open(places.config.c_str(), O_RDONLY | O_TRUNC | O_CLOEXEC); }, kKilled},
      {"shortening a file by its name", [&] { return ::truncate(places.config.c_str(), 0); }, kKilled},
      {"a new file", [&] { return ::open(new_file.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600); }, kKilled},
      {"opening a file for writing by openat2", call(SYS_openat2, AT_FDCWD, "/", nullptr, 0), ENOSYS},
      {"chmod", [&] { return ::chmod(places.config.c_str(), 0777); }, kKilled},
      {"rename", [&] { return ::rename(places.config.c_str(), new_file.c_str()); }, kKilled},
      {"a new folder", [&] { return ::mkdir(new_file.c_str(), 0700); }, kKilled},
      {"a link", [&] { return ::symlink("/etc/shadow", new_file.c_str()); }, kKilled},
      {"reading a file of another folder", [&] { return ::open(places.secret.c_str(), O_RDONLY | O_CLOEXEC); }, EACCES},
      {"reading it through an open folder", [&] { return ::openat(places.foreign_folder.get(), "secret", O_RDONLY | O_CLOEXEC); },
       EACCES},
      {"listing another folder", [] { return ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC); }, EACCES},
      {"removing a file of another folder", [&] { return ::unlinkat(places.foreign_folder.get(), "secret", 0); }, EACCES},
      {"removing a file by its path", [&] { return ::unlink(places.config.c_str()); }, kKilled},
      {"a socket for packets", [] { return ::socket(AF_PACKET, SOCK_RAW, 0); }, ENOSYS},
      {"a raw socket", [] { return ::socket(AF_INET, SOCK_RAW, IPPROTO_TCP); }, ENOSYS},
      {"a socket of MPTCP, which Landlock does not see", [] { return ::socket(AF_INET, SOCK_STREAM, 262); }, ENOSYS},
      {"a socket of netlink", [] { return ::socket(AF_NETLINK, SOCK_DGRAM, 0); }, ENOSYS},
      {"another limit",
       [] {
         rlimit all{RLIM_INFINITY, RLIM_INFINITY};
         return ::setrlimit(RLIMIT_CORE, &all);
       },
       ENOSYS},
      {"another server",
       [] {
         const io::Descriptor fd(::socket(AF_INET, SOCK_STREAM, 0));
         sockaddr_in any{};
         any.sin_family = AF_INET;
         return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any);
       },
       ENOSYS},
      {"TCP to another port", [&] { return connect_to(places.stranger); },
       spfd::landlock_abi() >= spfd::kLandlockTcp ? EACCES : 0},
  };
  for (const Act& act : acts) {
    CAPTURE(std::string(act.name));
    CHECK(try_inside(places, act.run) == act.outcome);
  }
  CHECK(support::slurp(places.config) == "old");
  CHECK_FALSE(std::filesystem::exists(new_file));
  CHECK(support::slurp(places.secret) == "secret");
}

TEST_CASE("inside the sandbox spfd can do its work") {
  if (!can_sandbox()) return;
  const Places places;
  for (const auto* server : {&places.name_server, &places.stranger}) REQUIRE(::listen(server->get(), 8) == 0);
  const std::vector<Act> acts = {
      {"reading its configuration", [&] { return ::open(places.config.c_str(), O_RDONLY | O_CLOEXEC); }, 0},
      {"TCP to its name server", [&] { return connect_to(places.name_server); }, 0},
      {"a thread",
       [] {
         int done = 0;
         std::thread([&] { done = 1; }).join();
         return done - 1L;
       },
       0},
      {"much memory", [] { return std::vector<char>(64U << 20U, 'x').back() == 'x' ? 0L : -1L; }, 0},
      {"a signal to itself", [] { return ::raise(SIGURG); }, 0},
      {"shortening a file that it had open", [&] { return ::ftruncate(places.cache.get(), 0); }, 0},
      {"removing its socket", [&] { return ::unlinkat(places.folder.get(), "spfd.conf", 0); }, 0},
      {"counting refused calls",
       [] {
         if (spfd::refused_calls().count != 0 || ::socket(AF_PACKET, SOCK_RAW, 0) >= 0) return -1L;
         const auto refused = spfd::refused_calls();
         return refused.count == 1 && spfd::call_name(refused.last) == "socket" ? 0L : -1L;
       },
       0},
      {"refusals in a thread",
       [] {
         std::thread([] { ::socket(AF_PACKET, SOCK_RAW, 0); }).join();
         return spfd::refused_calls().count == 1 ? 0L : -1L;
       },
       0},
      {"SIGSYS from outside is not a refusal",
       [] {
         ::raise(SIGSYS);
         return spfd::refused_calls().count == 0 ? 0L : -1L;
       },
       0},
      {"the state",
       [] {
         const spfd::SandboxState& state = spfd::sandbox_state();
         const bool all = state.no_new_privs && state.files && state.system_calls && state.missing.empty();
         return all && state.tcp == (state.landlock_abi >= spfd::kLandlockTcp) ? 0L : -1L;
       },
       0},
      {"abort() ends it", []() -> long { ::abort(); }, kEnded + SIGABRT},
  };
  for (const Act& act : acts) {
    CAPTURE(std::string(act.name));
    CHECK(try_inside(places, act.run) == act.outcome);
  }
}

// ---- the filter ----------------------------------------------------------------------------------------------------------

// Interprets the instructions of classic BPF that libseccomp uses.
std::uint32_t run_filter(const std::vector<sock_filter>& program, const seccomp_data& data) {
  std::uint32_t a = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& one = program[at];
    switch (one.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        REQUIRE(one.k + sizeof a <= sizeof data);
        std::memcpy(&a, reinterpret_cast<const char*>(&data) + one.k, sizeof a);
        break;
      case BPF_ALU | BPF_AND | BPF_K: a &= one.k; break;
      case BPF_JMP | BPF_JA: at += one.k; break;
      case BPF_JMP | BPF_JEQ | BPF_K: at += a == one.k ? one.jt : one.jf; break;
      case BPF_JMP | BPF_JGT | BPF_K: at += a > one.k ? one.jt : one.jf; break;
      case BPF_JMP | BPF_JGE | BPF_K: at += a >= one.k ? one.jt : one.jf; break;
      case BPF_JMP | BPF_JSET | BPF_K: at += (a & one.k) != 0 ? one.jt : one.jf; break;
      case BPF_RET | BPF_K: return one.k;
      default: FAIL("unknown instruction ", one.code);
    }
  }
  FAIL("the program has no end");
  return 0;
}

struct Call {
  const char* name;
  std::array<std::uint64_t, 3> arguments;
  std::uint32_t action;
};

TEST_CASE("the filter of every processor allows, refuses and ends the same calls") {
  constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
  constexpr std::uint32_t kKill = SECCOMP_RET_KILL_PROCESS;
  constexpr std::uint32_t kNoCall = SECCOMP_RET_ERRNO | ENOSYS;
  const std::vector<Call> calls = {
      {"read", {}, kAllow},
      {"futex", {}, kAllow},
      {"rseq", {}, kAllow},
      {"getrandom", {}, kAllow},
      {"epoll_pwait", {}, kAllow},
      {"execve", {}, kKill},
      {"ptrace", {}, kKill},
      {"setuid", {}, kKill},
      {"clone3", {}, kNoCall},
      {"unlinkat", {}, kAllow},
      {"ftruncate", {}, kAllow},
      {"truncate", {}, kKill},
      {"bind", {}, SECCOMP_RET_TRAP},
      {"openat", {0, 0, O_RDONLY | O_CLOEXEC | O_NONBLOCK}, kAllow},
      {"openat", {0, 0, 0xFFFFFFFF00000000U | O_RDONLY}, kAllow},
      {"openat", {0, 0, O_WRONLY}, kKill},
      {"openat", {0, 0, O_RDWR | O_CLOEXEC}, kKill},
      {"openat", {0, 0, O_WRONLY | O_CREAT | O_TRUNC}, kKill},
      {"openat", {0, 0, O_RDONLY | O_CREAT}, kKill},
      {"mprotect", {0, 4096, PROT_READ | PROT_WRITE}, kAllow},
      {"mprotect", {0, 4096, PROT_READ | PROT_EXEC}, kKill},
      {"prlimit64", {0, RLIMIT_CORE, 0}, kAllow},
      {"prlimit64", {0, RLIMIT_CORE, 0x1000}, SECCOMP_RET_TRAP},
      {"fcntl", {0, F_SETFL, 0}, kAllow},
      {"fcntl", {0, F_SETOWN, 0}, SECCOMP_RET_TRAP},
      {"tgkill", {static_cast<std::uint64_t>(::getpid()), 1, SIGTERM}, kAllow},
      {"tgkill", {1, 1, SIGTERM}, SECCOMP_RET_TRAP},
      {"prctl", {PR_SET_NAME, 0, 0}, kAllow},
      {"prctl", {PR_SET_SECCOMP, 0, 0}, SECCOMP_RET_TRAP},
      {"ioctl", {0, 0x5412, 0}, SECCOMP_RET_TRAP},  // TIOCSTI
  };
  struct Processor {
    const char* name;
    std::uint32_t number;
    bool hides_arguments;  // socketcall(2) exists
    bool swaps_clone;
  };
  for (const Processor& processor :
       {Processor{"x86_64", SCMP_ARCH_X86_64, false, false}, Processor{"aarch64", SCMP_ARCH_AARCH64, false, false},
        Processor{"x86", SCMP_ARCH_X86, true, false}, Processor{"arm", SCMP_ARCH_ARM, false, false},
        Processor{"riscv64", SCMP_ARCH_RISCV64, false, false}, Processor{"ppc64le", SCMP_ARCH_PPC64LE, true, false}}) {
    CAPTURE(std::string(processor.name));
    const auto program = spfd::call_filter(processor.number);
    if (!program) FAIL_CHECK(program.error());
    if (!program) continue;
    CHECK(program->size() < BPF_MAXINSNS);
    const auto act = [&](const char* name, const std::array<std::uint64_t, 3>& arguments) {
      const int number = ::seccomp_syscall_resolve_name_arch(processor.number, name);
      CAPTURE(std::string(name));
      REQUIRE(number >= 0);
      seccomp_data data{};
      data.nr = number;
      data.arch = processor.number;
      std::copy(arguments.begin(), arguments.end(), std::begin(data.args));
      // On other processors than this one refusals may not be counted.
      return run_filter(*program, data);
    };
    for (const Call& call : calls) {
      // 32-bit processors have further variants only.
      if (::seccomp_syscall_resolve_name_arch(processor.number, call.name) < 0) continue;
      CAPTURE(std::string(call.name));
      CAPTURE(call.arguments[2]);
      CHECK(act(call.name, call.arguments) == call.action);
    }
    CHECK(act("clone", {CLONE_VM | CLONE_THREAD, 0, 0}) == kAllow);
    CHECK(act("clone", {SIGCHLD, 0, 0}) == kNoCall);
    CHECK(act("clone", {CLONE_THREAD | CLONE_NEWUSER, 0, 0}) == SECCOMP_RET_TRAP);
    if (!processor.hides_arguments) {
      CHECK(act("socket", {AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0}) == kAllow);
      CHECK(act("socket", {AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0}) == kAllow);
      CHECK(act("socket", {AF_PACKET, SOCK_RAW, 0}) == SECCOMP_RET_TRAP);
    }
    seccomp_data other{};
    other.nr = 0;
    other.arch = processor.number ^ 1U;
    CHECK(run_filter(*program, other) == kKill);
    other.arch = processor.number;
    other.nr = 9999;  // a call of later kernels
    CHECK(run_filter(*program, other) == SECCOMP_RET_TRAP);
  }
}

}  // namespace
