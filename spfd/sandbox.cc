#include "spfd/sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>
#include <string_view>
#include <utility>

#include "common/io/descriptor.h"
#include "common/srs/hash.h"
#include "spfd/sandbox_landlock.h"
#include "spfd/sandbox_seccomp.h"

namespace spfd {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#elif defined(__has_feature)
constexpr bool kIsSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kIsSanitized = false;
#endif

constexpr int kMaxLinks = 40;

SandboxState g_state;

// Does everything that reads files or loads libraries at its first use. A reload may be the first to need secrets.
void load_libraries() {
  ::tzset();
  static_cast<void>(srs::Key::make(srs::Key::Form::mail_srs, "first use"));
}

bool is_root(const std::string& folder) {
  struct stat root {};
  struct stat status {};
  return ::stat("/", &root) == 0 && ::stat(folder.c_str(), &status) == 0 && root.st_dev == status.st_dev &&
         root.st_ino == status.st_ino;
}

}  // namespace

const SandboxState& sandbox_state() { return g_state; }

std::string sandbox_text(const SandboxState& state) {
  if (state.mode == SandboxMode::off) return "off";
  std::string text;
  const auto add = [&](std::string_view part) { text.append(text.empty() ? "" : ", ").append(part); };
  if (state.no_new_privs) add("no new privileges");
  if (state.files) add(fmt::format("files by Landlock (ABI {})", state.landlock_abi));
  if (state.tcp) add(fmt::format("TCP to port {}", fmt::join(state.tcp_ports, " or ")));
  if (state.signals) add("signals");
  if (state.system_calls) add("system calls by seccomp");
  if (text.empty()) add("nothing is in force");
  for (const std::string& why : state.missing) text.append("; missing: ").append(why);
  return text;
}

std::optional<StartError> enter_sandbox(SandboxMode mode, const SandboxRules& rules) {
  g_state = {};
  g_state.mode = mode;
  if (mode == SandboxMode::off) return {};
  if (kIsSanitized) {
    g_state.missing.emplace_back("this build has a sanitizer, which needs more rights");
  } else {
    load_libraries();
    g_state.no_new_privs = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    if (!g_state.no_new_privs) g_state.missing.emplace_back(fmt::format("no_new_privs: {}", std::strerror(errno)));
    if (const auto abi = enter_landlock(rules)) {
      g_state.landlock_abi = *abi;
      g_state.files = true;
      g_state.tcp = *abi >= kLandlockTcp;
      g_state.signals = *abi >= kLandlockSignals;
      if (g_state.tcp) g_state.tcp_ports = rules.tcp_ports;
    } else {
      g_state.missing.push_back(abi.error());
    }
    // seccomp comes last, since it forbids the system calls that the other steps need.
    if (auto problem = enter_seccomp()) {
      g_state.missing.push_back(std::move(*problem));
    } else {
      g_state.system_calls = true;
    }
  }
  if (mode != SandboxMode::require || g_state.missing.empty()) return {};
  return StartError{"sandbox: " + sandbox_text(g_state) + " (sandbox = \"auto\" starts without the missing parts)", EX_OSERR};
}

void add_readable(const std::string& path, std::vector<std::string>& readable) {
  std::string at = path;
  for (int links = 0; links < kMaxLinks; ++links) {
    const std::size_t slash = at.rfind('/');
    std::string folder = slash == std::string::npos ? "." : at.substr(0, slash + 1);
    struct stat status {};
    const bool exists = ::lstat(at.c_str(), &status) == 0;
    const bool is_link = exists && S_ISLNK(status.st_mode);
    readable.push_back(is_root(folder) || (exists && !is_link && !S_ISREG(status.st_mode)) ? at : folder);
    if (!is_link) return;
    std::array<char, PATH_MAX> target{};
    const ssize_t size = ::readlink(at.c_str(), target.data(), target.size());
    if (size <= 0) return;
    const std::string_view text(target.data(), static_cast<std::size_t>(size));
    at = text.starts_with('/') ? std::string(text) : std::move(folder.append("/").append(text));
  }
}

bool sandbox_forbids_reading(const std::string& path) {
  if (!g_state.files) return false;
  const io::Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  return !file.is_open() && errno == EACCES && ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0;
}

}  // namespace spfd
