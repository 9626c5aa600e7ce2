// The milter door of the built spfd, asked by a small MTA.
#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "t/daemon/mta_zone.h"
#include "t/support/dns_server.h"
#include "t/support/milter_client.h"
#include "t/support/show.h"
#include "t/support/spfd_process.h"

using namespace std::string_literals;

namespace {

using daemon_test::kZone;
using support::MilterClient;
using support::MilterPacket;
using support::SpfdProcess;
using support::TempFolder;

const MilterPacket kOn{'c', ""};

// spfd with a milter socket in a folder of its own.
struct Milter {
  explicit Milter(std::vector<std::string> arguments = {}) : spfd(settings(folder, std::move(arguments))) {}

  TempFolder folder;
  SpfdProcess spfd;

  [[nodiscard]] std::string address() const { return "unix:" + (folder / "milter"); }

 private:
  static SpfdProcess::Settings settings(const TempFolder& folder, std::vector<std::string> arguments) {
    arguments.push_back("--milter=unix:" + (folder / "milter"));
    return {.arguments = std::move(arguments), .zone = std::string(kZone)};
  }
};

// Returns the header line that an answer inserts; empty if there is none.
std::string inserted(const std::vector<MilterPacket>& answers) {
  for (const MilterPacket& answer : answers) {
    if (answer.command != 'i') continue;
    CHECK(answer.data.starts_with("\0\0\0\0"s));
    CHECK(answer.data.ends_with('\0'));
    std::string line = answer.data.substr(4, answer.data.size() - 5);
    const auto nul = line.find('\0');
    REQUIRE(nul != std::string::npos);
    return line.replace(nul, 1, ": ");
  }
  return {};
}

TEST_CASE("one connection, several messages: refused at MAIL with the domain's words, or accepted with a header at the end") {
  const Milter milter;
  MilterClient mta(milter.address());
  mta.negotiate();
  mta.macros('C', {{"j", "mx.lab.test"}});
  mta.connect("192.0.2.10", "helo.test");
  mta.macros('M', {{"i", "4XyZ"}});
  CHECK(mta.mail("u@pass.test") == kOn);
  CHECK(inserted(mta.end_of_message())
            .starts_with("Received-SPF: pass (mx.lab.test: domain of u@pass.test designates 192.0.2.10 as permitted sender)"));
  milter.spfd.wait_for_log(" door=milter id=4XyZ\n");
  CHECK(mta.mail("u@fail.test") ==
        MilterPacket{'y', "550 5.7.23 fail.test explains: 192.0.2.10 may not send as 'u@fail.test', 100%% sure\0"s});
  CHECK(mta.mail("") == kOn);
  CHECK(inserted(mta.end_of_message()).find("identity=helo") != std::string::npos);
  CHECK(mta.mail("u@none.test") == kOn);
  mta.send('A');
  mta.send('A');
  mta.send('K');
  mta.connect("2001:db8:0:0:0:0:0:1", "six.test");
  CHECK(mta.mail("u@pass.test") == kOn);
  CHECK(inserted(mta.end_of_message()).find("client-ip=\"2001:db8::1\"") != std::string::npos);
  mta.send('Q');
  CHECK_FALSE(mta.read().has_value());
  milter.spfd.signal(SIGUSR1);
  milter.spfd.wait_for_log("counters: doors query=0 policy=0 milter=5");
  milter.spfd.wait_for_log("counters: questions=5 none=1 neutral=0 pass=3 fail=1 ");
}

TEST_CASE("the milter listens on TCP too, together with the query lines") {
  const SpfdProcess spfd({.arguments = {"--milter", "inet:127.0.0.1:0"}, .zone = std::string(kZone)});
  spfd.wait_for_log("milter inet:127.0.0.1:");
  const std::string log = spfd.log();
  const std::size_t begin = log.find("milter inet:127.0.0.1:");
  REQUIRE(begin != std::string::npos);
  MilterClient mta(log.substr(begin + 7, log.find_first_of(",;", begin) - begin - 7));
  mta.negotiate();
  mta.connect("192.0.2.10", "helo.test");
  CHECK(mta.mail("u@pass.test") == kOn);
  CHECK(spfd.ask("ip=192.0.2.10\nsender=u@pass.test\n\n").starts_with("result=pass\n"));
}

TEST_CASE("temperror answers 451 4.7.24, and each % in the text is doubled") {
  const TempFolder folder;
  const SpfdProcess spfd(
      {.arguments = {"--milter=unix:" + (folder / "milter"), "--nameserver", "127.0.0.1:1", "--timeout", "300ms"}});
  MilterClient mta("unix:" + (folder / "milter"));
  mta.negotiate();
  mta.connect("192.0.2.10", "helo.test");
  const MilterPacket answer = mta.mail("u@100%.example");
  CHECK(answer.command == 'y');
  CHECK(answer.data.starts_with("451 4.7.24 "));
  for (std::size_t at = answer.data.find('%'); at != std::string::npos; at = answer.data.find('%', at + 2)) {
    CHECK(answer.data.substr(at, 2) == "%%");
  }
}

TEST_CASE("after a second MAIL, RSET or HELO on a connection, each verdict and header belongs to its own sender") {
  const Milter milter;
  MilterClient mta(milter.address());
  mta.negotiate();
  mta.connect("192.0.2.10", "helo.test");
  for (const bool aborts : {false, true}) {
    for (const bool greets : {false, true}) {
      CHECK(mta.mail("u@pass.test") == kOn);
      if (aborts) mta.send('A');
      if (greets) mta.send('H', "again.test\0"s);
      CHECK(mta.mail("u@none.test") == kOn);
      const std::string header = inserted(mta.end_of_message());
      CHECK(header.starts_with("Received-SPF: none "));
      CHECK(header.find("u@pass.test") == std::string::npos);
      CHECK(header.find(greets ? "helo=again.test" : "helo=") != std::string::npos);
      CHECK(mta.mail("u@fail.test").command == 'y');
    }
  }
}

TEST_CASE("programs on this host that send by SMTP are not refused and get no header; --check-loopback checks them") {
  for (const std::string client : {"127.0.0.1", "::1", "IPv6:::1"}) {
    const Milter milter;
    MilterClient mta(milter.address());
    mta.negotiate();
    mta.connect(client, "localhost.test");
    CHECK(mta.mail("u@fail.test") == kOn);
    CHECK(mta.end_of_message() == std::vector{kOn});
    const Milter strict({"--check-loopback"});
    MilterClient other(strict.address());
    other.negotiate();
    other.connect(client, "localhost.test");
    CHECK(other.mail("u@fail.test").command == 'y');
  }
}

TEST_CASE("a request that cannot be checked is deferred, unless --bad-question-result says otherwise") {
  const Milter milter;
  MilterClient mta(milter.address());
  mta.negotiate();
  mta.connect("nonsense", "helo.test");
  const MilterPacket answer = mta.mail("u@pass.test");
  CHECK(answer.command == 'y');
  CHECK(answer.data.starts_with("451 4.7.24 "));
  const Milter lax({"--bad-question-result", "none"});
  MilterClient other(lax.address());
  other.negotiate();
  other.connect("nonsense", "helo.test");
  CHECK(other.mail("u@pass.test") == kOn);
}

TEST_CASE("local mail and mail of authenticated clients is accepted without a header") {
  const Milter milter;
  MilterClient mta(milter.address());
  mta.negotiate();
  mta.send('C', "localhost\0U"s);
  CHECK(mta.mail("u@fail.test") == kOn);
  CHECK(mta.end_of_message() == std::vector{kOn});
  mta.send('K');
  mta.connect("192.0.2.66", "laptop.test");
  mta.macros('M', {{"{auth_authen}", "joe"}});
  CHECK(mta.mail("u@fail.test") == kOn);
  CHECK(mta.end_of_message() == std::vector{kOn});
  mta.macros('M', {{"i", "x"}});
  CHECK(mta.mail("u@fail.test").command == 'y');
}

TEST_CASE("--milter-remove-forged and --mta-header") {
  const Milter milter({"--milter-remove-forged", "--mta-header=authentication-results"});
  MilterClient mta(milter.address());
  CHECK(mta.negotiate().data.substr(4, 4) == MilterClient::number(0x11));
  mta.connect("192.0.2.10", "helo.test");
  CHECK(mta.mail("u@pass.test") == kOn);
  mta.header("Authentication-Results", "other.test; spf=fail");
  mta.header("Authentication-Results", "mx.example.org; spf=fail");
  const auto answers = mta.end_of_message();
  REQUIRE(answers.size() == 3);
  CHECK(answers[0] == MilterPacket{'m', MilterClient::number(2) + "Authentication-Results\0\0"s});
  CHECK(inserted(answers).starts_with("Authentication-Results: mx.example.org; spf=pass "));
  CHECK(answers[2] == kOn);
}

TEST_CASE("absurd packets, unknown commands and wrong order end that connection, with a line in the log") {
  const Milter milter;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"GET / HTTP/1.0\r\n\r\n", "a packet has an invalid length"},
      {std::string(100, '\xff'), "a packet has an invalid length"},
      {std::string(4, '\0'), "a packet has an invalid length"},
      {MilterClient::packet('E'), "the connection begins without negotiation"},
      {MilterClient::packet('O', "short"), "the negotiation is too short"},
  };
  for (const auto& one : cases) {
    const std::string& bytes = one.first;
    const std::string& error = one.second;
    CAPTURE(error);
    const std::size_t before = milter.spfd.log().size();
    MilterClient mta(milter.address());
    REQUIRE(mta.send_bytes(bytes));
    CHECK_FALSE(mta.read().has_value());
    support::wait_until("the log line", [&] {
      return milter.spfd.log().find("error=\"" + error + "\" action=defer lookups=0 void=0 ms=0 door=milter\n", before) !=
             std::string::npos;
    });
  }
  MilterClient mta(milter.address());
  mta.negotiate();
  mta.connect("192.0.2.10", "helo.test");
  mta.send('Z');
  CHECK_FALSE(mta.read().has_value());
  milter.spfd.wait_for_log("error=\"unknown command 'Z'\"");
  // The process is still running.
  MilterClient next(milter.address());
  next.negotiate();
  next.connect("192.0.2.10", "helo.test");
  CHECK(next.mail("u@pass.test") == kOn);
}

