// Requests and answers as clients see them: the built spfd on a socket, with records from a zone file or from a DNS server here.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/base/text.h"
#include "t/support/dns_server.h"
#include "t/support/show.h"
#include "t/support/spfd_process.h"

namespace {

using namespace std::string_literals;
using support::Answer;
using support::Client;
using support::parse_answer;
using support::SpfdProcess;

constexpr std::string_view kZone = R"($TTL 300
pass.test TXT "v=spf1 ip4:192.0.2.10 -all"
fail.test TXT "v=spf1 -all exp=why.fail.test"
why.fail.test TXT "%{c} may not send as \"%{s}\", 100%% sure"
softfail.test TXT "v=spf1 ~all"
neutral.test TXT "v=spf1 ?all"
broken.test TXT "v=spf1 ipv4:192.0.2.1 -all"
helo.test TXT "v=spf1 ip4:192.0.2.10 -all"
six.test TXT "v=spf1 ip6:2001:db8::/32 -all"
none.test SOA a.test b.test 1 2 3 4 5
)";

SpfdProcess::Settings with_zone() { return {.zone = std::string(kZone)}; }

std::string question(const std::string& sender, const std::string& ip = "192.0.2.10") {
  return "ip=" + ip + "\nhelo=mail.none.test\nsender=" + sender + "\n\n";
}

std::vector<std::string> keys_of(std::string_view text) {
  std::vector<std::string> keys;
  for (const auto line : base::split(text, '\n')) {
    if (!line.empty()) keys.emplace_back(line.substr(0, line.find('=')));
  }
  return keys;
}

// Checks that an answer has no control characters, 8-bit bytes, or '"' where the ACL of 2004 cuts.
void check_clean(const std::string& text) {
  CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || base::is_printable(c); }));
  const Answer answer = parse_answer(text);
  for (const char* key : {"result", "smtp_comment", "header_comment"}) {
    REQUIRE(answer.count(key) == 1);
    CHECK(answer.at(key).find('"') == std::string::npos);
  }
  for (const auto line : base::split(text, '\n')) CHECK(line.size() <= 1100);
}

TEST_CASE("each result, asked in Exim's way: the answer, an empty line, the end") {
  const SpfdProcess spfd(with_zone());
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"u@pass.test", "pass"},       {"u@fail.test", "fail"}, {"u@softfail.test", "softfail"},
      {"u@neutral.test", "neutral"}, {"u@none.test", "none"}, {"u@broken.test", "permerror"}};
  for (const auto& one : cases) {
    CAPTURE(one.first);
    const std::string text = spfd.ask(question(one.first));
    CHECK(text.starts_with("result=" + one.second + "\nsmtp_comment="));
    CHECK(text.ends_with("\n\n"));
    CHECK(text.find("\n\n") == text.size() - 2);
    check_clean(text);
  }
}

TEST_CASE("the answer's lines have a fixed order") {
  const SpfdProcess spfd(with_zone());
  const std::vector<std::string> order = {"result",
                                          "smtp_comment",
                                          "header_comment",
                                          "local_explanation",
                                          "authority_explanation",
                                          "received_spf_header",
                                          "authentication_results",
                                          "spf_record",
                                          "identity",
                                          "spf_domain",
                                          "mechanism",
                                          "problem",
                                          "action",
                                          "smtp_code",
                                          "smtp_reply",
                                          "lookups",
                                          "void_lookups"};
  // A new line needs a place in this order.
  for (const std::string sender : {"u@pass.test", "u@fail.test", "u@none.test", "u@broken.test"}) {
    CAPTURE(sender);
    CHECK(keys_of(spfd.ask(question(sender))) == order);
  }
}

TEST_CASE("the domain's explanation is the text for the SMTP client") {
  const SpfdProcess spfd(with_zone());
  const Answer answer = spfd.answer(question("u@fail.test", "192.0.2.66"));
  CHECK(answer.at("authority_explanation") == "192.0.2.66 may not send as \"u@fail.test\", 100% sure");
  CHECK(answer.at("smtp_comment") == "fail.test explains: 192.0.2.66 may not send as 'u@fail.test', 100% sure");
  CHECK(answer.at("action") == "reject");
}

