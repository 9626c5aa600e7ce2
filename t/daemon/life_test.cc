// The life of the daemon: its sockets and rights, its messages when it cannot start, its log and size.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/io/socket.h"
#include "t/daemon/pass_zone.h"
#include "t/support/milter_client.h"
#include "t/support/spfd_process.h"

namespace {

using pass_zone::kQuestion;
using pass_zone::kZone;
using support::Client;
using support::Finished;
using support::listen_at;
using support::SpfdProcess;
using support::TempFolder;

Finished start(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--config", "/dev/null"});
  return support::run(support::program("spfd"), arguments);
}

// Checks for a sentence on stderr, in one line.
void check_refusal(const Finished& finished, int exit_code, std::string_view text) {
  CAPTURE(finished.errors);
  CHECK(finished.exit_code == exit_code);
  CHECK(finished.errors.starts_with("spfd: "));
  CHECK(finished.errors.find(text) != std::string::npos);
  CHECK(finished.errors.find('\n') == finished.errors.size() - 1);
}

std::string field_of(pid_t pid, const std::string& name) {
  const std::string status = support::slurp("/proc/" + std::to_string(pid) + "/status");
  const std::size_t begin = status.find("\n" + name + ":");
  if (begin == std::string::npos) return "";
  return status.substr(begin + name.size() + 2, status.find('\n', begin + 1) - begin - name.size() - 2);
}

// ---- start ---------------------------------------------------------------------------------------------------------------

TEST_CASE("--help, --version, --dump-config and --check-config do their work and end with 0") {
  CHECK(start({"--help"}).output.find("--listen ADDRESS") != std::string::npos);
  CHECK(start({"--version"}).output.starts_with("spfd "));
  CHECK(start({"--dump-config", "--port=7"}).output.find("listen = [\"inet:127.0.0.1:7\", \"inet:[::1]:7\"]") !=
        std::string::npos);
  for (const char* option : {"--help", "--version", "--dump-config", "--check-config"}) CHECK(start({option}).exit_code == EX_OK);
}

TEST_CASE("--help, --version, --dump-config and --check-config fail if their output cannot be written") {
  for (const char* option : {"--help", "--version", "--dump-config", "--check-config"}) {
    CAPTURE(option);
    const std::string command = "exec \"$0\" --config /dev/null " + std::string(option) + " >/dev/full";
    check_refusal(support::run("/bin/sh", {"-c", command, support::program("spfd")}), EX_OSERR,
                  "spfd: the output cannot be written: No space left on device");
  }
}

TEST_CASE("the exit code is the same if standard error cannot be written") {
  const TempFolder folder;
  const std::string noted = folder.write("noted", "a.test A 192.0.2.1\na\\.b.test A 192.0.2.3\n");
  for (const auto& [options, exit_code] : {std::pair("--nonsense", EX_USAGE),
                                           {"--zone /nonexistent", EX_CONFIG},
                                           {"--listen unix:/nonexistent/x", EX_CANTCREAT},
                                           {"--check-config --zone \"$1\"", EX_OK}}) {
    CAPTURE(options);
    const std::string command = "exec \"$0\" --config /dev/null " + std::string(options) + " 2>/dev/full";
    CHECK(support::run("/bin/sh", {"-c", command, support::program("spfd"), noted}).exit_code == exit_code);
  }
}

TEST_CASE("start: a bad command line is EX_USAGE, a bad file is EX_CONFIG with FILE:LINE") {
  CHECK(start({"--nonsense"}).exit_code == EX_USAGE);
  const TempFolder folder;
  const std::string config = folder.write("spfd.conf", "workers = 1\nworkers-of-the-world = 2\n");
  const Finished finished = support::run(support::program("spfd"), {"--config", config});
  check_refusal(finished, EX_CONFIG, config + ":2: workers-of-the-world: ");
  const std::string zone = folder.write("zone", "$TTL 60\na.test A 192.0.2.1\nb.test A 192.0.2.300\n");
  check_refusal(start({"--zone", zone}), EX_CONFIG, zone + ":3: ");
  check_refusal(start({"--zone", zone, "--check-config"}), EX_CONFIG, zone + ":3: ");
  check_refusal(start({"--zone", folder / "missing"}), EX_CONFIG, "No such file");
  const std::string noted = folder.write("noted", "a.test A 192.0.2.1\na\\.b.test A 192.0.2.3\n");
  const Finished got = start({"--zone", noted, "--check-config"});
  CHECK(got.exit_code == EX_OK);
  CHECK(got.errors.starts_with("spfd: " + noted + ":2: skipped: "));
}

TEST_CASE("start: an address in use") {
  const SpfdProcess other({.on_tcp = true});
  check_refusal(start({"--listen", other.address()}), EX_UNAVAILABLE, "Address already in use");
  check_refusal(start({"--listen", "inet:192.0.2.1:5970"}), EX_UNAVAILABLE, "inet:192.0.2.1:5970");
}

TEST_CASE("start: the socket of another running spfd is not touched") {
  const SpfdProcess other({.zone = std::string(kZone)});
  check_refusal(start({"--socket", other.socket_path()}), EX_UNAVAILABLE,
                "another server is listening there (--take-over replaces an spfd)");
  CHECK(other.ask(kQuestion).starts_with("result=pass"));
}

TEST_CASE("start: a path that is not a socket is not touched") {
  const TempFolder folder;
  const std::string path = folder.write("precious", "data");
  check_refusal(start({"--socket", path}), EX_CANTCREAT, "not a socket");
  CHECK(support::slurp(path) == "data");
  for (const auto& [name, target] : {std::pair("file", "precious"), {"nothing", "missing"}}) {
    std::filesystem::create_symlink(target, folder / name);
    check_refusal(start({"--socket", folder / name}), EX_CANTCREAT, "that is a link, and links are not followed");
    check_refusal(start({"--listen", "inet:127.0.0.1:0", "--pid-file", folder / name}), EX_CANTCREAT,
                  "that is a link, and links are not followed");
  }
  check_refusal(start({"--socket", folder.path()}), EX_CANTCREAT, "not a socket");
  check_refusal(start({"--socket", folder / "no/such/folder"}), EX_CANTCREAT, "No such file or directory");
}

TEST_CASE("start: a stale socket is replaced") {
  const TempFolder folder;
  const std::string path = folder / "stale.sock";
  listen_at(path).close();
  REQUIRE(std::filesystem::is_socket(path));
  SpfdProcess spfd({.arguments = {"--listen", "unix:" + path}, .zone = std::string(kZone)});
  Client client("unix:" + path);
  client.send(kQuestion);
  CHECK(client.read_to_end().starts_with("result=pass"));
}

TEST_CASE("start: unknown users and groups") {
  const TempFolder folder;
  const std::string listen = "unix:" + folder / "sock";
  check_refusal(start({"--listen", listen, "--user", "nobody-of-that-name"}), EX_NOUSER, "\"nobody-of-that-name\"");
  check_refusal(start({"--listen", listen, "--group", "none-of-that-name"}), EX_NOUSER, "\"none-of-that-name\"");
  check_refusal(start({"--listen", listen + ",user=nobody-of-that-name"}), EX_NOUSER, "\"nobody-of-that-name\"");
  check_refusal(start({"--listen", listen + ",group=none-of-that-name"}), EX_NOUSER, "\"none-of-that-name\"");
  CHECK_FALSE(std::filesystem::exists(folder / "sock"));
}

TEST_CASE("start: an unknown host") {
  check_refusal(start({"--listen", "inet:no such host:1"}), EX_NOHOST, "the host is unknown");
}

TEST_CASE("start: a failure removes what was created before it") {
  const TempFolder folder;
  check_refusal(start({"--listen", "unix:" + folder / "sock", "--listen", "inet:192.0.2.1:5970"}), EX_UNAVAILABLE, "192.0.2.1");
  CHECK_FALSE(std::filesystem::exists(folder / "sock"));
}

// ---- sockets and rights --------------------------------------------------------------------------------------------------

TEST_CASE("several addresses at a time, IPv6 too") {
  SpfdProcess::Settings settings = {.zone = std::string(kZone)};
  settings.arguments = {"--listen", "inet:127.0.0.1:0", "--listen", "inet:[::1]:0"};
  const SpfdProcess spfd(settings);
  const std::string log = spfd.log();
  const std::size_t begin = log.find("listening on ") + 13;
  const std::string addresses = log.substr(begin, log.find(';', begin) - begin);
  int count = 0;
  for (const auto address : base::split(addresses, ',')) {
    Client client{std::string(base::strip(address))};
    client.send(kQuestion);
    CHECK(client.read_to_end().starts_with("result=pass"));
    ++count;
  }
  CHECK(count == 3);
}

TEST_CASE("the mode of the socket file does not depend on the umask; the file is removed at the end") {
  const TempFolder folder;
  const std::string path = folder / "x.sock";
  for (const auto& [option, mode] : {std::pair{"", 0666U}, {",mode=0600", 0600U}, {",mode=0660", 0660U}}) {
    SpfdProcess spfd({.arguments = {"--listen", "unix:" + path + option}});
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == mode);
    CHECK(spfd.stop() == EX_OK);
    CHECK_FALSE(std::filesystem::exists(path));
  }
}