TEST_CASE("a connection may be idle between packets, but not before the negotiation and not within a packet") {
  const Milter milter({"--idle-timeout=100ms"});
  MilterClient mta(milter.address());
  mta.negotiate();
  MilterClient silent(milter.address());
  CHECK_FALSE(silent.read().has_value());
  CHECK_FALSE(mta.connection().is_readable(std::chrono::milliseconds(300)));
  mta.connect("192.0.2.10", "helo.test");
  CHECK_FALSE(mta.connection().is_readable(std::chrono::milliseconds(300)));
  CHECK(mta.mail("u@pass.test") == kOn);
  REQUIRE(mta.send_bytes("\0\0"s));
  CHECK_FALSE(mta.read().has_value());
  milter.spfd.wait_for_log("error=\"the request was not complete in time\"");
}

TEST_CASE("an MTA that leaves during a check, or after sending everything at once, leaves no trace") {
  // A name server that never answers.
  support::DnsServer dns([](const dns::Question&, bool) { return support::react(support::Reaction::Fault::silence); });
  const TempFolder folder;
  const SpfdProcess spfd({.arguments = {"--milter=unix:" + (folder / "milter"), "--nameserver", dns.address(), "--timeout=20s"}});
  const std::string all =
      MilterClient::packet('O', MilterClient::number(6) + MilterClient::number(0x1ff) + MilterClient::number(0x1fffff)) +
      MilterClient::packet('C', "h\0004\0\0192.0.2.1\0"s) + MilterClient::packet('M', "<u@slow.test>\0"s);
  {
    MilterClient gone("unix:" + (folder / "milter"));
    REQUIRE(gone.send_bytes(all + std::string(100000, 'x')));
    support::wait_until("the question", [&] { return dns.count() > 0; });
  }
  support::wait_until("the end of its check", [&] {
    spfd.signal(SIGUSR1);
    return spfd.log().find(" running=0 dropped=1") != std::string::npos;
  });
}

