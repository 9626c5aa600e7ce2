// Which name servers are in force, and when that changes.
#include "spfd/name_servers.h"

#include <doctest/doctest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <thread>

#include "common/io/socket.h"
#include "t/support/dns_server.h"
#include "t/support/spfd_process.h"

using support::DnsServer;
using support::SpfdProcess;

namespace {

dns::Answer record(const std::string& text) {
  dns::Answer answer;
  answer.ttl = 0;
  answer.texts = {text};
  return answer;
}

DnsServer::Handler always(const std::string& text) {
  return [text](const dns::Question&, bool) { return support::react(record(text)); };
}

constexpr const char* kQuestion = "ip=192.0.2.1\nhelo=mail.example.com\nsender=alice@example.com\n\n";

}  // namespace

TEST_CASE("name servers: SIGHUP loads others, and the log names them") {
  const DnsServer first(always("v=spf1 +all"));
  const DnsServer second(always("v=spf1 -all"));
  const support::TempFolder folder;
  const std::string config = folder.write("spfd.conf", "nameserver = [\"" + first.address() + "\"]\n");
  const SpfdProcess spfd({.arguments = {"--config", config, "--workers", "2", "--sandbox", "off"}, .own_name_servers = true});
  CHECK(spfd.log().find("name servers: " + first.address() + "\n") != std::string::npos);
  CHECK(spfd.answer(kQuestion)["result"] == "pass");
  folder.write("spfd.conf", "nameserver = [\"" + second.address() + "\"]\n");
  spfd.signal(SIGHUP);
  spfd.wait_for_log("name servers: " + second.address() + "\n");
  // Each worker gets them a moment later.
  support::wait_until("the second server is asked", [&] { return spfd.answer(kQuestion)["result"] == "fail"; });
}

TEST_CASE("name servers: resolv.conf is read again when it changes") {
  // A mount namespace of this thread, which the daemon inherits; the other threads keep the system's resolv.conf.
  std::thread([] {
    if (::unshare(CLONE_FS | CLONE_NEWNS) != 0) {
      MESSAGE("this process cannot create a mount namespace");
      return;
    }
    const support::TempFolder folder;
    const std::string path = folder.write("resolv.conf", "");
    REQUIRE(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
    REQUIRE(::mount(path.c_str(), io::ResolvConfWatch::kPath, nullptr, MS_BIND, nullptr) == 0);
    {
      const SpfdProcess spfd({.arguments = {"--workers", "2"}, .own_name_servers = true});
      spfd.wait_for_log("name servers: 127.0.0.1:53 from /etc/resolv.conf");
      std::ofstream(path) << "nameserver 192.0.2.1\nnameserver 2001:db8::1\n";
      spfd.wait_for_log("name servers: 192.0.2.1:53, [2001:db8::1]:53 from /etc/resolv.conf");
      std::ofstream(path) << "nameserver 192.0.2.2\n";
      spfd.signal(SIGHUP);
      spfd.wait_for_log("name servers: 192.0.2.2:53 from /etc/resolv.conf");
    }
    ::umount(io::ResolvConfWatch::kPath);
    // A FIFO without a writer would block the start and each reload, and a device might never end.
    REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    const std::string fifo = folder / "fifo";
    const auto put = [](const std::string& there) {
      return ::mount(there.c_str(), io::ResolvConfWatch::kPath, nullptr, MS_BIND, nullptr) == 0;
    };
    for (const std::string& there : {fifo, std::string("/dev/zero")}) {
      CAPTURE(there);
      REQUIRE(put(there));
      CHECK(io::name_server_text(io::system_name_servers().at(0)) == "127.0.0.1:53");
      CHECK(io::read_system_name_servers().error() == "/etc/resolv.conf: is not a regular file");
      CHECK(io::find_addresses("192.0.2.1", "53", 0).ok());
      CHECK(io::find_addresses("name.example", "53", 0).error() == "/etc/resolv.conf is not a regular file");
      // Without --hostname, so that the name of the machine is looked up.
      const SpfdProcess spfd({.arguments = {"--hostname", ""}, .own_name_servers = true});
      spfd.wait_for_log("/etc/resolv.conf: is not a regular file; the name servers in force are 127.0.0.1:53\n");
      ::umount(io::ResolvConfWatch::kPath);
    }
    // Servers that are in force stay, and the log reports it once.
    std::ofstream(path) << "nameserver 192.0.2.1\n";
    REQUIRE(put(path));
    const SpfdProcess spfd({.own_name_servers = true});
    spfd.wait_for_log("name servers: 192.0.2.1:53 from /etc/resolv.conf\n");
    REQUIRE(put(fifo));
    const std::string line = "/etc/resolv.conf: is not a regular file; the name servers in force are 192.0.2.1:53\n";
    spfd.signal(SIGHUP);
    spfd.wait_for_log(line);
    spfd.signal(SIGHUP);
    spfd.signal(SIGUSR1);
    spfd.wait_for_log("counters: cache hits=");
    CHECK(spfd.log().find(line) == spfd.log().rfind(line));
    CHECK(spfd.log().find("127.0.0.1:53") == std::string::npos);
    ::umount(io::ResolvConfWatch::kPath);
    std::ofstream(path) << "nameserver 192.0.2.3\n";
    spfd.wait_for_log("name servers: 192.0.2.3:53 from /etc/resolv.conf\n");
    ::umount(io::ResolvConfWatch::kPath);
  }).join();
}

TEST_CASE("name servers: one that stops answering, and one that returns, is reported once") {
  DnsServer first([](const dns::Question&, bool) { return support::react(support::Reaction::Fault::silence); });
  const DnsServer second(always("v=spf1 -all"));
  const SpfdProcess spfd({.arguments = {"--nameserver", first.address(), "--nameserver", second.address(), "--dns-timeout",
                                        "100ms", "--workers", "2"}});
  for (int i = 0; i < 20; ++i) CHECK(spfd.answer(kQuestion)["result"] == "fail");
  spfd.wait_for_log("name server " + first.address() + " does not answer\n");
  first.set_handler(always("v=spf1 -all"));
  support::wait_until("it is back", [&] {
    static_cast<void>(spfd.ask(kQuestion));
    return spfd.log().find("name server " + first.address() + " answers again\n") != std::string::npos;
  });
  const std::string log = spfd.log();
  CHECK(log.find("does not answer") == log.rfind("does not answer"));
}

TEST_CASE("name servers: log lines about a server that comes and goes are bounded") {
  spfd::NameServers servers({*io::parse_name_server("192.0.2.1"), *io::parse_name_server("192.0.2.2")});
  for (int i = 0; i < 1000; ++i) servers.on_change(servers.in_force().front(), i % 2 == 0);
  CHECK_FALSE(servers.look_again().has_value());  // because they are configured
  CHECK_FALSE(servers.reload(servers.in_force()).has_value());
  CHECK(servers.reload({*io::parse_name_server("192.0.2.3")})->size() == 1);
}
