// The signals of the daemon: SIGTERM and SIGINT end it without losing a request, SIGHUP loads files, SIGUSR1 logs the counters.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sysexits.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "t/daemon/pass_zone.h"
#include "t/support/dns_server.h"
#include "t/support/spfd_process.h"

namespace {

using pass_zone::kQuestion;
using pass_zone::kSlowQuestion;
using pass_zone::kZone;
using std::chrono::milliseconds;
using support::Client;
using support::SpfdProcess;
using support::TempFolder;

support::Reaction published(std::string text, milliseconds delay) {
  dns::Answer answer;
  answer.ttl = 60;
  answer.texts = {std::move(text)};
  support::Reaction reaction = support::react(std::move(answer));
  reaction.delay = delay;
  return reaction;
}

TEST_CASE("SIGTERM and SIGINT: requests in flight are finished, kept connections are closed, no client is accepted, exit 0") {
  for (const int number : {SIGTERM, SIGINT}) {
    support::DnsServer dns([](const dns::Question&, bool) { return published("v=spf1 ip4:192.0.2.10 -all", milliseconds(400)); });
    SpfdProcess spfd({.arguments = {"--nameserver", dns.address(), "--workers", "2"}, .zone = std::string(kZone)});
    Client idle(spfd.address());
    idle.send("keep=1\n" + std::string(kQuestion));
    CHECK(idle.read_answer().starts_with("result=pass"));
    Client busy(spfd.address());
    busy.send(kSlowQuestion);
    support::wait_until("the question to arrive", [&] { return dns.count() > 0; });
    spfd.signal(number);
    spfd.wait_for_log("stopping");
    CHECK(idle.read_to_end().empty());
    CHECK(busy.read_to_end().starts_with("result=pass"));
    CHECK(spfd.wait() == EX_OK);
    CHECK_THROWS(Client(spfd.address()));
  }
}

TEST_CASE("SIGTERM waits for a silent DNS at most as long as a check may take; a second one does not wait at all") {
  support::DnsServer dns([](const dns::Question&, bool) { return support::react(support::Reaction::Fault::silence); });
  SUBCASE("one") {
    SpfdProcess spfd({.arguments = {"--nameserver", dns.address(), "--timeout", "500ms"}});
    Client busy(spfd.address());
    busy.send(kSlowQuestion);
    support::wait_until("the question to arrive", [&] { return dns.count() > 0; });
    CHECK(spfd.stop() == EX_OK);
    CHECK(busy.read_to_end().starts_with("result=temperror"));
  }
  SUBCASE("one, and a check with a time limit of an hour") {
    SpfdProcess spfd({.arguments = {"--nameserver", dns.address(), "--timeout", "1h"}});
    Client busy(spfd.address());
    for (int i = 0; i < 5; ++i) busy.send("keep=1\n" + std::string(kSlowQuestion));
    support::wait_until("the question to arrive", [&] { return dns.count() > 0; });
    CHECK(spfd.stop() == EX_OK);
    for (int i = 0; i < 5; ++i) CHECK(busy.read_answer().starts_with("result=temperror"));
    CHECK(busy.read_to_end().empty());
  }
  SUBCASE("two") {
    SpfdProcess spfd({.arguments = {"--nameserver", dns.address(), "--timeout", "1h"}});
    Client busy(spfd.address());
    busy.send(kSlowQuestion);
    support::wait_until("the question to arrive", [&] { return dns.count() > 0; });
    spfd.signal(SIGTERM);
    spfd.wait_for_log("stopping");
    CHECK(spfd.stop() == EX_OK);
  }
}

TEST_CASE("SIGTERM: a client that has just connected, or has sent a part of a request, may still ask") {
  for (int parts = 0; parts < 4; ++parts) {
    SpfdProcess spfd({.arguments = {"--workers", "2"}, .zone = std::string(kZone)});
    Client other(spfd.address());  // sends nothing; the stop waits for it at most as long as for any client
    Client client(spfd.address());
    const std::size_t sent = kQuestion.size() * static_cast<std::size_t>(parts) / 4;
    client.send(kQuestion.substr(0, sent));
    spfd.signal(SIGTERM);
    spfd.wait_for_log("stopping");
    CHECK_FALSE(client.is_readable(milliseconds(200)));
    client.send(kQuestion.substr(sent));
    CHECK(client.read_to_end().starts_with("result=pass"));
    CHECK(spfd.wait() == EX_OK);
    CHECK(other.read_to_end().empty());
  }
}

TEST_CASE("SIGTERM: one more request on each kept connection is answered, then it is closed") {
  support::DnsServer dns([](const dns::Question&, bool) { return published("v=spf1 ip4:192.0.2.10 -all", milliseconds(300)); });
  SpfdProcess spfd({.arguments = {"--nameserver", dns.address(), "--workers", "2"}, .zone = std::string(kZone)});
  const std::string kept = "keep=1\n" + std::string(kQuestion);
  const std::string policy =
      "request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=192.0.2.10\nhelo_name=mail.pass.test\n"
      "sender=u@pass.test\ninstance=1\n\n";
  Client lines(spfd.address());
  Client postfix(spfd.address());
  Client busy(spfd.address());
  lines.send(kept);
  CHECK(lines.read_answer().starts_with("result=pass"));
  postfix.send(policy);
  CHECK(postfix.read_answer().starts_with("action=PREPEND "));
  busy.send("keep=1\n" + std::string(kSlowQuestion));
  support::wait_until("the question to arrive", [&] { return dns.count() > 0; });
  spfd.signal(SIGTERM);
  spfd.wait_for_log("stopping");
  busy.send(kept);  // after a check that was under way
  CHECK_FALSE(lines.is_readable(milliseconds(200)));
  lines.send(kept);
  CHECK(lines.read_answer().starts_with("result=pass"));
  postfix.send(policy);
  CHECK(postfix.read_answer().starts_with("action=DUNNO"));
  for (int i = 0; i < 2; ++i) CHECK(busy.read_answer().starts_with("result=pass"));
  CHECK(spfd.wait() == EX_OK);
  for (Client* client : {&lines, &postfix, &busy}) CHECK(client->read_to_end().empty());
}

TEST_CASE("SIGTERM: a request that does not end in time is answered too") {
  SpfdProcess spfd({.arguments = {"--bad-question-result", "temperror"}, .zone = std::string(kZone)});
  Client client(spfd.address());
  client.send("ip=192.0.2.10\nhelo=mail");
  CHECK(spfd.stop() == EX_OK);
  const auto answer = support::parse_answer(client.read_to_end());
  CHECK(answer.at("result") == "temperror");
  CHECK(answer.count("error") == 1);
}

TEST_CASE("SIGTERM loses no request that was sent before: each of many connections gets an answer") {
  constexpr int kClients = 800;
  SpfdProcess spfd({.arguments = {"--workers", "2"}, .zone = std::string(kZone)});
  std::vector<std::unique_ptr<Client>> clients;
  clients.reserve(kClients);
  spfd.signal(SIGSTOP);  // so that they wait in the queue of the listener
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<Client>(spfd.address()));
    clients.back()->send(kQuestion);
  }
  spfd.signal(SIGTERM);
  spfd.signal(SIGCONT);
  CHECK(spfd.wait() == EX_OK);
  int right = 0;
  for (const auto& client : clients) right += client->read_to_end().starts_with("result=pass") ? 1 : 0;
  CHECK(right == kClients);
}

