// Files that root's spfd creates in folders of other users: sockets, the process id, secrets. And whose secrets are read.
#include <dirent.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/io/secret_file.h"
#include "common/service/unix_socket.h"
#include "spfd/pid_file.h"
#include "t/support/show.h"
#include "t/support/spfd_process.h"

namespace {

using support::Finished;
using support::SpfdProcess;
using support::TempFolder;

constexpr uid_t kStranger = 54321;  // a number without a user
constexpr std::string_view kSecret = "tops3cr3t\n";

Finished start(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--config", "/dev/null"});
  return support::run(support::program("spfd"), arguments);
}

struct stat status_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

// Attacks a root that creates files in the attacker's folder: replaces each file by a link to `file` and each folder by a link to
// `folder`, again and again.
void swap_links(const std::string& file, const std::string& folder) {
  DIR* const here = ::opendir(".");
  if (here == nullptr) return;
  while (const dirent* entry = ::readdir(here)) {
    const char* const name = entry->d_name;
    const std::string_view text = name;
    if (text == "." || text == ".." || text == "link" || text == "gone") continue;
    struct stat status {};
    if (::lstat(name, &status) != 0) continue;
    if (S_ISLNK(status.st_mode)) {
      ::unlink(name);
      continue;
    }
    ::unlink("link");
    if (::symlink((S_ISDIR(status.st_mode) ? folder : file).c_str(), "link") != 0) continue;
    static_cast<void>(::unlink("gone") != 0 && ::rmdir("gone") != 0);
    if (::rename(name, "gone") == 0 && ::rename("link", name) != 0) std::perror("rename");
  }
  ::closedir(here);
}

// A process of another user that runs this attack until its end.
class Attacker {
 public:
  Attacker(const std::string& place, const std::string& file, const std::string& folder) : pid_(::fork()) {
    REQUIRE(pid_ >= 0);
    if (pid_ > 0) return;
    ::alarm(60);
    if (::chdir(place.c_str()) != 0 || ::setgid(kStranger) != 0 || ::setuid(kStranger) != 0) ::_exit(1);
    for (;;) swap_links(file, folder);
  }
  ~Attacker() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Attacker(const Attacker&) = delete;
  Attacker& operator=(const Attacker&) = delete;

 private:
  const pid_t pid_;
};

// A folder of the stranger, and files next to it that belong to root.
struct Scene {
  TempFolder folder;
  std::string theirs = folder / "theirs";
  std::string file = folder.write("precious", "precious");
  std::string precious_folder = folder / "ours";

  Scene() {
    ::chmod(folder.path().c_str(), 0755);
    ::chmod(file.c_str(), 0600);
    ::mkdir(precious_folder.c_str(), 0700);
    ::mkdir(theirs.c_str(), 0755);
    REQUIRE(::chown(theirs.c_str(), kStranger, kStranger) == 0);
  }