TEST_CASE("a socket file that belongs to another process by now is not removed at the end") {
  const TempFolder folder;
  const std::string path = folder / "x.sock";
  SpfdProcess spfd({.arguments = {"--listen", "unix:" + path}});
  std::filesystem::remove(path);
  const io::Descriptor other = listen_at(path);
  CHECK(spfd.stop() == EX_OK);
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("root is dropped to the given user, groups included; the socket has its owner" * doctest::skip(::geteuid() != 0)) {
  const passwd* entry = ::getpwnam("nobody");
  REQUIRE(entry != nullptr);
  const std::string uid = std::to_string(entry->pw_uid);
  const std::string gid = std::to_string(entry->pw_gid);
  const TempFolder folder;
  const std::string path = folder / "x.sock";
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  SpfdProcess spfd({.arguments = {"--listen", "unix:" + path + ",mode=0600,user=nobody,group=" + gid, "--set-user", "nobody"},
                    .zone = std::string(kZone)});
  CHECK(field_of(spfd.pid(), "Uid") == "\t" + uid + "\t" + uid + "\t" + uid + "\t" + uid);
  CHECK(field_of(spfd.pid(), "Gid") == "\t" + gid + "\t" + gid + "\t" + gid + "\t" + gid);
  CHECK(base::strip(field_of(spfd.pid(), "Groups")) == gid);
  CHECK(field_of(spfd.pid(), "CapEff").find_first_not_of("\t0") == std::string::npos);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK(status.st_uid == entry->pw_uid);
  CHECK(status.st_gid == entry->pw_gid);
  CHECK(spfd.ask(kQuestion).starts_with("result=pass"));
  CHECK(spfd.stop() == EX_OK);
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("--pid-file holds the process id during the run") {
  const TempFolder folder;
  SpfdProcess spfd({.arguments = {"--pid-file", folder / "pid"}});
  CHECK(support::slurp(folder / "pid") == std::to_string(spfd.pid()) + "\n");
  CHECK(spfd.stop() == EX_OK);
  CHECK_FALSE(std::filesystem::exists(folder / "pid"));
  check_refusal(start({"--listen", "unix:" + folder / "sock", "--pid-file", folder / "no/pid"}), EX_CANTCREAT, "no/pid");
}

TEST_CASE("sockets of a service manager are taken over, and it gets READY=1 and STOPPING=1") {
  const TempFolder folder;
  // A unit may have several sockets; they have its name.
  const std::array<std::string, 3> names = {folder / "given.sock", folder / "second.sock", folder / "milter.sock"};
  std::vector<io::Descriptor> listening;
  for (const std::string& name : names) listening.push_back(listen_at(name));
  const io::Descriptor manager(::socket(AF_UNIX, SOCK_DGRAM, 0));
  const std::string notify = folder / "notify";
  const io::SocketAddress address = io::unix_address(notify);
  REQUIRE(::bind(manager.get(), address.get(), address.size) == 0);
  const timeval patience{30, 0};
  ::setsockopt(manager.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto told = [&] {
    std::array<char, 1024> text{};
    const ssize_t size = ::recv(manager.get(), text.data(), text.size(), 0);
    return std::string(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  };

  const std::string program = support::program("spfd");
  const std::string zone = folder.write("zone", kZone);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // Above the descriptors that they get, so that none replaces another.
    std::array<int, names.size()> copies{};
    for (std::size_t i = 0; i < copies.size(); ++i) copies[i] = ::fcntl(listening[i].get(), F_DUPFD, 100);
    for (std::size_t i = 0; i < copies.size(); ++i) ::dup2(copies[i], 3 + static_cast<int>(i));
    for (const int copy : copies) ::close(copy);
    ::setenv("LISTEN_FDS", "3", 1);
    ::setenv("LISTEN_FDNAMES", "spfd.socket:spfd.socket:milter", 1);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("NOTIFY_SOCKET", notify.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "100000", 1);
    ::execl(program.c_str(), "spfd", "--config", "/dev/null", "--zone", zone.c_str(), "--log-level", "error", nullptr);
    ::_exit(127);
  }
  listening.clear();
  CHECK(told().starts_with("READY=1"));
  CHECK(told() == "WATCHDOG=1");
  for (const std::string& name : {names[0], names[1]}) {
    Client client("unix:" + name);
    client.send(kQuestion);
    CHECK(client.read_to_end().starts_with("result=pass"));
  }
  CHECK(support::MilterClient("unix:" + names[2]).negotiate().command == 'O');
  CHECK(told() == "WATCHDOG=1");
  ::kill(child, SIGHUP);
  std::string next = told();
  while (next == "WATCHDOG=1") next = told();
  CHECK(next.starts_with("RELOADING=1"));
  ::kill(child, SIGTERM);
  while (next != "STOPPING=1" && !next.empty()) next = told();
  CHECK(next == "STOPPING=1");
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  // The socket belongs to the manager.
  CHECK(std::filesystem::exists(folder / "given.sock"));
}

// ---- log and size --------------------------------------------------------------------------------------------------------

TEST_CASE("the log names skipped lines of a zone file; the others are in force") {
  const SpfdProcess spfd({.zone = "a\\.b.test TXT x\nfine.test TXT \"v=spf1 -all\"\n"});
  spfd.wait_for_log(spfd.zone_path() + ":1: skipped: ");
  CHECK(spfd.answer("ip=192.0.2.1\nhelo=h.test\nsender=u@fine.test\n\n")["result"] == "fail");
}

TEST_CASE("each verdict is one log line with the request, the reason and the id; no client can forge a line") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  static_cast<void>(spfd.ask("id=q 1\n" + std::string(kQuestion)));
  spfd.wait_for_log(
      " info: result=pass identity=mailfrom ip=192.0.2.10 helo=mail.pass.test sender=u@pass.test mechanism=ip4:192.0.2.10 "
      "lookups=0 "
      "void=0 ms=");
  spfd.wait_for_log(" id=\"q 1\"\n");
  static_cast<void>(spfd.ask("ip=192.0.2.10\nhelo=x\x1b[0m result=pass\rresult=pass\nsender=\"a b\"@pass.test\n\n"));
  spfd.wait_for_log(" helo=\"x\\\\x1b[0m result=pass\\\\x0dresult=pass\" sender=\"\\\"a b\\\"@pass.test\" ");
  static_cast<void>(spfd.ask("ip=192.0.2.10\nsender=" + std::string(4000, 'u') + "@pass.test\n\n"));
  support::wait_until("the long sender", [&] { return spfd.log().find("uuu...\"") != std::string::npos; });
  const std::string log = spfd.log();
  for (const auto line : base::split(log, '\n')) CHECK(line.size() < 1500);
}

TEST_CASE("--log-level and --debug") {
  const SpfdProcess quiet({.arguments = {"--debug"}, .zone = std::string(kZone)});
  static_cast<void>(quiet.ask(kQuestion));
  quiet.wait_for_log("debug: trace: ");
}

TEST_CASE("when idle, spfd uses less than 12 MB" * doctest::skip(support::program("").find("san/") != std::string::npos)) {
  const SpfdProcess spfd({.arguments = {"--workers", "4"}, .zone = std::string(kZone)});
  static_cast<void>(spfd.ask(kQuestion));
  MESSAGE("resident: " << spfd.resident() / 1024 << " KB");
  CHECK(spfd.resident() < 12U * 1024 * 1024);
}

}  // namespace
