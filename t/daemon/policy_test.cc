// Local policy as clients of the built spfd see it: options, sections for domains, reload, and hostile recipient domains.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sysexits.h>

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "common/token/token.h"
#include "spfd/config/config_file.h"
#include "t/support/dns_server.h"
#include "t/support/show.h"
#include "t/support/spfd_process.h"

namespace {

using support::Answer;
using support::SpfdProcess;
using support::TempFolder;

constexpr std::string_view kZone = R"($TTL 300
test SOA a.test b.test 1 2 3 4 5
pass.test TXT "v=spf1 ip4:192.0.2.10 -all"
fail.test TXT "v=spf1 ip4:198.51.100.1 -all"
soft.test TXT "v=spf1 ip4:198.51.100.1 ~all"
wide.test TXT "v=spf1 +all"
plain.test A 192.0.2.80
relay.test TXT "v=spf1 ip4:203.0.113.0/24 -all"
our.test MX 10 mx2.our.test
mx2.our.test A 203.0.113.25
helo.test TXT "v=spf1 ip4:192.0.2.10 -all"
exp.test TXT "v=spf1 -all exp=e.exp.test"
e.exp.test TXT "words of exp.test"
broken.test TXT "v=spf1 ipv4:192.0.2.1 -all"
)";

std::string question(const std::string& sender, const std::string& more = "", const std::string& ip = "192.0.2.10") {
  return "ip=" + ip + "\nhelo=helo.test\nsender=" + sender + "\n" + more + "\n";
}

std::string option(const Answer& answer, const std::string& key) { return answer.count(key) == 0 ? "(absent)" : answer.at(key); }

TEST_CASE("without local policy, an answer has no line about it") {
  const SpfdProcess spfd({.zone = std::string(kZone)});
  for (const char* sender : {"u@pass.test", "u@fail.test", "u@plain.test"}) {
    const Answer answer = spfd.answer(question(sender, "rcpt=x@our.test\nlocal=all\nguess_mechs=all\ntrusted=1\n"));
    for (const char* key : {"would", "local_policy", "weak_pass", "stale", "helo_result", "guess", "guess_tf"}) {
      CHECK(option(answer, key) == "(absent)");
    }
  }
  CHECK(option(spfd.answer(question("u@wide.test")), "weak_pass") == "1");
}

TEST_CASE("a dry run accepts, and answer and log report the action that it replaced") {
  const SpfdProcess spfd({.arguments = {"--dry-run", "--on-softfail=defer"}, .zone = std::string(kZone)});
  Answer answer = spfd.answer(question("u@fail.test"));
  CHECK(answer.at("result") == "fail");
  CHECK(answer.at("action") == "accept");
  CHECK(answer.at("smtp_code") == "250");
  CHECK(answer.at("would") == "reject");
  CHECK(spfd.answer(question("u@soft.test")).at("would") == "defer");
  CHECK(option(spfd.answer(question("u@pass.test")), "would") == "(absent)");
  spfd.wait_for_log("would=reject");
  // Also in JSON.
  CHECK(spfd.ask(question("u@fail.test", "format=json\n")).find("\"would\": \"reject\"") != std::string::npos);
}

TEST_CASE("exempt clients, authenticated clients, trusted forwarders, secondary MX: in answer, header and log") {
  const SpfdProcess spfd({.arguments = {"--exempt-clients", "127.0.0.0/8", "--exempt-clients=::1", "--trusted-forwarders",
                                        "include:relay.test", "--secondary-mx=auto"},
                          .zone = std::string(kZone)});
  Answer answer = spfd.answer(question("u@fail.test", "", "127.0.0.1"));
  CHECK(answer.at("result") == "none");
  CHECK(answer.at("action") == "accept");
  CHECK(answer.at("local_policy") == "exempt-clients: 127.0.0.0/8");
  CHECK(answer.at("received_spf_header").find("the client is exempt") != std::string::npos);
  spfd.wait_for_log("local_policy=\"exempt-clients: 127.0.0.0/8\"");
  CHECK(spfd.answer(question("u@fail.test", "authenticated=1\n")).at("local_policy") == "authenticated client");
  CHECK(spfd.answer(question("u@fail.test", "relay=yes\n")).at("local_policy") == "relay client");
  answer = spfd.answer(question("u@fail.test", "", "203.0.113.7"));
  CHECK(answer.at("result") == "neutral");
  CHECK(answer.at("local_policy") == "trusted-forwarders: include:relay.test, neutral instead of fail");
  CHECK(spfd.answer(question("u@fail.test", "rcpt=x@our.test\n")).at("result") == "fail");
  answer = spfd.answer(question("u@soft.test", "rcpt=<x@our.test>\n", "203.0.113.25"));
  CHECK(answer.at("result") == "none");
  CHECK(answer.at("action") == "accept");
  CHECK(answer.at("local_policy") ==
        "trusted-forwarders: include:relay.test, neutral instead of softfail; secondary-mx: mx of our.test, none instead of "
        "neutral");
}