  void check_untouched() const {
    CHECK(support::slurp(file) == "precious");
    for (const std::string& path : {file, precious_folder}) {
      const struct stat status = status_of(path);
      CHECK((status.st_mode & 0077U) == 0);
      CHECK(status.st_uid == 0);
      CHECK(status.st_gid == ::getegid());
    }
    CHECK(std::filesystem::is_empty(precious_folder));
  }
};

TEST_CASE("swapping links in the folder of a socket, a pid file or a secret never redirects root to other files" *
          doctest::skip(::geteuid() != 0)) {
  const Scene scene;
  const std::string user = std::to_string(kStranger);
  const std::string socket = scene.theirs + "/spfd.sock";
  int made = 0;
  {
    const Attacker attacker(scene.theirs, scene.file, scene.precious_folder);
    for (int i = 0; i < 1000; ++i) {
      auto listener = spfd::listen_on({.path = socket, .mode = 0666, .user = user, .group = user});
      const bool has_socket = listener.ok() && listener->file.publish() == 0;
      spfd::PidFile pid_file;
      const bool has_pid = !pid_file.write(scene.theirs + "/pid") && pid_file.file()->publish() == 0;
      const bool has_secret = !io::create_secret_file(scene.theirs + "/secret", io::SecretOwner{kStranger, kStranger});
      made += (has_socket ? 1 : 0) + (has_pid ? 1 : 0) + (has_secret ? 1 : 0);
    }
  }
  MESSAGE("made in spite of the attack: " << made << " of 3000");
  CHECK(made > 0);  // else the test has raced for nothing
  scene.check_untouched();
}

TEST_CASE("existing links are not followed" * doctest::skip(::geteuid() != 0)) {
  const Scene scene;
  const auto link = [&](const std::string& name, const std::string& target) {
    const std::string path = scene.theirs + "/" + name;
    REQUIRE(::symlink(target.c_str(), path.c_str()) == 0);
    REQUIRE(::lchown(path.c_str(), kStranger, kStranger) == 0);
    return path;
  };
  const std::string to_file = link("file", scene.file);
  const std::string to_nothing = link("nothing", scene.precious_folder + "/new");
  const std::string to_folder = link("folder", scene.precious_folder);
  for (const std::string& path : {to_file, to_nothing, to_folder + "/new"}) {
    CAPTURE(path);
    CHECK_FALSE(spfd::listen_on({.path = path}).ok());
    spfd::PidFile pid_file;
    CHECK(pid_file.write(path).has_value());
    CHECK(io::create_secret_file(path).has_value());
  }
  scene.check_untouched();
  const auto refused = io::create_secret_file(to_folder + "/new");
  CHECK(refused == "cannot be made: a link on the way belongs to another user, or there are too many links");
  // Links of our own, such as /var/run, are followed on the way.
  REQUIRE(::symlink(scene.precious_folder.c_str(), (scene.folder / "way").c_str()) == 0);
  CHECK_FALSE(io::create_secret_file(scene.folder / "way/new").has_value());
  CHECK(std::filesystem::exists(scene.precious_folder + "/new"));
}

TEST_CASE("a socket file has its mode from the start, whatever the umask; no other file is left in its folder") {
  const TempFolder folder;
  const mode_t old_mask = ::umask(0077);
  for (const unsigned mode : {0666U, 0600U, 0660U}) {
    auto listener = spfd::listen_on({.path = folder / "x.sock", .mode = mode});
    REQUIRE(listener.ok());
    CHECK_FALSE(std::filesystem::exists(folder / "x.sock"));
    REQUIRE(listener->file.publish() == 0);
    listener->file.settle();
    CHECK((status_of(folder / "x.sock").st_mode & 07777U) == mode);
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  }
  ::umask(old_mask);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a foreign lock on the folder of many sockets delays a start or a stop once, not per socket") {
  const TempFolder folder;
  const int lock = ::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  REQUIRE(::flock(lock, LOCK_EX) == 0);
  std::vector<std::string> arguments;
  for (int i = 0; i < 60; ++i) arguments.insert(arguments.end(), {"--listen", "unix:" + folder / std::to_string(i)});
  const auto begin = std::chrono::steady_clock::now();
  SpfdProcess spfd({.arguments = arguments});
  CHECK(spfd.stop() == EX_OK);
  // Half a second per socket would add up to a minute.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
  CHECK(std::filesystem::is_empty(folder.path()));
  ::close(lock);
}

TEST_CASE("--pid-file replaces the file of an earlier start, and nothing that is not a file") {
  const TempFolder folder;
  const std::string old = folder.write("pid", "999999999\n");
  const std::string copy = folder / "copy";
  REQUIRE(::link(old.c_str(), copy.c_str()) == 0);
  {
    spfd::PidFile pid_file;
    CHECK_FALSE(pid_file.write(old).has_value());
    REQUIRE(pid_file.file()->publish() == 0);
    CHECK(support::slurp(old) == std::to_string(::getpid()) + "\n");
    CHECK(support::slurp(copy) == "999999999\n");
    CHECK((status_of(old).st_mode & 0777U) == 0644);
  }
  CHECK_FALSE(std::filesystem::exists(old));
  // The file of a successor stays.
  {
    spfd::PidFile pid_file;
    CHECK_FALSE(pid_file.write(old).has_value());
    REQUIRE(pid_file.file()->publish() == 0);
    std::filesystem::remove(old);
    static_cast<void>(folder.write("pid", "1\n"));
  }
  CHECK(support::slurp(old) == "1\n");
  for (const std::string& path : {std::string("/dev/null"), folder.path(), folder.path() + "/", folder / "no/pid"}) {
    CAPTURE(path);
    spfd::PidFile pid_file;
    const auto error = pid_file.write(path);
    REQUIRE(error.has_value());
    CHECK(error->exit_code == EX_CANTCREAT);
  }
  CHECK(std::filesystem::is_character_file("/dev/null"));
}

// ---- secrets -------------------------------------------------------------------------------------------------------------

struct SecretFiles {
  TempFolder folder;

