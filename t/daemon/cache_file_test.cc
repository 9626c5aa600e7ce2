// The cache file of the real daemon, in its sandbox: the answers that a restart preserves, commands, and files that must not be
// used.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "t/daemon/control_world.h"

namespace {

using control_world::has;
using control_world::records;
using control_world::World;
using support::SpfdProcess;
using support::TempFolder;

constexpr std::string_view kQuestion = "ip=192.0.2.10\nsender=u@known.test\n\n";

SpfdProcess::Settings settings(const std::string& server, const std::string& file) {
  return {.arguments = {"--nameserver", server, "--cache-file", file}};
}

TEST_CASE("cache file: after a restart the first check needs no DNS, and the TTL has continued to run") {
  const TempFolder folder;
  const std::string path = folder / "answers";
  std::optional<support::DnsServer> dns(std::in_place, records);
  const std::string server = dns->address();
  {
    SpfdProcess spfd(settings(server, path));
    CHECK(spfd.ask(kQuestion).starts_with("result=pass"));
    CHECK(spfd.stop() == 0);
    CHECK(has(spfd.log(), " answers written, "));
  }
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0600);
  dns.reset();
  const SpfdProcess spfd(settings(server, path));
  CHECK(has(spfd.log(), "cache-file: 1 answers loaded, "));
  const std::string answer = spfd.ask("ip=192.0.2.10\nsender=u@known.test\nformat=json\n\n");
  CHECK(has(answer, "\"result\": \"pass\""));
  const std::size_t ttl = answer.find("\"ttl\": ");
  REQUIRE(ttl != std::string::npos);
  CHECK(std::stoi(answer.substr(ttl + 7)) <= 300);
  CHECK(std::stoi(answer.substr(ttl + 7)) > 200);
}

TEST_CASE("cache file: dump_cache writes it, load_cache adds it, and both report how much") {
  const TempFolder folder;
  support::DnsServer dns(records);
  const World world(settings(dns.address(), folder / "answers"));
  CHECK(world.spfd().ask(kQuestion).starts_with("result=pass"));
  CHECK(world.output({"dump_cache"}).starts_with("cache-file: 1 answers written, "));
  CHECK(world.output({"flush", "all"}) == "removed=1\n");
  CHECK(world.output({"load_cache"}).starts_with("cache-file: 1 answers loaded, "));
  CHECK(has(world.output({"lookup", "known.test"}), "known.test TXT ttl="));
  CHECK(world.output({"load_cache"}).starts_with("cache-file: 0 answers loaded, "));
  // The file becomes shorter with the cache: nothing of a name that was removed remains in it.
  CHECK(has(support::slurp(folder / "answers"), "known.test"));
  CHECK(world.output({"flush", "all"}) == "removed=1\n");
  CHECK(world.output({"dump_cache"}).starts_with("cache-file: 0 answers written, 56 bytes, "));
  CHECK_FALSE(has(support::slurp(folder / "answers"), "known.test"));
  CHECK(world.ctl({"dump_cache", "/tmp/other"}).exit_code == 1);
  std::filesystem::remove(folder / "answers");
  CHECK(has(world.ctl({"dump_cache"}).errors, "was removed since the start"));
  CHECK(world.spfd().stop() == 0);
  CHECK_FALSE(std::filesystem::exists(folder / "answers"));
}

TEST_CASE("cache file: a limit on the size of files ends neither the file's nor the log's writer") {
  const TempFolder folder;
  support::DnsServer dns(records);
  const World world(settings(dns.address(), folder / "answers"));
  const rlimit none{0, RLIM_INFINITY};
  REQUIRE(::prlimit(world.spfd().pid(), RLIMIT_FSIZE, &none, nullptr) == 0);
  CHECK(world.spfd().ask(kQuestion).starts_with("result=pass"));
  const support::Finished refused = world.ctl({"dump_cache"});
  CHECK(refused.exit_code == 1);
  CHECK(has(refused.errors, "cannot be written: File too large\n"));
  CHECK(world.spfd().ask(kQuestion).starts_with("result=pass"));
  CHECK(world.spfd().is_running());
}

TEST_CASE("cache file: without the option the commands report that") {
  const World world({.zone = "pass.test TXT \"v=spf1 -all\"\n"});
  const support::Finished finished = world.ctl({"dump_cache"});
  CHECK(finished.exit_code == 1);
  CHECK(has(finished.errors, "there is no cache-file in the configuration"));
  CHECK(world.ctl({"load_cache"}).exit_code == 1);
}

TEST_CASE("cache file: a file that is not usable is reported, left alone, and prevents nothing") {
  const TempFolder folder;
  support::DnsServer dns(records);
  const auto run_with = [&](const std::string& path) {
    SpfdProcess spfd(settings(dns.address(), path));
    CHECK(spfd.ask(kQuestion).starts_with("result=pass"));
    CHECK(spfd.stop() == 0);
    return spfd.log();
  };
  const std::string foreign = folder.write("foreign", "tops3cr3t\n");
  REQUIRE(::chmod(foreign.c_str(), 0600) == 0);
  CHECK(has(run_with(foreign), foreign + " is not a cache file, and is left alone; it is not used"));
  CHECK(support::slurp(foreign) == "tops3cr3t\n");

  const std::string open = folder.write("open", "");
  REQUIRE(::chmod(open.c_str(), 0666) == 0);
  CHECK(has(run_with(open), "lets others read or forge DNS answers; use 0600; it is not used"));
  CHECK(support::slurp(open).empty());

  std::filesystem::create_symlink(foreign, folder / "link");
  CHECK(has(run_with(folder / "link"), "link is a link, and links are not followed; it is not used"));
  CHECK(has(run_with(folder / "missing/answers"), " cannot be opened: No such file or directory; it is not used"));

  const std::string broken = folder / "broken";
  CHECK(has(run_with(broken), "1 answers written"));
  std::string text = support::slurp(broken);
  text.back() = static_cast<char>(text.back() ^ 1);
  static_cast<void>(folder.write("broken", text));
  const std::string log = run_with(broken);
  CHECK(has(log, broken + " is damaged"));
  CHECK(has(log, "1 answers written"));
}

}  // namespace