TEST_CASE("SIGHUP loads new zone files and options; with a broken file the old ones stay, and the log states the reason") {
  const TempFolder folder;
  const std::string config = folder.write("spfd.conf", "bad-question-result = \"none\"\n");
  const SpfdProcess spfd({.arguments = {"--config", config}, .zone = std::string(kZone)});
  const auto result = [&](std::string_view question) { return spfd.answer(question)["result"]; };
  CHECK(result(kQuestion) == "pass");
  CHECK(result("ip=x\n\n") == "none");

  const auto reload = [&](std::string_view sign) {
    const std::size_t before = spfd.log().size();
    spfd.signal(SIGHUP);
    support::wait_until("the reload", [&] { return spfd.log().find(sign, before) != std::string::npos; });
  };
  folder.write("spfd.conf", "bad-question-result = \"permerror\"\nworkers = 3\n");
  std::filesystem::remove(spfd.zone_path());
  static_cast<void>(spfd.folder().write("zone", "pass.test TXT \"v=spf1 -all\"\n"));
  reload("reloaded");
  support::wait_until("the new zone", [&] { return result(kQuestion) == "fail"; });
  CHECK(result("ip=x\n\n") == "permerror");
  CHECK(spfd.log().find("needs a restart: workers") != std::string::npos);

  static_cast<void>(spfd.folder().write("zone", "pass.test TXT \"v=spf1 +all\"\nnonsense\n"));
  reload(spfd.zone_path() + ":2: ");
  CHECK(result(kQuestion) == "fail");
  static_cast<void>(spfd.folder().write("zone", kZone));
  folder.write("spfd.conf", "bad-question-result = \"none\"\nnonsense = 1\n");
  reload(config + ":2: nonsense: ");
  CHECK(result(kQuestion) == "fail");
  CHECK(result("ip=x\n\n") == "permerror");
}