TEST_CASE("key names of all generations, the last one wins; unknown keys and lines without '=' are ignored") {
  const SpfdProcess spfd(with_zone());
  const std::vector<std::string> questions = {
      "ip=192.0.2.10\nhelo=h.none.test\nsender=u@pass.test\n\n",
      "ipv4=192.0.2.10\nhelo=h.none.test\nsender=u@pass.test\n\n",
      "ip_address=192.0.2.10\nhelo_identity=h.none.test\nidentity=u@pass.test\n\n",
      "client_address=192.0.2.10\nhelo_name=h.none.test\nsender=u@pass.test\n\n",
      "IP=192.0.2.10\nHelo=h.none.test\nSENDER=u@pass.test\n\n",
      "ip=192.0.2.10\r\nhelo=h.none.test\r\nsender=u@pass.test\r\n\r\n",
      "ip=192.0.2.10 \t\nhelo=h.none.test  \nsender=u@pass.test \n  \n",
      "sender=u@fail.test\nip=192.0.2.66\nsender=u@pass.test\nip=192.0.2.10\n\n",
      "versions=1,2\nnonsense\ncolour=blue\nguess_mechs=a\nip=192.0.2.10\nsender=<u@pass.test>\nguess=1\n\n",
      "ip=::ffff:192.0.2.10\nsender=u@pass.test\n\n",
      "ip=2001:DB8::1\nsender=u@six.test\n\n",
      "scope=helo\nidentity=helo.test\nip_address=192.0.2.10\n\n",
  };
  for (const auto& text : questions) {
    CAPTURE(text);
    CHECK(spfd.answer(text)["result"] == "pass");
  }
}

TEST_CASE("null sender: the HELO identity is checked, and the answer is never empty") {
  const SpfdProcess spfd(with_zone());
  for (const char* sender : {"sender=\n", "sender=<>\n", ""}) {
    CAPTURE(sender);
    const Answer answer = spfd.answer(std::string("ip=192.0.2.10\nhelo=helo.test\n") + sender + "\n");
    CHECK(answer.at("result") == "pass");
    CHECK(answer.at("identity") == "helo");
  }
}

TEST_CASE("single bytes; a request without an empty line; an input that ends within a line; several empty lines") {
  const SpfdProcess spfd(with_zone());
  Client client(spfd.address());
  for (const char c : question("u@pass.test")) REQUIRE(client.send({&c, 1}));
  CHECK(client.read_to_end().starts_with("result=pass\n"));

  CHECK(spfd.ask("ip=192.0.2.10\nsender=u@pass.test\n").starts_with("result=pass\n"));
  CHECK(spfd.ask("ip=192.0.2.10\nsender=u@pass.test").starts_with("result=pass\n"));
  CHECK(spfd.ask("ip=192.0.2.10\nsender=u@pass.test\n\n\n\n").starts_with("result=pass\n"));
}

TEST_CASE("a client that does not shut down its side still gets its answer and the end") {
  const SpfdProcess spfd(with_zone());
  Client client(spfd.address());
  client.send(question("u@pass.test"));
  const std::string text = client.read_to_end();
  CHECK(text.starts_with("result=pass\n"));
  CHECK(text.ends_with("\n\n"));
}

