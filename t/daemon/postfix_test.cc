// Postfix's policy requests to the built spfd, on the socket of the query lines.
#include <doctest/doctest.h>

#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "t/daemon/mta_zone.h"
#include "t/support/spfd_process.h"

namespace {

using daemon_test::kZone;
using support::Client;
using support::SpfdProcess;

std::string question(const std::string& sender, const std::string& instance = "1.2", const std::string& address = "192.0.2.10",
                     const std::string& extra = "") {
  return "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=" + address +
         "\nclient_name=unknown\nhelo_name=helo.test\nsender=" + sender +
         "\nrecipient=bob@lab.test\nrecipient_count=0\nqueue_id=\ninstance=" + instance + "\nsize=100\nsasl_username=\n" + extra +
         "\n";
}

std::string ask(Client& client, const std::string& text) {
  REQUIRE(client.send(text));
  return client.read_answer();
}

TEST_CASE("one connection, many requests: a header for the first recipient, DUNNO for the others, a refusal for each") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  Client client(spfd.address());
  const std::string prepended = ask(client, question("u@pass.test"));
  CHECK(prepended.starts_with("action=PREPEND Received-SPF: pass (mx.example.org: domain of u@pass.test designates 192.0.2.10"));
  CHECK(prepended.ends_with("\n\n"));
  CHECK(ask(client, question("u@pass.test")) == "action=DUNNO\n\n");
  const std::string refused = "action=550 5.7.23 fail.test explains: 192.0.2.10 may not send as 'u@fail.test', 100% sure\n\n";
  CHECK(ask(client, question("u@fail.test", "3.4")) == refused);
  CHECK(ask(client, question("u@fail.test", "3.4")) == refused);
  CHECK(ask(client, question("", "5.6")).find("identity=helo") != std::string::npos);
  CHECK(ask(client, question("u@pass.test", "7.8", "2001:db8::1")).find("Received-SPF: pass") != std::string::npos);
  CHECK(ask(client, question("u@none.test", "9.a")).starts_with("action=PREPEND Received-SPF: none "));
  CHECK(ask(client, question("u@fail.test", "b.c", "192.0.2.10", "sasl_username=joe\n")) == "action=DUNNO\n\n");
  CHECK(ask(client, question("u@fail.test", "d.e", "")) == "action=DUNNO\n\n");
}

TEST_CASE("a HELO name of any length: the forgery is refused, and the connection continues") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  Client client(spfd.address());
  for (const std::size_t size : {255UL, 256UL, 8183UL, 8188UL, 8193UL, 60000UL}) {
    CHECK(ask(client, question("u@fail.test", "1.2", "192.0.2.66", "helo_name=" + std::string(size, 'x') + "\n"))
              .starts_with("action=550 5.7.23 "));
    CHECK(ask(client, question(std::string(size, 'x') + "@fail.test", "1.2", "192.0.2.66")).starts_with("action=550 5.7.23 "));
  }
  CHECK(ask(client, question("u@pass.test", "3.4")).starts_with("action=PREPEND Received-SPF: pass "));
}

TEST_CASE("programs on this host that send by SMTP are not refused; --check-loopback checks them") {
  const std::vector<std::string> own = {"127.0.0.1", "::1", "::ffff:127.0.0.1"};
  {
    const SpfdProcess spfd({.zone = std::string(kZone)});
    Client client(spfd.address());
    for (const auto& address : own) CHECK(ask(client, question("u@fail.test", address, address)) == "action=DUNNO\n\n");
    spfd.wait_for_log("result=none ip=::1 helo=helo.test sender=u@fail.test local_policy=\"loopback client\"");
    // A client with query lines gets the result.
    CHECK(spfd.answer("ip=127.0.0.1\nsender=u@fail.test\n\n").at("result") == "fail");
  }
  const SpfdProcess strict({.arguments = {"--check-loopback"}, .zone = std::string(kZone)});
  Client client(strict.address());
  for (const auto& address : own) CHECK(ask(client, question("u@fail.test", address, address)).starts_with("action=550 "));
}

TEST_CASE("--on-pass names the Postfix action for a recipient whose sender passes") {
  const SpfdProcess spfd({.arguments = {"--on-pass", "skip_greylist"}, .zone = std::string(kZone)});
  Client client(spfd.address());
  CHECK(ask(client, question("u@pass.test")).starts_with("action=PREPEND Received-SPF: pass "));
  CHECK(ask(client, question("u@pass.test")) == "action=skip_greylist\n\n");
  CHECK(ask(client, question("u@none.test", "3.4")).starts_with("action=PREPEND Received-SPF: none "));
  CHECK(ask(client, question("u@none.test", "3.4")) == "action=DUNNO\n\n");
}