TEST_CASE("Postfix: mail of exempt clients, secondary MX and forwarders is not refused; a rule can refuse other mail") {
  const SpfdProcess spfd(
      {.arguments = {"--exempt-clients=192.0.2.99", "--secondary-mx=auto", "--on-softfail=reject"}, .zone = std::string(kZone)});
  const auto ask = [&](const std::string& client, const std::string& sender, const std::string& recipient) {
    return spfd.ask("request=smtpd_access_policy\nprotocol_state=RCPT\nhelo_name=helo.test\nclient_address=" + client +
                    "\nsender=" + sender + "\nrecipient=" + recipient + "\n\n");
  };
  CHECK(ask("192.0.2.10", "u@fail.test", "x@our.test").starts_with("action=550 5.7.23 "));
  CHECK(ask("192.0.2.10", "u@soft.test", "x@our.test").starts_with("action=550 5.7.1 "));
  CHECK(ask("192.0.2.99", "u@fail.test", "x@our.test").starts_with("action=PREPEND Received-SPF: none ("));
  CHECK(ask("203.0.113.25", "u@fail.test", "x@our.test").starts_with("action=PREPEND Received-SPF: none ("));
  CHECK(ask("203.0.113.25", "u@fail.test", "x@pass.test").starts_with("action=550 5.7.23 "));
}

TEST_CASE("the guess keys are in their old order on request; terms of a request count only where they are allowed") {
  const std::vector<std::string> order = {"guess", "smtp_guess", "header_guess", "guess_tf", "smtp_tf", "header_tf"};
  {
    const SpfdProcess spfd({.arguments = {"--trusted-forwarders=203.0.113.0/24"}, .zone = std::string(kZone)});
    const std::string text = spfd.ask(question("u@plain.test", "guess=1\nlocal=ip4:192.0.2.10\nid=7\n"));
    const Answer answer = support::parse_answer(text);
    CHECK(answer.at("result") == "none");
    CHECK(answer.at("guess") == "pass");
    CHECK(answer.at("guess_tf") == "neutral");
    std::size_t at = text.find("\nvoid_lookups=");
    for (const std::string& key : order) {
      const std::size_t next = text.find("\n" + key + "=", at);
      CHECK(next != std::string::npos);
      at = next;
    }
    CHECK(text.find("\nid=7\n", at) != std::string::npos);
    CHECK(spfd.answer(question("u@fail.test", "local=ip4:192.0.2.10\n")).at("result") == "fail");
  }
  const SpfdProcess spfd({.arguments = {"--allow-request-policy"}, .zone = std::string(kZone)});
  CHECK(spfd.answer(question("u@fail.test", "local=ip4:192.0.2.10\n")).at("result") == "pass");
  CHECK(spfd.answer(question("u@fail.test", "guess_mechs=ip4:192.0.2.10\n")).at("guess") == "pass");
  const Answer bad = spfd.answer(question("u@fail.test", "local=redirect=evil.test\n"));
  CHECK(bad.at("result") == "temperror");
  CHECK(bad.at("error").starts_with("local=: "));
}

