// The daemon in its sandbox: its start without Landlock or seccomp, its log, and what a reload may read.
#include <doctest/doctest.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "spfd/sandbox_landlock.h"
#include "t/daemon/can_sandbox.h"
#include "t/daemon/pass_zone.h"
#include "t/support/spfd_process.h"

namespace {

using daemon_test::can_sandbox;
using pass_zone::kQuestion;
using support::Finished;
using support::SpfdProcess;
using support::TempFolder;

// Forbids a system call to this process, as containers and old kernels do. For seccomp, the older call as well.
void forbid(const std::string& call) {
  const scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), ::seccomp_syscall_resolve_name(call.c_str()), 0);
  const scmp_arg_cmp is_seccomp = {0, SCMP_CMP_EQ, PR_SET_SECCOMP, 0};
  if (call == "seccomp") ::seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prctl), 1, &is_seccomp);
  if (::seccomp_load(filter) != 0) ::_exit(255);
}

// Starts spfd with `auto` and with `require` where it is forbidden to make a system call. Returns the log of the first and what
// the second printed.
std::pair<std::string, Finished> start_without(const std::string& call) {
  const TempFolder folder;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    forbid(call);
    try {
      {
        const SpfdProcess spfd({.arguments = {"--sandbox", "auto"}});
        folder.write("log", spfd.log());
      }
      const Finished finished = support::run(support::program("spfd"),
                                             {"--config", "/dev/null", "--listen", "inet:127.0.0.1:0", "--sandbox", "require"});
      folder.write("errors", finished.errors);
      ::_exit(finished.exit_code);
    } catch (const std::exception& error) {
      folder.write("errors", error.what());
      ::_exit(254);
    }
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return {support::slurp(folder / "log"), {WEXITSTATUS(status), "", support::slurp(folder / "errors")}};
}

TEST_CASE("without Landlock or seccomp: auto starts, and a warning says what is missing; require refuses to start") {
  if (!can_sandbox()) return;
  for (const char* call : {"landlock_create_ruleset", "landlock_restrict_self", "seccomp"}) {
    CAPTURE(call);
    const std::string missing = call == std::string_view("seccomp") ? "missing: seccomp: " : "missing: Landlock: ";
    const auto [log, refusal] = start_without(call);
    CHECK(log.find(" warning: sandbox: no new privileges, ") != std::string::npos);
    CHECK(log.find(missing) != std::string::npos);
    CHECK(refusal.exit_code == EX_OSERR);
    CHECK(refusal.errors.find(missing) != std::string::npos);
    CHECK(refusal.errors.find("sandbox = \"auto\"") != std::string::npos);
  }
}

TEST_CASE("the log names the parts that are in force") {
  if (!can_sandbox()) return;
  const SpfdProcess with({.arguments = {"--sandbox", "require"}});
  CHECK(with.log().find(" info: sandbox: no new privileges, files by Landlock (ABI ") != std::string::npos);
  CHECK(with.log().find("system calls by seccomp\n") != std::string::npos);
  const SpfdProcess without({.arguments = {"--sandbox", "off"}});
  CHECK(without.log().find(" info: sandbox: off\n") != std::string::npos);
}

std::string zone_with(std::string_view all) { return "pass.test TXT \"v=spf1 " + std::string(all) + "\"\n"; }

// Sends SIGHUP and waits for the line that the reload logs.
void reload(const SpfdProcess& spfd, std::string_view line) {
  const std::size_t before = spfd.log().size();
  spfd.signal(SIGHUP);
  support::wait_until("the reload: " + std::string(line) + "; the log: " + spfd.log(),
                      [&] { return spfd.log().find(line, before) != std::string::npos; });
}