TEST_CASE("a FIFO in the place of a file that a reload reads does not block the reload") {
  const TempFolder folder;
  const std::string config = folder.write("spfd.conf", "");
  const SpfdProcess spfd({.arguments = {"--config", config}, .zone = std::string(kZone)});
  for (const std::string& file : {config, spfd.zone_path()}) {
    REQUIRE(std::filesystem::remove(file));
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    spfd.signal(SIGHUP);
    spfd.wait_for_log("not reloaded, the old configuration stays in force: " + file + ": is not a regular file");
    CHECK(spfd.answer(kQuestion)["result"] == "pass");
    REQUIRE(std::filesystem::remove(file));
    std::ofstream(file).close();
  }
}

TEST_CASE("SIGUSR1 logs the counters at any log level") {
  for (const char* level : {"error", "warning"}) {
    const TempFolder folder;
    const std::string config = folder.write("spfd.conf", "");
    const SpfdProcess quiet({.arguments = {"--config", config}, .zone = std::string(kZone)});
    folder.write("spfd.conf", std::string("log-level = \"") + level + "\"\n");
    quiet.signal(SIGHUP);
    support::wait_until("the counters", [&] {
      quiet.signal(SIGUSR1);
      return quiet.log().find("counters: questions=0 ") != std::string::npos;
    });
    CHECK(quiet.ask(kQuestion).starts_with("result=pass"));
    quiet.signal(SIGUSR1);
    quiet.wait_for_log("counters: questions=1 ");
    CHECK(quiet.log().find("result=") == std::string::npos);
  }
  const SpfdProcess spfd({.arguments = {"--workers", "3"}, .zone = std::string(kZone)});
  for (int i = 0; i < 5; ++i) CHECK(spfd.ask(kQuestion).starts_with("result=pass"));
  CHECK(spfd.ask("ip=192.0.2.66\nsender=u@pass.test\n\n").starts_with("result=fail"));
  CHECK(spfd.ask("\n").starts_with("result=temperror"));
  CHECK(spfd.ask("request=ping\n\n").starts_with("pong="));
  spfd.signal(SIGUSR1);
  spfd.wait_for_log(
      "counters: questions=8 none=0 neutral=0 pass=5 fail=1 softfail=0 temperror=1 permerror=0 bad=1 pings=1 running=0");
  spfd.wait_for_log("counters: connections=8 open=0 idle-timeouts=0 write-timeouts=0");
  spfd.wait_for_log("counters: cache hits=");
  spfd.wait_for_log("counters: dns questions=0 ");
}

}  // namespace