  std::string file(const std::string& name, unsigned mode) const {
    std::string path = folder.write(name, kSecret);
    ::chmod(path.c_str(), mode);
    return path;
  }
  Finished check(const std::string& path, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"--check-config", "--srs-domain", "fwd.test", "--srs-secret-file", path};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return start(arguments);
  }
  void refused(const std::string& path, std::string_view why) const {
    const Finished finished = check(path);
    CAPTURE(finished.errors);
    CHECK(finished.exit_code == EX_CONFIG);
    CHECK(finished.errors.find(why) != std::string::npos);
  }
};

TEST_CASE("secrets come from a regular file that belongs to root, to us or to --user") {
  const SecretFiles files;
  CHECK(files.check(files.file("good", 0600)).exit_code == EX_OK);
  const std::string fifo = files.folder / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  files.refused(fifo, "is not a regular file");
  files.refused("/dev/zero", "is not a regular file");
  files.refused(files.folder.path(), "Is a directory");
  files.refused(files.file("open", 0666), "mode 0666 lets others");
}

TEST_CASE("secrets that belong to another user are refused" * doctest::skip(::geteuid() != 0)) {
  const SecretFiles files;
  const std::string theirs = files.file("theirs", 0600);
  REQUIRE(::chown(theirs.c_str(), kStranger, kStranger) == 0);
  files.refused(theirs, "belongs to user 54321, who can change the secrets");
  CHECK(files.check(theirs, {"--user", std::to_string(kStranger)}).exit_code == EX_OK);
}

TEST_CASE("--new-srs-secret as root belongs to --user, and never to the target of a link" * doctest::skip(::geteuid() != 0)) {
  const Scene scene;
  const std::string path = scene.theirs + "/secret";
  const std::vector<std::string> arguments = {"--new-srs-secret", path, "--user", std::to_string(kStranger)};
  CHECK(start(arguments).exit_code == EX_OK);
  CHECK(status_of(path).st_uid == kStranger);
  CHECK((status_of(path).st_mode & 0777U) == 0600);
  std::filesystem::remove(path);
  REQUIRE(::symlink(scene.file.c_str(), path.c_str()) == 0);
  CHECK(start(arguments).exit_code == EX_CANTCREAT);
  scene.check_untouched();
}

TEST_CASE("no core file is written while secrets are in memory") {
  const SecretFiles files;
  const SpfdProcess with({.arguments = {"--srs-domain", "fwd.test", "--srs-secret-file", files.file("good", 0600)}});
  rlimit limit{};
  REQUIRE(::prlimit(with.pid(), RLIMIT_CORE, nullptr, &limit) == 0);
  CHECK(limit.rlim_cur == 0);
  CHECK(limit.rlim_max == 0);
}

TEST_CASE("write access to a socket of sender rewriting permits signing: other users have none by default") {
  const SecretFiles files;
  const TempFolder folder;
  const SpfdProcess spfd({.arguments = {"--srs", "unix:" + folder / "srs.sock", "--srs", "unix:" + folder / "open.sock,mode=0666",
                                        "--srs-domain", "fwd.test", "--srs-secret-file", files.file("good", 0600)}});
  CHECK((status_of(folder / "srs.sock").st_mode & 0777U) == 0660);
  CHECK((status_of(folder / "open.sock").st_mode & 0777U) == 0666);
  CHECK((status_of(spfd.socket_path()).st_mode & 0777U) == 0666);
}

TEST_CASE("starting as root without --user is reported once" * doctest::skip(::geteuid() != 0)) {
  constexpr std::string_view kWarning = " warning: running as root;";
  SpfdProcess root({.arguments = {"--workers", "3"}});
  root.signal(SIGHUP);
  root.wait_for_log("reloaded");
  const std::size_t first = root.log().find(kWarning);
  REQUIRE(first != std::string::npos);
  CHECK(root.log().find(kWarning, first + 1) == std::string::npos);
  const SpfdProcess user({.arguments = {"--user", std::to_string(kStranger)}});
  CHECK(user.log().find(kWarning) == std::string::npos);
}

}  // namespace