TEST_CASE("in the sandbox a reload reads files that editors, links and scripts have replaced") {
  const TempFolder folder;
  const TempFolder releases;
  const auto release = [&](const std::string& name, std::string_view all) {
    std::filesystem::create_directory(releases / name);
    return releases.write(name + "/zone", zone_with(all));
  };
  release("1", "-all");
  std::filesystem::create_symlink("1", releases / "current");
  std::filesystem::create_symlink(releases / "current/zone", folder / "zone");
  const std::string text = "zone = [\"" + (folder / "zone") + "\"]\n";
  const std::string config = folder.write("spfd.conf", text);
  const SpfdProcess spfd({.arguments = {"--config", config}});
  CHECK(spfd.answer(kQuestion)["result"] == "fail");

  // An editor writes a new file and gives it the name.
  std::filesystem::rename(releases.write("new", zone_with("~all")), releases / "1/zone");
  std::filesystem::rename(folder.write("new", text + "legacy-results = true\n"), config);
  reload(spfd, "reloaded");
  CHECK(spfd.answer(kQuestion)["result"] == "softfail");

  // A file replaces the link.
  std::filesystem::rename(folder.write("new", zone_with("?all")), folder / "zone");
  reload(spfd, "reloaded");
  CHECK(spfd.answer(kQuestion)["result"] == "neutral");
}

TEST_CASE("a reload that names a file or a port outside of the sandbox is refused with that reason, and the old one stays") {
  if (!can_sandbox()) return;
  const TempFolder folder;
  const TempFolder foreign;
  std::filesystem::create_directory(folder / "etc");
  const std::string zone = folder.write("etc/zone", zone_with("-all"));
  const std::string text = "zone = [\"" + zone + "\"]\n";
  const std::string config = folder.write("etc/spfd.conf", text);
  const SpfdProcess spfd({.arguments = {"--config", config}});
  const std::string foreign_zone = foreign.write("zone", zone_with("+all"));
  const std::string secret = foreign.write("secret", "tops3cr3t\n");
  std::filesystem::permissions(secret, std::filesystem::perms::owner_read);

  folder.write("etc/spfd.conf", "zone = [\"" + foreign_zone + "\"]\n");
  reload(spfd, "not reloaded, the old configuration stays in force: " + foreign_zone + ": the sandbox forbids this folder");
  CHECK(spfd.answer(kQuestion)["result"] == "fail");

  folder.write("etc/spfd.conf", text + "srs-domain = \"fwd.test\"\nsrs-secret-file = \"" + secret + "\"\n");
  reload(spfd, "not reloaded, the old configuration stays in force: " + secret + ": the sandbox forbids this folder");

  // The mode of a file has nothing to do with the sandbox.
  folder.write("etc/spfd.conf", "zone = [\"" + (folder / "etc/none") + "\"]\n");
  reload(spfd, "not reloaded, the old configuration stays in force: " + (folder / "etc/none") + ": cannot be read: No such file");

  // Another folder has the name of the folder to which the rules apply.
  std::filesystem::rename(folder / "etc", folder / "old");
  std::filesystem::create_directory(folder / "etc");
  folder.write("etc/spfd.conf", text);
  reload(spfd, "not reloaded, the old configuration stays in force: " + config + ": the sandbox forbids this folder");
  std::filesystem::remove_all(folder / "etc");
  std::filesystem::rename(folder / "old", folder / "etc");
  folder.write("etc/spfd.conf", text);
  reload(spfd, "reloaded");
}

TEST_CASE("a reload that names a name server at another port is refused, if the sandbox restricts TCP") {
  if (!can_sandbox()) return;
  const TempFolder folder;
  const std::string config = folder.write("spfd.conf", "nameserver = [\"127.0.0.1:7\"]\n");
  const SpfdProcess spfd({.arguments = {"--config", config}, .own_name_servers = true});
  folder.write("spfd.conf", "nameserver = [\"127.0.0.2\", \"127.0.0.2:7\"]\n");
  reload(spfd, "reloaded");
  folder.write("spfd.conf", "nameserver = [\"127.0.0.1:8\"]\n");
  if (spfd::landlock_abi() >= spfd::kLandlockTcp) {
    reload(spfd,
           "not reloaded, the old configuration stays in force: nameserver 127.0.0.1:8: the sandbox forbids TCP to this port");
  } else {
    reload(spfd, "reloaded");
  }
}

}  // namespace