TEST_CASE("HELO first: both results are separate in answer, Authentication-Results and log") {
  const SpfdProcess spfd({.arguments = {"--check-helo", "first"}, .zone = std::string(kZone)});
  Answer answer = spfd.answer(question("u@soft.test"));
  CHECK(answer.at("result") == "softfail");
  CHECK(answer.at("identity") == "mailfrom");
  CHECK(answer.at("helo_result") == "pass");
  CHECK(answer.at("helo_received_spf_header").starts_with("Received-SPF: pass ("));
  CHECK(answer.at("authentication_results").ends_with(" smtp.mailfrom=soft.test; spf=pass smtp.helo=helo.test"));
  spfd.wait_for_log("helo_result=pass");
  answer = spfd.answer(question("u@pass.test", "helo=fail.test\n"));
  CHECK(answer.at("result") == "fail");
  CHECK(answer.at("identity") == "helo");
  CHECK(answer.at("action") == "reject");
}

TEST_CASE("sections for domains, which SIGHUP reloads; with a broken file the old ones stay") {
  const TempFolder folder;
  const std::string config = folder.write("spfd.conf", R"(
on-softfail = "reject"
why-url = "http://why.test/%{O}"
[sender."soft.test"]
on-softfail = "tag"
[recipient."*.our.test"]
on-fail = "defer"
why-url = "http://our.test/"
[fallback]
"*.test" = "v=spf1 ?all"
"plain.test" = "v=spf1 -all"
)");
  const SpfdProcess spfd({.arguments = {"--config", config}, .zone = std::string(kZone)});
  const auto action = [&](const std::string& sender, const std::string& recipient = "") {
    return spfd.answer(question(sender, "rcpt=" + recipient + "\n")).at("action");
  };
  CHECK(action("u@soft.test") == "accept");
  CHECK(action("u@fail.test") == "reject");
  CHECK(action("u@fail.test", "x@a.our.test") == "defer");
  CHECK(action("u@fail.test", "x@our.test") == "reject");
  CHECK(spfd.answer(question("u@fail.test", "rcpt=x@a.our.test\n")).at("smtp_comment").ends_with(" Please see http://our.test/"));
  CHECK(spfd.answer(question("u@fail.test")).at("smtp_comment").ends_with(" Please see http://why.test/fail.test"));
  CHECK(action("u@plain.test") == "reject");
  CHECK(spfd.answer(question("u@nothing.test")).at("local_policy") == "fallback: *.test");

  const auto reload = [&](std::string_view text, std::string_view sign) {
    const std::size_t before = spfd.log().size();
    folder.write("spfd.conf", text);
    spfd.signal(SIGHUP);
    support::wait_until("the reload", [&] { return spfd.log().find(sign, before) != std::string::npos; });
  };
  reload("on-softfail = \"reject\"\n[sender.\"soft.test\"]\non-softfail = \"perhaps\"\n",
         config + ":3: [sender.\"soft.test\"] on-softfail: \"perhaps\" is not one of: reject, defer, tag");
  CHECK(action("u@soft.test") == "accept");
  reload("[sender.\"soft.test\"]\non-softfail = \"defer\"\n", "reloaded");
  support::wait_until("the new rules", [&] { return action("u@soft.test") == "defer"; });
  CHECK(spfd.answer(question("u@plain.test")).at("result") == "none");
  CHECK(spfd.log().find("needs a restart") == std::string::npos);
}

