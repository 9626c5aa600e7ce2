#include "spfd/sandbox_seccomp.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <type_traits>

#include "spfd/sandbox_calls.h"

namespace spfd {

namespace {

#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__) || defined(__arm__)
constexpr bool kCountsRefusals = true;
#else
constexpr bool kCountsRefusals = false;
#endif

constexpr int kBySeccomp = 1;  // SYS_SECCOMP, which some C libraries do not define

std::atomic<std::uint64_t> g_refused{0};
std::atomic<int> g_last_refused{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler uses it");

// Makes the refused call, at which the kernel has sent SIGSYS, return -ENOSYS. Ignores the signal if a process has sent it.
void on_refusal(int, siginfo_t* info, void* context) {
  if (info->si_code != kBySeccomp) return;
  g_last_refused.store(info->si_syscall, std::memory_order_relaxed);
  g_refused.fetch_add(1, std::memory_order_relaxed);
  [[maybe_unused]] auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  registers.gregs[REG_RAX] = -ENOSYS;
#elif defined(__i386__)
  registers.gregs[REG_EAX] = -ENOSYS;
#elif defined(__aarch64__)
  registers.regs[0] = static_cast<std::uint64_t>(-ENOSYS);
#elif defined(__arm__)
  registers.arm_r0 = static_cast<unsigned long>(-ENOSYS);
#endif
}

// Returns 0 or an errno.
int handle_refusals() {
  struct sigaction action {};
  action.sa_sigaction = on_refusal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigfillset(&action.sa_mask);
  sigset_t refusal;
  sigemptyset(&refusal);
  sigaddset(&refusal, SIGSYS);
  if (::sigaction(SIGSYS, &action, nullptr) != 0) return errno;
  return ::pthread_sigmask(SIG_UNBLOCK, &refusal, nullptr);
}

struct Release {
  void operator()(void* filter) const { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, Release>;

class Builder {
 public:
  explicit Builder(std::uint32_t architecture)
      : architecture_(architecture),
        filter_(::seccomp_init(kCountsRefusals ? SCMP_ACT_TRAP : SCMP_ACT_ERRNO(static_cast<unsigned>(ENOSYS)))) {}

  base::Result<Filter, std::string> build() {
    // A level below 3 means that filters cannot end a process (Linux 4.14), or seccomp(2) is forbidden.
    if (::seccomp_api_get() < 3)
      return base::failure(std::string("seccomp: the kernel is too old, or the service manager or container forbids it"));
    if (filter_ == nullptr) return base::failure(std::string("seccomp: libseccomp does not know this processor"));
    if (architecture_ != ::seccomp_arch_native()) {
      check(::seccomp_arch_add(filter_.get(), architecture_), "arch");
      check(::seccomp_arch_remove(filter_.get(), ::seccomp_arch_native()), "arch");
    }
    // Makes the filter search the call in a tree instead of a list. Older versions of libseccomp do not support this.
    static_cast<void>(::seccomp_attr_set(filter_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
    check(::seccomp_attr_set(filter_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "bad architecture");
    for (const char* const name : kAllowedCalls) add(SCMP_ACT_ALLOW, name);
    for (const char* const name : kDeadlyCalls) add(SCMP_ACT_KILL_PROCESS, name);
    add_files();
    add_memory();
    add_sockets();
    add_processes();
    if (!problem_.empty()) return base::failure("seccomp: " + problem_);
    return std::move(filter_);
  }

 private:
  using Compares = std::vector<scmp_arg_cmp>;
  using Numbers = std::initializer_list<unsigned>;

  void check(int result, const char* what) {
    if (result != 0 && problem_.empty()) problem_ = fmt::format("{}: {}", what, std::strerror(-result));
  }
  void add(std::uint32_t action, const char* name, const Compares& compares = {}) {
    // libseccomp translates the number of this processor.
    const int number = ::seccomp_syscall_resolve_name(name);
    // This version of libseccomp does not know it.
    if (number == __NR_SCMP_ERROR) return;
    const int result =
        ::seccomp_rule_add_array(filter_.get(), action, number, static_cast<unsigned>(compares.size()), compares.data());
    // EDOM: the call exists on other processors only.
    if (result != -EDOM) check(result, name);
  }
  // Compares the low 32 bits, since the kernel ignores the others of an int.
  static scmp_arg_cmp is_int(unsigned argument, unsigned value) {
    return {argument, SCMP_CMP_MASKED_EQ, std::uint64_t{0xFFFFFFFFU}, std::uint64_t{value}};
  }
  static scmp_arg_cmp has(unsigned argument, unsigned mask, unsigned value) {
    return {argument, SCMP_CMP_MASKED_EQ, std::uint64_t{mask}, std::uint64_t{value}};
  }

  void add_files() {
    constexpr unsigned kWrites = O_ACCMODE | O_CREAT | O_TRUNC;
    const auto add_open = [&](const char* name, unsigned flags) {
      add(SCMP_ACT_ALLOW, name, {has(flags, kWrites, O_RDONLY)});
      for (const unsigned bit : Numbers{O_WRONLY, O_RDWR, O_CREAT, O_TRUNC})
        add(SCMP_ACT_KILL_PROCESS, name, {has(flags, bit, bit)});
    };
    add_open("open", 1);
    add_open("openat", 2);
    for (const char* const name : {"fcntl", "fcntl64"}) {
      for (const unsigned command : Numbers{F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD, F_DUPFD_CLOEXEC})
        add(SCMP_ACT_ALLOW, name, {is_int(1, command)});
    }
    // Allows the requests of libevent to sockets, of stdio to terminals, and of the C library to interfaces (fe80::1%eth0).
    for (const unsigned request : Numbers{FIONREAD, FIONBIO, TCGETS, SIOCGIFNAME, SIOCGIFINDEX})
      add(SCMP_ACT_ALLOW, "ioctl", {is_int(1, request)});
  }

  // Where there is mmap2(), the arguments of mmap() are in memory, where a filter cannot see them, and no library uses it.
  bool has_mmap2() const { return ::seccomp_syscall_resolve_name_arch(architecture_, "mmap2") >= 0; }

  void add_memory() {
    for (const char* const name : {has_mmap2() ? "mmap2" : "mmap", "mprotect"}) {
      add(SCMP_ACT_ALLOW, name, {has(2, PROT_EXEC, 0)});
      add(SCMP_ACT_KILL_PROCESS, name, {has(2, PROT_EXEC, PROT_EXEC)});
    }
  }

  // Some 32-bit processors make these calls by socketcall(2), whose arguments a filter cannot see: there all sockets are allowed.
  void add_sockets() {
    constexpr unsigned kType = 0xF;  // without SOCK_NONBLOCK and SOCK_CLOEXEC
    const auto add_socket = [&](unsigned family, unsigned type, unsigned protocol) {
      add(SCMP_ACT_ALLOW, "socket", {is_int(0, family), has(1, kType, type), is_int(2, protocol)});
    };
    for (const unsigned family : Numbers{AF_INET, AF_INET6}) {
      for (const unsigned protocol : Numbers{0, IPPROTO_TCP}) add_socket(family, SOCK_STREAM, protocol);
      for (const unsigned protocol : Numbers{0, IPPROTO_UDP}) add_socket(family, SOCK_DGRAM, protocol);
    }
    for (const unsigned type : Numbers{SOCK_STREAM, SOCK_DGRAM}) add_socket(AF_UNIX, type, 0);
    add(SCMP_ACT_ALLOW, "socketpair", {is_int(0, AF_UNIX)});
  }

  void add_processes() {
    // Allows threads only. The flags of clone3() are in memory, where a filter cannot see them. Without clone3() the C library
    // uses clone().
    constexpr unsigned kNamespaces =
        CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
    const unsigned flags = architecture_ == SCMP_ARCH_S390X || architecture_ == SCMP_ARCH_S390 ? 1 : 0;
    add(SCMP_ACT_ALLOW, "clone", {has(flags, CLONE_THREAD | kNamespaces, CLONE_THREAD)});
    add(SCMP_ACT_ERRNO(static_cast<unsigned>(ENOSYS)), "clone3");
    // Without a signal: fork() blocks all signals around this call since glibc 2.41, and a blocked SIGSYS would end the process.
    add(SCMP_ACT_ERRNO(static_cast<unsigned>(ENOSYS)), "clone", {has(flags, CLONE_THREAD, 0)});
    // Allows signals to our own threads: progress of workers, abort().
    add(SCMP_ACT_ALLOW, "tgkill", {is_int(0, static_cast<unsigned>(::getpid()))});
#ifndef __GLIBC__
    add(SCMP_ACT_ALLOW, "tkill");
#endif
    for (const unsigned option : Numbers{PR_SET_NAME, PR_GET_NAME, kSetVma}) add(SCMP_ACT_ALLOW, "prctl", {is_int(0, option)});
    // Allows reading limits, and not setting them.
    add(SCMP_ACT_ALLOW, "prlimit64", {{2, SCMP_CMP_EQ, 0, 0}});
  }
  static constexpr unsigned kSetVma = 0x53564d41;  // PR_SET_VMA: malloc names its memory

  std::uint32_t architecture_;
  Filter filter_;
  std::string problem_;
};

}  // namespace

std::optional<std::string> enter_seccomp() {
  const auto filter = Builder(::seccomp_arch_native()).build();
  if (!filter) return filter.error();
  if (const int problem = handle_refusals(); problem != 0) return fmt::format("seccomp: SIGSYS: {}", std::strerror(problem));
  if (const int problem = ::seccomp_load(filter->get()); problem != 0)
    return fmt::format("seccomp: the filter cannot be put in force: {}", std::strerror(-problem));
  return {};
}

RefusedCalls refused_calls() {
  return {g_refused.load(std::memory_order_relaxed), g_last_refused.load(std::memory_order_relaxed)};
}

std::string call_name(int number) {
  struct Free {
    void operator()(char* text) const { std::free(text); }
  };
  const std::unique_ptr<char, Free> name(::seccomp_syscall_resolve_num_arch(::seccomp_arch_native(), number));
  return name != nullptr ? name.get() : std::to_string(number);
}

base::Result<std::vector<sock_filter>, std::string> call_filter(std::uint32_t architecture) {
  const auto filter = Builder(architecture).build();
  if (!filter) return base::failure(filter.error());
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::tmpfile());
  if (file == nullptr || ::seccomp_export_bpf(filter->get(), ::fileno(file.get())) != 0 ||
      std::fseek(file.get(), 0, SEEK_END) != 0)
    return base::failure(std::string("seccomp: the filter cannot be written"));
  std::vector<sock_filter> program(static_cast<std::size_t>(std::ftell(file.get())) / sizeof(sock_filter));
  std::rewind(file.get());
  if (std::fread(program.data(), sizeof(sock_filter), program.size(), file.get()) != program.size())
    return base::failure(std::string("seccomp: the filter cannot be read"));
  return program;
}

}  // namespace spfd