TEST_CASE("SIGTERM answers running checks, then closes") {
  support::DnsServer dns([](const dns::Question&, bool) {
    support::Reaction reaction = support::react(dns::Answer{});
    reaction.delay = std::chrono::milliseconds(500);
    return reaction;
  });
  const TempFolder folder;
  const SpfdProcess spfd({.arguments = {"--milter=unix:" + (folder / "milter"), "--nameserver", dns.address()}});
  MilterClient mta("unix:" + (folder / "milter"));
  mta.negotiate();
  mta.connect("192.0.2.10", "helo.test");
  mta.send('M', "<u@slow.test>\0"s);
  support::wait_until("the question", [&] { return dns.count() > 0; });
  spfd.signal(SIGTERM);
  CHECK(mta.read() == kOn);
  mta.send('A');
  CHECK_FALSE(mta.read().has_value());
}

TEST_CASE("SIGTERM: SMTP sessions under way may continue: a started message gets its header, and the next one too") {
  const Milter milter;
  MilterClient busy(milter.address());
  busy.negotiate();
  busy.connect("192.0.2.10", "helo.test");
  CHECK(busy.mail("u@pass.test") == kOn);
  MilterClient idle(milter.address());
  idle.negotiate();
  idle.connect("192.0.2.10", "helo.test");
  milter.spfd.wait_for_log("result=pass");
  milter.spfd.signal(SIGTERM);
  support::wait_until("the end of the listener", [&] { return !std::filesystem::exists(milter.folder / "milter"); });
  CHECK(inserted(busy.end_of_message()).starts_with("Received-SPF: pass "));
  for (MilterClient* mta : {&busy, &idle}) {
    CHECK(mta->mail("u@pass.test") == kOn);
    CHECK(inserted(mta->end_of_message()).starts_with("Received-SPF: pass "));
  }
  CHECK_FALSE(busy.read().has_value());
  CHECK_FALSE(idle.read().has_value());
}

TEST_CASE("SIGTERM does not wait for a message that does not continue") {
  Milter milter;
  MilterClient mta(milter.address());
  mta.negotiate();
  mta.connect("192.0.2.10", "helo.test");
  CHECK(mta.mail("u@pass.test") == kOn);
  milter.spfd.signal(SIGTERM);
  CHECK_FALSE(mta.read().has_value());
  CHECK(milter.spfd.wait() == 0);
}

}  // namespace