TEST_CASE("the log names door and queue id, and the counters name the door") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  {
    Client client(spfd.address());
    static_cast<void>(ask(client, question("u@fail.test", "1.2", "192.0.2.66", "queue_id=4XyZ\n")));
    spfd.wait_for_log("result=fail identity=mailfrom ip=192.0.2.66 helo=helo.test sender=u@fail.test mechanism=-all ");
    spfd.wait_for_log(" door=policy id=4XyZ\n");
    // A missing value never closes the connection.
    CHECK(ask(client, "request=smtpd_access_policy\n\n").starts_with("action=451 4.7.24 "));
    spfd.wait_for_log("error=\"no client_address= was given\"");
    CHECK(ask(client, question("u@pass.test", "3.4")).starts_with("action=PREPEND "));
  }
  static_cast<void>(spfd.ask("ip=192.0.2.10\nsender=u@pass.test\nid=q\n\n"));
  spfd.wait_for_log(" door=query id=q\n");
  spfd.signal(SIGUSR1);
  spfd.wait_for_log("counters: questions=4 ");
  spfd.wait_for_log("counters: doors query=1 policy=3");
}

TEST_CASE("a request with bytes that are not UTF-8: answer and log are printable ASCII, and the connection continues") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  Client client(spfd.address());
  std::string bytes;
  for (int c = 1; c < 256; ++c) {
    if (c != '\n' && c != '\r') bytes += static_cast<char>(c);
  }
  for (const std::string& text :
       {question(bytes + "@fail.test", "1"), question("\xff\xfe@fail.test", bytes),
        question("u@\xc3\x28.test", "2", "192.0.2.10", "recipient=" + bytes + "\nhelo_name=" + bytes + "\n"),
        question("u@pass.test", "3", bytes), bytes + "\n" + question("u@pass.test", "4")}) {
    const std::string answer = ask(client, text);
    CHECK(answer.starts_with("action="));
    CHECK(answer.find("action=OK") == std::string::npos);
    for (const char c : answer) CHECK((c == '\n' || (c >= ' ' && c <= '~')));
  }
  CHECK(ask(client, question("u@pass.test", "5")).starts_with("action=PREPEND Received-SPF: pass "));
  spfd.wait_for_log("error=\"client_address= is not an IP address: ");
  for (const char c : spfd.log()) CHECK((c == '\n' || (c >= ' ' && c <= '~')));
}

TEST_CASE("RFC 7372 §3.2: temperror defers, by option only if nothing else refuses") {
  // Nothing listens at that port.
  for (const bool if_permit : {false, true}) {
    std::vector<std::string> arguments = {"--nameserver", "127.0.0.1:1", "--timeout", "300ms"};
    if (if_permit) arguments.emplace_back("--policy-defer-if-permit");
    const SpfdProcess spfd({.arguments = arguments});
    Client client(spfd.address());
    const std::string answer = ask(client, question("u@elsewhere.example"));
    CHECK(answer.starts_with(if_permit ? "action=DEFER_IF_PERMIT 4.7.24 " : "action=451 4.7.24 "));
  }
}

TEST_CASE("--mta-header chooses the header, and a reload changes it on open connections too") {
  const support::TempFolder folder;
  const std::string config = folder.write("spfd.conf", "mta-header = \"authentication-results\"\n");
  const SpfdProcess spfd({.arguments = {"--config", config}, .zone = std::string(kZone)});
  Client client(spfd.address());
  CHECK(ask(client, question("u@pass.test", "1")).starts_with("action=PREPEND Authentication-Results: mx.example.org; spf=pass"));
  folder.write("spfd.conf", "mta-header = \"none\"\n");
  spfd.signal(SIGHUP);
  int instance = 1;
  support::wait_until("the new header",
                      [&] { return ask(client, question("u@pass.test", std::to_string(++instance))) == "action=DUNNO\n\n"; });
}

TEST_CASE("a connection of Postfix may be idle for longer than --idle-timeout, but not in the middle of a request") {
  const SpfdProcess spfd({.arguments = {"--idle-timeout=100ms"}, .zone = std::string(kZone)});
  Client silent(spfd.address());
  Client postfix(spfd.address());
  CHECK(ask(postfix, question("u@pass.test")).starts_with("action=PREPEND "));
  // A client that has not asked yet is disconnected meanwhile.
  CHECK(silent.read_to_end().empty());
  CHECK_FALSE(postfix.is_readable(std::chrono::milliseconds(400)));
  CHECK(ask(postfix, question("u@pass.test")) == "action=DUNNO\n\n");
  REQUIRE(postfix.send("request=smtpd_access_policy\nsender="));
  CHECK(postfix.read_to_end().starts_with("action=451 4.7.24 "));
  spfd.wait_for_log("error=\"the request was not complete in time\"");

  const SpfdProcess strict({.arguments = {"--mta-idle-timeout=100ms"}, .zone = std::string(kZone)});
  Client idle(strict.address());
  CHECK(ask(idle, question("u@pass.test")).starts_with("action=PREPEND "));
  CHECK(idle.read_to_end().empty());
}

}  // namespace
