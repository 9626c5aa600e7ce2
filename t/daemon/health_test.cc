// request=health: the state that a load balancer or an operator needs before sending requests.
#include <doctest/doctest.h>
#include <signal.h>
#include <sysexits.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "spfd/config/health_name.h"
#include "spfd/health.h"
#include "t/support/dns_server.h"
#include "t/support/spfd_process.h"

namespace {

using support::Answer;
using support::Client;
using support::SpfdProcess;

constexpr std::string_view kHealth = "request=health\n\n";

support::Reaction no_such_name(const dns::Question& /*question*/, bool /*tcp*/) {
  dns::Answer answer;
  answer.status = dns::Status::name_error;
  return support::react(std::move(answer));
}

TEST_CASE("health: with a DNS server that answers, even with \"no such name\"") {
  support::DnsServer dns(no_such_name);
  const SpfdProcess spfd({.arguments = {"--nameserver", dns.address(), "--max-connections", "123"}});
  Client waiting(spfd.address());
  waiting.send("ip=192.0.2.1\n");
  const std::string text = spfd.ask("id=q1\n" + std::string(kHealth));
  CHECK(text.starts_with("health=ok\ndns=ok\ndraining=0\nconnections="));
  CHECK(text.ends_with("\nmax_connections=123\nid=q1\n\n"));
  // This connection and the waiting one.
  support::wait_until("both connections", [&] { return spfd.answer(kHealth)["connections"] == "2"; });
  CHECK(spfd.ask("format=json\nrequest=health\n\n").starts_with("{\"health\": \"ok\", \"dns\": \"ok\", \"draining\": 0, "));
}

TEST_CASE("health: failing if DNS is silent, refuses or is absent; ok as soon as it answers again") {
  using Fault = support::Reaction::Fault;
  std::atomic<bool> is_silent{true};
  support::DnsServer dns([&](const dns::Question& question, bool tcp) {
    return is_silent ? support::react(Fault::silence) : no_such_name(question, tcp);
  });
  const SpfdProcess spfd({.arguments = {"--nameserver", dns.address()}});
  Answer health = spfd.answer(kHealth);
  CHECK(health["health"] == "failing");
  CHECK(health["dns"] == "failing");
  CHECK(spfd.answer("request=ping\n\n")["pong"] == "1");
  is_silent = false;
  support::wait_until("health", [&] { return spfd.answer(kHealth)["health"] == "ok"; });
  is_silent = true;
  support::wait_until("no health", [&] { return spfd.answer(kHealth)["health"] == "failing"; });

  const SpfdProcess alone({.arguments = {"--nameserver", "127.0.0.1:1"}});
  CHECK(alone.answer(kHealth)["health"] == "failing");
}

TEST_CASE("health: the name that is asked may be one that the name servers do not answer by themselves") {
  support::DnsServer dns([](const dns::Question& question, bool tcp) {
    if (question.name.text().ends_with(".probe.example")) return support::react(support::Reaction::Fault::silence);
    return no_such_name(question, tcp);
  });
  CHECK(SpfdProcess({.arguments = {"--nameserver", dns.address()}}).answer(kHealth)["health"] == "ok");
  CHECK(
      SpfdProcess({.arguments = {"--nameserver", dns.address(), "--health-name", "*.probe.example"}}).answer(kHealth)["health"] ==
      "failing");
  CHECK(spfd::health_name_at("*.probe.example", 7)->text() == "spfd-7.probe.example");
  CHECK(spfd::health_name_at("probe.example", 7)->text() == "probe.example");
  CHECK_FALSE(spfd::health_name_at("*." + std::string(250, 'a'), 7));
  CHECK_FALSE(spfd::health_name_at(".", 7));
  CHECK_FALSE(spfd::health_name_at("*.", 7));
  // Too long with the longest label that replaces "*".
  std::string longest = "*";
  for (int i = 0; i < 4; ++i) longest += '.' + std::string(58, 'a');
  CHECK(spfd::health_name_at(longest, 7));
  CHECK(support::run(support::program("spfd"), {"--health-name", longest, "--check-config"}).exit_code == EX_USAGE);
}

// Gives the same answer to every question.
struct OneAnswer : spf::AnswerSource {
  OneAnswer(dns::Answer answer, bool is_late) : known(std::move(answer)), late(is_late) {}
  const spf::KnownAnswer* find(const dns::Question& /*question*/) override { return &known; }
  [[nodiscard]] bool is_late() const override { return late; }
  spf::KnownAnswer known;
  bool late;
};

TEST_CASE("health: a look-up that spfd ends before DNS had its time is not a failure of DNS") {
  using Dns = protocol::Health::Dns;
  const auto found = [](const dns::Answer& answer, bool is_late) {
    OneAnswer source(answer, is_late);
    spfd::DnsProbe probe("*.invalid", 1);
    CHECK(probe.look(source).empty());
    return probe.found();
  };
  for (const bool is_late : {false, true}) {
    CHECK((found({}, is_late) == Dns::ok));
    CHECK((found(dns::failure_answer("SERVFAIL"), is_late) == Dns::failing));
    CHECK((found(dns::failure_answer("timed out", dns::Cause::no_answer), is_late) == Dns::failing));
    CHECK((found(dns::failure_answer("timed out", dns::Cause::unavailable), is_late) == Dns::failing));
  }
  // A displaced connection, or a question without a slot.
  CHECK((found(dns::failure_answer("timed out", dns::Cause::local), false) == Dns::unknown));
  // The end of the probe's time.
  CHECK((found(dns::failure_answer("timed out", dns::Cause::local), true) == Dns::failing));
}

TEST_CASE("health: draining while the daemon stops") {
  using Fault = support::Reaction::Fault;
  support::DnsServer dns([](const dns::Question& question, bool tcp) {
    const bool is_slow = question.name.text().find("slow") != std::string::npos;
    return is_slow ? support::react(Fault::silence) : no_such_name(question, tcp);
  });
  const support::TempFolder folder;
  const std::string control = "unix:" + (folder / "control");
  SpfdProcess spfd({.arguments = {"--nameserver", dns.address(), "--control", control}});
  Client asking(spfd.address());
  asking.send("request=hea");  // half a request may be completed during the stop
  Client slow(spfd.address());
  slow.send("ip=192.0.2.1\nsender=u@slow.test\n\n");
  support::wait_until("the check", [&] { return dns.count() > 0; });
  spfd.signal(SIGTERM);
  support::wait_until("the listener to go", [&] { return !std::filesystem::exists(spfd.socket_path()); });
  Client commands(control);
  commands.send("status\n");
  CHECK(commands.read_to_end().find("state=draining\n") != std::string::npos);
  asking.send("lth\n\n");
  const std::string answer = asking.read_to_end();
  CAPTURE(answer);
  CHECK(answer.starts_with("health=draining\ndns=ok\ndraining=1\n"));
  CHECK(slow.read_to_end().starts_with("result=temperror"));
  CHECK(spfd.wait() == 0);
}

TEST_CASE("health: on a kept connection, in the order of the requests") {
  support::DnsServer dns(no_such_name);
  SpfdProcess spfd({.arguments = {"--nameserver", dns.address()}, .zone = "pass.test TXT \"v=spf1 +all\"\n"});
  Client client(spfd.address());
  client.send("keep=1\nrequest=health\n\nkeep=1\nip=192.0.2.1\nsender=u@pass.test\n\nkeep=1\nrequest=health\n\n");
  CHECK(client.read_answer().starts_with("health=ok\n"));
  CHECK(client.read_answer().starts_with("result=pass\n"));
  CHECK(client.read_answer().starts_with("health=ok\n"));
}

}  // namespace