TEST_CASE("one request, one answer, close: bytes after a request without keep=1 are ignored, and the answer arrives completely") {
  SpfdProcess::Settings settings = with_zone();
  for (const bool on_tcp : {false, true}) {
    settings.on_tcp = on_tcp;
    const SpfdProcess spfd(settings);
    for (int i = 0; i < 20; ++i) {
      Client client(spfd.address());
      client.send(question("u@pass.test") + question("u@fail.test") + std::string(60'000, 'x'));
      const std::string text = client.read_to_end();
      CHECK(text.starts_with("result=pass\n"));
      CHECK(text.ends_with("\n\n"));
      CHECK(text.find("result=fail") == std::string::npos);
    }
  }
}

TEST_CASE("keep=1 keeps the connection; a request without it ends it") {
  const SpfdProcess spfd(with_zone());
  Client client(spfd.address());
  for (int i = 0; i < 3; ++i) {
    client.send("keep=1\n" + question("u@pass.test"));
    CHECK(client.read_answer().starts_with("result=pass\n"));
  }
  CHECK_FALSE(client.is_readable(std::chrono::milliseconds(50)));
  client.send(question("u@fail.test"));
  CHECK(client.read_to_end().starts_with("result=fail\n"));
}

TEST_CASE("thousands of pipelined requests are answered in order, with their ids") {
  constexpr int kQuestions = 3000;
  const SpfdProcess spfd(with_zone());
  Client client(spfd.address());
  std::thread writer([&] {
    for (int i = 0; i < kQuestions; ++i) {
      client.send("keep=1\nid=q" + std::to_string(i) + "\n" + question(i % 2 == 0 ? "u@pass.test" : "u@fail.test"));
    }
    client.end_of_input();
  });
  int right = 0;
  for (int i = 0; i < kQuestions; ++i) {
    const Answer answer = parse_answer(client.read_answer());
    if (answer.at("id") == "q" + std::to_string(i) && answer.at("result") == (i % 2 == 0 ? "pass" : "fail")) ++right;
  }
  writer.join();
  CHECK(right == kQuestions);
  CHECK(client.read_to_end().empty());
}

TEST_CASE("a slow request delays the answers after it, but not their checks") {
  support::DnsServer dns([](const dns::Question& asked, bool) {
    dns::Answer answer;
    answer.ttl = 60;
    answer.texts = {"v=spf1 -all"};
    support::Reaction reaction = support::react(std::move(answer));
    if (asked.name.text() == "slow.test") reaction.delay = std::chrono::milliseconds(300);
    return reaction;
  });
  const SpfdProcess spfd({.arguments = {"--nameserver", dns.address()}, .zone = std::string(kZone)});
  Client client(spfd.address());
  client.send("keep=1\nid=slow\n" + question("u@slow.test") + "keep=1\nid=quick\n" + question("u@pass.test"));
  CHECK(parse_answer(client.read_answer()).at("id") == "slow");
  CHECK(parse_answer(client.read_answer()).at("id") == "quick");
  spfd.wait_for_log("id=slow");
  const std::string log = spfd.log();
  CHECK(log.find("id=quick") < log.find("id=slow"));
}

TEST_CASE("id is repeated; format=json gives one object on a line; request=ping is answered without SPF") {
  const SpfdProcess spfd(with_zone());
  CHECK(spfd.answer("id=abc-1\n" + question("u@pass.test")).at("id") == "abc-1");
  const std::string json = spfd.ask("format=json\nid=7\n" + question("u@pass.test"));
  CHECK(json.starts_with("{"));
  CHECK(json.find("\"result\": \"pass\"") != std::string::npos);
  CHECK(json.find('\n') == json.size() - 1);
  const Answer pong = spfd.answer("request=ping\nid=8\n\n");
  CHECK(pong.count("pong") == 1);
  CHECK(pong.at("id") == "8");
  CHECK(pong.count("result") == 0);
}

TEST_CASE("bad input gets an answer with result= and error=, never silence") {
  const SpfdProcess spfd(with_zone());
  const std::vector<std::string> questions = {
      "\n",
      "",
      "helo=h.test\nsender=\n\n",
      "ip=nonsense\nsender=u@pass.test\n\n",
      "ip=192.0.2.256\nsender=u@pass.test\n\n",
      "ip=192.0.2.10\n\n",
      "ip=192.0.2.10\nhelo=\nsender=\n\n",
      "scope=nonsense\nip=192.0.2.10\nsender=u@pass.test\n\n",
      "ip=192.0.2.10\nsender=u\0@pass.test\n\n"s,
      "\0\0\0\n\n"s,
      "\x16\x03\x01\x02\x01\xff\xfe\n\n",
      "GET / HTTP/1.0\r\n\r\n",
      "ip=192.0.2.10\nsender=" + std::string(9000, 'x') + "@pass.test\n\n",
      "ip=192.0.2.10\n" + std::string(70'000, 'y'),
  };
  for (const auto& text : questions) {
    CAPTURE(text.substr(0, 60));
    const std::string reply = spfd.ask(text);
    const Answer answer = parse_answer(reply);
    CHECK(answer.count("result") == 1);
    CHECK(reply.ends_with("\n\n"));
    check_clean(reply);
  }
  for (const auto* text : {"ip=nonsense\nsender=u@pass.test\n\n", "ip=192.0.2.10\n\n", "\n"}) {
    const Answer answer = spfd.answer(text);
    CHECK(answer.at("result") == "temperror");
    CHECK(answer.at("action") == "defer");
    CHECK(!answer.at("error").empty());
  }
  CHECK(spfd.answer(question("u@pass.test")).at("result") == "pass");
}

TEST_CASE("the result for bad input is configurable") {
  SpfdProcess::Settings settings = with_zone();
  settings.arguments = {"--bad-question-result", "permerror"};
  CHECK(SpfdProcess(settings).answer("ip=nonsense\nsender=u@pass.test\n\n").at("result") == "permerror");
}

TEST_CASE("a HELO name or sender of any length: the forgery is refused, in lines and in JSON") {
  const SpfdProcess spfd(with_zone());
  for (const std::size_t size : {253UL, 255UL, 256UL, 1024UL, 8184UL, 8188UL, 8192UL, 16000UL, 60000UL}) {
    for (const std::string format : {"", "format=json\n"}) {
      CAPTURE(size);
      const std::string junk(size, 'x');
      for (const std::string& text :
           {"ip=192.0.2.66\nhelo=" + junk + "\nsender=u@fail.test\n", "helo=" + junk + "\nsender=u@fail.test\nip=192.0.2.66\n",
            "ip=192.0.2.66\nhelo=h.test\nsender=" + junk + "@fail.test\n", "ip=192.0.2.66\nsender=u@fail.test\n" + junk + "\n"}) {
        const std::string answer = spfd.ask(format + text + "\n");
        CHECK(answer.starts_with(format.empty() ? "result=fail\n" : "{\"result\": \"fail\", "));
        CHECK(answer.find(format.empty() ? "\naction=reject\n" : "\"action\": \"reject\"") != std::string::npos);
      }
    }
  }
}

TEST_CASE("a request over 64 KiB, of one line or of many: the answer arrives although the client continues sending") {
  SpfdProcess::Settings settings = with_zone();
  for (const bool on_tcp : {false, true}) {
    settings.on_tcp = on_tcp;
    const SpfdProcess spfd(settings);
    for (const std::string& piece : {std::string(200'000, 'x'), [] {
                                       std::string lines;
                                       for (int i = 0; i < 20'000; ++i) lines += "key=value\n";
                                       return lines;
                                     }()}) {
      Client client(spfd.address());
      client.send("keep=1\nip=192.0.2.10\n" + piece);
      const Answer answer = parse_answer(client.read_to_end());
      CHECK(answer.at("result") == "temperror");
      CHECK(answer.count("error") == 1);
    }
  }
}

TEST_CASE("an empty ip means mail without a client: none") {
  const SpfdProcess spfd(with_zone());
  CHECK(spfd.answer("ip=\nhelo=\nsender=u@fail.test\n\n").at("result") == "none");
}

TEST_CASE("hostile senders and HELO names: a correct result, and none of their bytes in the answer") {
  const SpfdProcess spfd(with_zone());
  const std::vector<std::string> senders = {"u\x01\x1b[31m@fail.test",
                                            "\"a b\"@fail.test",
                                            "\"a\\\"b@x\"@fail.test",
                                            "u\xff\xfe@fail.test",
                                            "u\t@fail.test",
                                            "\xc3\xa4@fail.test",
                                            "a\rb@fail.test",
                                            "%{s}%n@fail.test",
                                            "x(y@fail.test",
                                            "@fail.test",
                                            std::string(200, 'u') + "@fail.test"};
  for (const auto& sender : senders) {
    CAPTURE(sender);
    const std::string reply = spfd.ask("ip=192.0.2.66\nhelo=mail\x02\"x\nsender=" + sender + "\n\n");
    CHECK(parse_answer(reply).at("result") == "fail");
    check_clean(reply);
  }
  for (const std::string sender : {"u@[192.0.2.66]", "u@localhost", "nodomain", "u@", "u@a..test", "u@-"}) {
    CAPTURE(sender);
    const std::string reply = spfd.ask("ip=192.0.2.66\nhelo=helo.test\nsender=" + sender + "\n\n");
    CHECK(parse_answer(reply).at("result") == "none");
    check_clean(reply);
  }
  // In the log, too, each request is one line.
  spfd.wait_for_log("sender=u@-");
  const std::string log = spfd.log();
  CHECK(std::all_of(log.begin(), log.end(), [](char c) { return c == '\n' || base::is_printable(c); }));
}

TEST_CASE("a client that waits 2 seconds gets a temperror in time, not a late answer") {
  support::DnsServer dns([](const dns::Question&, bool) { return support::react(support::Reaction::Fault::silence); });
  const SpfdProcess spfd({.arguments = {"--nameserver", dns.address()}});
  const auto start = std::chrono::steady_clock::now();
  const Answer answer = spfd.answer("timeout=1\n" + question("u@silent.test"));
  CHECK(answer.at("result") == "temperror");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));  // --timeout is 20 s
}

TEST_CASE("--timeout: a check ends as temperror, whatever DNS does") {
  support::DnsServer dns([](const dns::Question&, bool) { return support::react(support::Reaction::Fault::silence); });
  const SpfdProcess spfd({.arguments = {"--nameserver", dns.address(), "--timeout", "300ms"}});
  const Answer answer = spfd.answer(question("u@silent.test"));
  CHECK(answer.at("result") == "temperror");
  CHECK(answer.at("action") == "defer");
}

TEST_CASE("no name server at all: temperror within the deadline") {
  const SpfdProcess spfd({.arguments = {"--nameserver", "127.0.0.1:1", "--timeout", "2s"}});
  CHECK(spfd.answer(question("u@anything.test")).at("result") == "temperror");
}

TEST_CASE("--legacy-results: unknown and error") {
  SpfdProcess::Settings settings = with_zone();
  settings.arguments = {"--legacy-results", "--timeout", "300ms"};
  const SpfdProcess spfd(settings);
  CHECK(spfd.answer(question("u@broken.test")).at("result") == "unknown");
  CHECK(spfd.answer(question("u@elsewhere.test")).at("result") == "error");
}

TEST_CASE("--void-lookup-limit and --void-lookups-ipv6 reach the evaluation") {
  SpfdProcess::Settings settings;
  settings.zone =
      "$TTL 60\ntest SOA a b 1 2 3 4 5\nvoid.test TXT \"v=spf1 a:a.test a:b.test a:c.test ?all\"\n"
      "four.test TXT \"v=spf1 a:v4.test a:v4.test a:v4.test ?all\"\nv4.test A 192.0.2.1\n";
  CHECK(SpfdProcess(settings).answer(question("u@void.test")).at("result") == "permerror");
  CHECK(SpfdProcess(settings).answer(question("u@four.test", "2001:db8::1")).at("result") == "permerror");
  settings.arguments = {"--void-lookup-limit", "3", "--void-lookups-ipv6", "ignore"};
  const SpfdProcess spfd(settings);
  CHECK(spfd.answer(question("u@void.test")).at("result") == "neutral");
  CHECK(spfd.answer(question("u@four.test", "2001:db8::1")).at("result") == "neutral");
}

TEST_CASE("--default-explanation explains a fail of a domain without an explanation") {
  SpfdProcess::Settings settings;
  settings.zone = "mute.test TXT \"v=spf1 -all\"\n";
  settings.arguments = {"--default-explanation", "No mail of %{o} from %{c} at %{r}"};
  CHECK(SpfdProcess(settings).answer(question("u@mute.test")).at("smtp_comment") ==
        "No mail of mute.test from 192.0.2.10 at mx.example.org");
}

}  // namespace