TEST_CASE("why-url with {token}: the link of a refusal carries the facts, signed by the first key") {
  const TempFolder folder;
  const std::string key = folder.write("key", "new\nold\n");
  ::chmod(key.c_str(), 0600);
  const std::string url = "https://mx.test/" + std::string(62, 'w') + "/";
  const SpfdProcess spfd({.arguments = {"--why-url", url + "{token}", "--why-key-file", key}, .zone = std::string(kZone)});
  const std::string comment = spfd.answer(question("{token}@fail.test")).at("smtp_comment");
  CAPTURE(comment);
  CHECK(comment.size() <= 400);
  const std::size_t at = comment.find(" Please see " + url);
  REQUIRE(at != std::string::npos);
  const auto keys = token::Keys::make({"new"});
  const auto now = static_cast<std::uint64_t>(std::time(nullptr)) / 60;
  const auto read = keys->read(comment.substr(at + 12 + url.size()), now);
  REQUIRE(read.ok());
  CHECK(read->domain == "fail.test");
  CHECK(read->result == spf::Result::fail);
  CHECK(now - read->minute <= 1);
  CHECK(keys->is_for(*read, "{token}"));

  for (const char* domain : {"exp.test", "broken.test"}) {
    const std::string text = spfd.answer(question(std::string("u@") + domain)).at("smtp_comment");
    CAPTURE(text);
    CHECK(text.size() <= 400);
    REQUIRE(text.find(url) != std::string::npos);
    const auto facts = keys->read(text.substr(text.find(url) + url.size()), now);
    REQUIRE(facts.ok());
    CHECK(facts->domain == domain);
  }

  const auto without = support::run(support::program("spfd"), {"--why-url", "https://mx.test/{token}", "--check-config"});
  CHECK(without.exit_code == EX_CONFIG);
  CHECK(without.errors.find("why-url with {token} needs why-key-file") != std::string::npos);
  ::chmod(key.c_str(), 0644);
  const auto open = support::run(support::program("spfd"), {"--why-key-file", key, "--check-config"});
  CHECK(open.exit_code == EX_CONFIG);
  CHECK(open.errors.find("lets others read or change the secrets") != std::string::npos);
}

TEST_CASE("a bad section gets FILE:LINE: what") {
  const TempFolder folder;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"[sender.example.com]\non-fail = \"tag\"\n", ":1: [sender.\"example\"] com: the domain of a section must be in quotes"},
      {"[sender]\non-fail = \"tag\"\n",
       ":2: sender: on-fail: this is not a section; a section begins with [sender.\"example.com\"]"},
      {"sender = \"example.com\"\n", ":1: sender: this begins a section, [sender.\"example.com\"]"},
      {"[[recipient]]\non-fail = \"tag\"\n", ":1: recipient: this begins a section"},
      {"[sender.\"a..b\"]\non-fail = \"tag\"\n", ":1: [sender.\"a..b\"]: this is not a domain name"},
      {"[sender.\"u@example.com\"]\n", ":1: [sender.\"u@example.com\"]: this is not a domain name"},
      {"\n[sender.\"example.com\"]\ntimeout = \"3s\"\n", ":3: [sender.\"example.com\"] timeout: the option is for all mail"},
      {"[sender.\"example.com\"]\nfallback = []\n", ":2: [sender.\"example.com\"] fallback: the option is for all mail"},
      {"[sender.\"example.com\"]\non-fial = \"tag\"\n", ":2: [sender.\"example.com\"] on-fial: there is no such option"},
      {"[sender.\"example.com\"]\ndry-run = \"perhaps\"\n", ":2: [sender.\"example.com\"] dry-run: \"perhaps\" is neither"},
      {"[sender.\"example.com\"]\nsecondary-mx = [\"foo:bar\"]\n",
       ":2: [sender.\"example.com\"] secondary-mx: \"foo:bar\": unknown"},
      {"[sender.\"example.com\"]\n[sender.\"example.com\"]\n", ":2: "},
      {"[sender.\"example.com\"]\n[sender.\"Example.COM.\"]\n", "there is a section for this domain already"},
      {"[fallback]\nexample.com = \"v=spf1 -all\"\n",
       ":1: fallback: the value must be a list of strings, or a table with domains in"},
      {"[fallback]\n\"example.com\" = \"v=spf1 foo\"\n", ":1: fallback: example.com: \"foo\": unknown mechanism"},
      {"[fallback]\n\"example.com\" = \"v=spf1 -all\"\n\"EXAMPLE.com\" = \"v=spf1 -all\"\n", "example.com is given twice"},
      {"trusted-forwarders = [\"redirect=example.com\"]\n", ":1: trusted-forwarders: \"redirect=example.com\" is a modifier"},
      {"local-terms = [\"auto\"]\n", ":1: local-terms: \"auto\": unknown mechanism"},
      {"exempt-clients = [\"127.0.0.1/33\"]\n", ":1: exempt-clients: \"127.0.0.1/33\": bad prefix length"},
      {"why-url = \"http://a b\"\n", ":1: why-url: a URL cannot contain blanks"},
      {"why-url = \"http://%{z}\"\n", ":1: why-url: "},
      {"why-url = \"http://a/{token}?%{S}\"\n", ":1: why-url: a URL with {token} cannot contain macros"},
      {"why-url = \"http://a/{token}{token}\"\n", ":1: why-url: a URL can contain {token} once"},
      {"why-url = \"http://" + std::string(80, 'a') + "/{token}\"\n",
       ":1: why-url: a URL with {token} can have at most 79 other octets"},
      {"on-fail = \"accept\"\n", ":1: on-fail: \"accept\" is not one of: reject, defer, tag"},
  };
  for (const auto& one : cases) {
    const auto& text = one.first;
    const auto& message = one.second;
    CAPTURE(text);
    const std::string file = folder.write("spfd.conf", text);
    const auto options = spfd::load_options({"--config", file});
    REQUIRE_FALSE(options);
    CAPTURE(options.error().message);
    CHECK(options.error().exit_code == EX_CONFIG);
    CHECK(options.error().message.starts_with(file + ":"));
    CHECK(options.error().message.find(message) != std::string::npos);
    CHECK(options.error().message.find('\n') == std::string::npos);
  }
}

TEST_CASE("a domain with more answers than a check may hold: the answer and the log say so") {
  const support::DnsServer dns([](const dns::Question& question, bool /*tcp*/) {
    dns::Answer answer;
    answer.ttl = 300;
    std::string record = "v=spf1";
    if (question.name.text() == "huge.test") {
      for (int i = 0; i < 9; ++i) record += " include:n" + std::to_string(i) + ".huge.test";
    } else {
      while (record.size() < 50'000) record += " ip4:192.0.2.1";
    }
    if (question.type == dns::Type::txt) answer.texts = {record + " -all"};
    return support::react(answer);
  });
  const SpfdProcess spfd({.arguments = {"--nameserver", dns.address()}});
  auto answer = spfd.answer("ip=192.0.2.99\nhelo=mail.other.test\nsender=u@huge.test\n\n");
  CHECK(answer["result"] == "temperror");
  CHECK(answer["action"] == "defer");
  constexpr std::string_view kReason = ".huge.test: the DNS answers are too large for one check";
  CHECK(answer["problem"].ends_with(kReason));
  CHECK(answer["smtp_comment"].find(std::string(kReason) + "). Please try again later.") != std::string::npos);
  spfd.wait_for_log(kReason);
}

TEST_CASE("a hostile recipient domain, slow or with a thousand MX hosts: the answer is in time, and other requests do not wait") {
  support::DnsServer dns([](const dns::Question& asked, bool) -> support::Reaction {
    const std::string name(asked.name.text());
    if (name == "slow.test") return support::react(support::Reaction::Fault::silence);
    dns::Answer answer;
    answer.ttl = 300;
    if (name == "fail.test" && asked.type == dns::Type::txt) answer.texts = {"v=spf1 -all"};
    if (name == "many.test" && asked.type == dns::Type::mx) {
      for (int i = 0; i < 1000; ++i) answer.names.push_back("h" + std::to_string(i) + ".many.test");
    }
    return support::react(answer);
  });
  const SpfdProcess spfd({.arguments = {"--secondary-mx=auto", "--nameserver", dns.address(), "--timeout=1s"}});
  const Answer slow = spfd.answer(question("u@fail.test", "rcpt=x@slow.test\n"));
  CHECK(slow.at("result") == "temperror");
  CHECK(slow.at("action") == "defer");
  CHECK(slow.at("problem") == "secondary-mx: MX slow.test: timed out");
  const Answer many = spfd.answer(question("u@fail.test", "rcpt=x@many.test\n"));
  CHECK(many.at("result") == "fail");
  CHECK(many.at("action") == "reject");
  for (const auto& asked : dns.asked()) CHECK(asked.type != dns::Type::a);
  for (const char* recipient : {"x@..", "x@[192.0.2.1]", "@", "x@\x01\xff.test", "x@%{i}.test", "x@-", "\"@\"@"}) {
    CAPTURE(recipient);
    CHECK(spfd.answer(question("u@fail.test", std::string("rcpt=") + recipient + "\n")).at("result") == "fail");
  }
}

}  // namespace
