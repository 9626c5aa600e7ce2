#include "common/protocol/query_lines.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/text.h"
#include "common/protocol/limits.h"
#include "common/receiver/receiver.h"
#include "t/support/fill.h"
#include "t/support/show.h"
#include "t/support/single.h"

using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

using protocol::Format;
using protocol::parse_query_lines;
using protocol::QueryLines;
using receiver::Scope;

receiver::Reply full_reply() {
  receiver::Reply reply;
  reply.result = spf::Result::fail;
  reply.identity = spf::Identity::mailfrom;
  reply.smtp_comment = "example.com explains: go away";
  reply.header_comment = "mx.example.org: domain of u@example.com does not designate 192.0.2.1 as permitted sender";
  reply.local_explanation = "mechanism -all in the record of example.com matched";
  reply.authority_explanation = "say \"no\" \\ 100%";
  reply.received_spf_header = "Received-SPF: fail (comment) envelope-from=\"u@example.com\"";
  reply.authentication_results = "Authentication-Results: mx.example.org; spf=fail smtp.mailfrom=example.com";
  reply.spf_record = "v=spf1 -all";
  reply.spf_domain = "example.com";
  reply.mechanism = "-all";
  reply.action = receiver::Action::reject;
  reply.smtp_code = 550;
  reply.enhanced_code = "5.7.23";
  reply.lookups = 3;
  reply.void_lookups = 1;
  reply.ttl = 3600;
  return reply;
}

constexpr std::string_view kEximQuestion = "ip=192.0.2.66\nhelo=evil.test\nsender=u@fail.test\n\n";

// ---- questions -----------------------------------------------------------------------------------------------------------

TEST_CASE("the keys of every generation of spfd are recognized, in any case") {
  for (const auto* key : {"ip", "ip_address", "ipv4", "ipv6", "client_address", "IP", "Client_Address"}) {
    const QueryLines asked = parse_query_lines(key + "=192.0.2.1\nsender=a@example.com"s);
    CHECK(asked.error == "");
    REQUIRE(asked.request.client);
    CHECK(asked.request.client->text() == "192.0.2.1");
  }
  for (const auto* key : {"helo", "helo_identity", "helo_name", "HELO"}) {
    CHECK(parse_query_lines("ip=192.0.2.1\n"s + key + "=mail.example.com").request.helo == "mail.example.com");
  }
  for (const auto* key : {"sender", "identity", "mailfrom", "Sender"}) {
    CHECK(parse_query_lines("ip=192.0.2.1\n"s + key + "=a@example.com").request.sender == "a@example.com");
  }
  for (const auto* key : {"rcpt", "rcpt_to", "recipient"}) {
    CHECK(parse_query_lines("ip=192.0.2.1\nsender=a@b.c\n"s + key + "=x@example.net").request.recipient == "x@example.net");
  }
  CHECK(parse_query_lines("ip=192.0.2.1\nsender=a@b.c\nreceiver=mx.example.net").request.receiver == "mx.example.net");
  CHECK(parse_query_lines("ip=192.0.2.1\nsender=a@b.c\nid=1xUqg9-00001R-0n").id == "1xUqg9-00001R-0n");
}

TEST_CASE("the last of several equal keys wins, whatever its name; unknown keys and lines without = are ignored") {
  const QueryLines asked = parse_query_lines(
      "ip=192.0.2.1\nsender=a@example.com\nidentity=b@example.com\nsender=c=d@example.com\nfrobnicate=1\nguess_mechs=a/24\n"
      "trusted=1\nlocal=mx\nexplain=x\nversions=1,2\nrubbish\n=x\nclient_address=192.0.2.2");
  CHECK(asked.error == "");
  CHECK(asked.request.sender == "c=d@example.com");
  CHECK(asked.request.client->text() == "192.0.2.2");
}

TEST_CASE("a Postfix policy request is read as the same request") {
  const QueryLines asked = parse_query_lines(
      "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=2001:db8::1\nclient_name=unknown\n"
      "helo_name=mail.example.com\nsender=u@example.com\nrecipient=x@example.net\nrecipient_count=0\nqueue_id=\ninstance=1.2\n");
  CHECK(asked.error == "");
  CHECK_FALSE(asked.is_ping);
  CHECK_FALSE(asked.keep);
  CHECK(asked.request.client->text() == "2001:db8::1");
  CHECK(asked.request.helo == "mail.example.com");
  CHECK(asked.request.sender == "u@example.com");
}

TEST_CASE("the options of the client, and Mail::SPF::Query's keys of the best guess and of local policy") {
  const auto asked = parse_query_lines(
      "ip=192.0.2.1\nsender=u@example.com\nAuthenticated=1\nrelay=yes\nguess=1\nguess_mechs= a mx \nlocal=ptr\ntrusted=1\n"
      "explain=1\n");
  CHECK(asked.error == "");
  CHECK(asked.request.is_authenticated);
  CHECK(asked.request.is_relay);
  CHECK(asked.request.guess);
  CHECK(asked.request.explain);
  CHECK(asked.request.guess_terms == "a mx");
  CHECK(asked.request.local == "ptr");
  const auto plain = parse_query_lines("ip=192.0.2.1\nsender=u@example.com\nauthenticated=0\nrelay=\nguess=no\n");
  CHECK_FALSE(plain.request.is_authenticated);
  CHECK_FALSE(plain.request.is_relay);
  CHECK_FALSE(plain.request.guess);
}

TEST_CASE("the client's address has many forms") {
  const auto client = [](const std::string& value) -> std::string {
    const QueryLines asked = parse_query_lines("ip=" + value + "\nsender=a@example.com");
    if (!asked.error.empty()) return asked.error;
    return asked.request.client ? asked.request.client->text() : "none";
  };
  CHECK(client("192.0.2.1") == "192.0.2.1");
  CHECK(client("  192.0.2.1 \t\r") == "192.0.2.1");
  CHECK(client("2001:DB8:0:0::A") == "2001:db8::a");
  CHECK(client("::ffff:192.0.2.1") == "192.0.2.1");
  CHECK(client("::FFFF:C000:0201") == "192.0.2.1");
  CHECK(client("[192.0.2.1]") == "192.0.2.1");
  CHECK(client("[IPv6:2001:db8::1]") == "2001:db8::1");
  // RFC 4007 §11: the zone is dropped.
  CHECK(client("fe80::1%eth0") == "fe80::1");
  CHECK(client("[IPv6:FE80::1%25]") == "fe80::1");
  CHECK(client("::ffff:192.0.2.1%1") == "192.0.2.1");
  for (const auto* bad : {"fe80::1%", "192.0.2.1%eth0", "%eth0", "fe80::1/64%eth0"}) {
    CHECK(client(bad) == "ip= is not an IP address: '"s + bad + "'");
  }
  CHECK(client("IPV6:2001:db8::1") == "2001:db8::1");
  // A local submission: Exim's $sender_host_address is empty.
  CHECK(client("") == "none");
  CHECK(client("  ") == "none");
  CHECK(client("192.0.2") == "ip= is not an IP address: '192.0.2'");
  CHECK(client("[]") == "ip= is not an IP address: '[]'");
  CHECK(client("192.0.2.1/24") == "ip= is not an IP address: '192.0.2.1/24'");
  CHECK(client("192.0.2.1\0"s) == "ip= is not an IP address: '192.0.2.1\\x00'");
  CHECK(client("\x01\xff"s) == "ip= is not an IP address: '\\x01\\xff'");
  CHECK(client(std::string(8000, '1')).size() < 100);
}

TEST_CASE("a request that cannot be checked gets an error sentence") {
  CHECK(parse_query_lines("").error == "no ip= was given");
  CHECK(parse_query_lines("sender=a@example.com").error == "no ip= was given");
  CHECK(parse_query_lines("ip=192.0.2.1").error == "neither sender= nor helo= was given");
  // An empty value is what the SMTP client gave; the check reports what follows from it.
  CHECK(parse_query_lines("ip=192.0.2.1\nsender=<>\nhelo=").error == "");
  CHECK(parse_query_lines("ip=192.0.2.1\nsender=").error == "");
  CHECK(parse_query_lines("ip=192.0.2.1\nhelo=").error == "");
  CHECK(parse_query_lines("ip=").error == "");
  CHECK(parse_query_lines("ip=192.0.2.1\nsender=a@b.c\nscope=pra").error == "scope=pra (Sender ID) is not supported");
  CHECK(parse_query_lines("ip=192.0.2.1\nsender=a@b.c\nscope=x\"y").error == "unknown scope 'x\"y'; it must be helo or mfrom");
  CHECK(parse_query_lines("ip=192.0.2.1\nsender=a@b.c\nformat=xml").error == "unknown format 'xml'; it must be lines or json");
  CHECK(parse_query_lines("ip=192.0.2.1\nsender=a@b.c\ntimeout=soon").error == "timeout= is not a number of seconds: 'soon'");
  // keep, format and id apply nevertheless.
  const QueryLines asked = parse_query_lines("keep=1\nformat=json\nid=7\nip=x");
  CHECK(asked.error != "");
  CHECK(asked.keep);
  CHECK(asked.format == Format::json);
  CHECK(asked.id == "7");
}

TEST_CASE("the sender loses its angle brackets and blanks, and nothing else") {
  const auto sender = [](const std::string& value) {
    return parse_query_lines("ip=192.0.2.1\nhelo=h\nsender=" + value).request.sender;
  };
  CHECK(sender("<u@example.com>") == "u@example.com");
  CHECK(sender(" <u@example.com> \r") == "u@example.com");
  CHECK(sender("<>") == "");
  CHECK(sender("< >") == "");
  CHECK(sender("") == "");
  CHECK(sender("<") == "<");
  CHECK(sender("u@d>") == "u@d>");
  CHECK(sender("\"a b\"@example.com") == "\"a b\"@example.com");
  CHECK(sender("\"a\tb\"@example.com") == "\"a\tb\"@example.com");
  // Invalid bytes are left to the evaluator, which returns none.
  CHECK(sender("u\0@example.com"s) == "u\0@example.com"s);
}

TEST_CASE("scope chooses the identity, and Mail::SPF's identity= is the HELO name with scope=helo") {
  CHECK(parse_query_lines("ip=192.0.2.1\nsender=a@b.c").request.scope == Scope::automatic);
  CHECK(parse_query_lines("ip=192.0.2.1\nsender=a@b.c\nscope=").request.scope == Scope::automatic);
  CHECK(parse_query_lines("ip=192.0.2.1\nsender=a@b.c\nscope=mfrom").request.scope == Scope::mailfrom);
  CHECK(parse_query_lines("ip=192.0.2.1\nsender=a@b.c\nscope=MailFrom").request.scope == Scope::mailfrom);

  QueryLines asked = parse_query_lines("scope=helo\nidentity=mail.example.com\nip_address=192.0.2.1");
  CHECK(asked.request.scope == Scope::helo);
  CHECK(asked.request.helo == "mail.example.com");
  CHECK(asked.error == "");

  asked = parse_query_lines("scope=helo\nidentity=mail.example.com\nhelo_identity=other.example.com\nip_address=192.0.2.1");
  CHECK(asked.request.helo == "mail.example.com");

  asked = parse_query_lines("scope=helo\nsender=a@example.com\nhelo=mail.example.com\nip=192.0.2.1");
  CHECK(asked.request.helo == "mail.example.com");
  CHECK(asked.request.sender == "a@example.com");
}

TEST_CASE("timeout is seconds, with decimals or an s, and bounded") {
  const auto timeout = [](const std::string& value) { return parse_query_lines("ip=\ntimeout=" + value).timeout; };
  CHECK_FALSE(timeout("").has_value());
  CHECK(timeout("5") == 5000ms);
  CHECK(timeout("20s") == 20000ms);
  CHECK(timeout("2.5") == 2500ms);
  CHECK(timeout(".25") == 250ms);
  CHECK(timeout("1.23456789") == 1234ms);
  CHECK(timeout("0") == 0ms);
  CHECK(timeout("3600.5") == protocol::kMaxTimeout);
  CHECK(timeout(std::string(5000, '9')) == protocol::kMaxTimeout);
  for (const auto* bad : {"-1", "s", ".", "1e3", "1.2.3", "0x10", "5 s x"}) {
    CAPTURE(bad);
    CHECK_FALSE(timeout(bad).has_value());
    CHECK(parse_query_lines("ip=\ntimeout="s + bad).error != "");
  }
}

std::string pong(const QueryLines& asked) {
  std::string out;
  protocol::append_pong(asked.format, asked.id, out);
  return out;
}

TEST_CASE("a ping needs no other line") {
  const QueryLines asked = parse_query_lines("request=PING\nid=x\nkeep=1");
  CHECK(asked.is_ping);
  CHECK(asked.error == "");
  CHECK(pong(asked).starts_with("pong=1\nversion="));
  CHECK(pong(asked).ends_with("\nid=x\n\n"));
  CHECK(pong(parse_query_lines("request=ping\nformat=json")).starts_with("{\"pong\": 1, \"version\": \""));
}

// ---- answers -------------------------------------------------------------------------------------------------------------

TEST_CASE("the answer contains all lines in order, then an empty line") {
  CHECK(support::encode_reply(full_reply(), parse_query_lines(kEximQuestion), {}) ==
        "result=fail\n"
        "smtp_comment=example.com explains: go away\n"
        "header_comment=mx.example.org: domain of u@example.com does not designate 192.0.2.1 as permitted sender\n"
        "local_explanation=mechanism -all in the record of example.com matched\n"
        "authority_explanation=say \"no\" \\ 100%\n"
        "received_spf_header=Received-SPF: fail (comment) envelope-from=\"u@example.com\"\n"
        "authentication_results=Authentication-Results: mx.example.org; spf=fail smtp.mailfrom=example.com\n"
        "spf_record=v=spf1 -all\n"
        "identity=mailfrom\n"
        "spf_domain=example.com\n"
        "mechanism=-all\n"
        "problem=\n"
        "action=reject\n"
        "smtp_code=550\n"
        "smtp_reply=550 5.7.23 example.com explains: go away\n"
        "lookups=3\n"
        "void_lookups=1\n"
        "\n");
  receiver::Reply empty;
  empty.error = "what";
  QueryLines asked;
  asked.id = "a-1";
  CHECK(support::encode_reply(empty, asked, {}) ==
        "result=none\nsmtp_comment=\nheader_comment=\nlocal_explanation=\nauthority_explanation=\nreceived_spf_header=\n"
        "authentication_results=\nspf_record=\nidentity=\nspf_domain=\nmechanism=\nproblem=\naction=accept\nsmtp_code=250\nsmtp_"
        "reply="
        "\nlookups=0\n"
        "void_lookups=0\nid=a-1\nerror=what\n\n");
}

TEST_CASE("spfd-protocol(7) describes the lines of an answer, in their order") {
  std::ifstream file("man/spfd-protocol.7");
  std::vector<std::string> described;
  bool is_answer = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(".Sh ")) is_answer = line == ".Sh ANSWER";
    if (!is_answer || !line.starts_with(".It Cm ")) continue;
    std::istringstream words(line.substr(7));
    for (std::string word; words >> word;) {
      if (word != "," && std::ranges::find(described, word) == described.end()) described.push_back(word);
    }
  }
  QueryLines asked;
  asked.id = "7";
  for (const Format format : {Format::lines, Format::json}) {
    asked.format = format;
    const std::string answer = support::encode_reply(support::filled<receiver::Reply>(), asked, {});
    const std::regex key(format == Format::lines ? "(?:^|\n)([a-z_]+)=" : "\"([a-z_]+)\": ");
    std::vector<std::string> written;
    for (std::sregex_iterator one(answer.begin(), answer.end(), key), end; one != end; ++one) written.push_back((*one)[1].str());
    CHECK(written.size() > 30);
    if (format == Format::lines) {
      std::vector<std::string> lines = described;
      std::erase_if(lines, [&](const std::string& word) { return std::ranges::find(written, word) == written.end(); });
      CHECK(lines == written);
    }
    for (const std::string& word : written) {
      CAPTURE(word);
      CHECK(std::ranges::find(described, word) != described.end());
    }
  }
}

TEST_CASE("lines about local policy are written only if there is something to report") {
  receiver::Reply reply;
  protocol::QueryLines asked;
  CHECK(support::encode_reply(reply, asked, {}).find("would=") == std::string::npos);
  reply.would = receiver::Action::defer;
  reply.local_policy = "exempt-clients: ::1";
  reply.is_weak = true;
  reply.is_stale = true;
  reply.helo = receiver::HeloReply{spf::Result::neutral, "comment", "Received-SPF: neutral"};
  reply.guesses = receiver::Guesses{{"pass", "s", "h"}, {}};
  asked.id = "7";
  const std::string text = support::encode_reply(reply, asked, {});
  CHECK(
      text.ends_with("void_lookups=0\nwould=defer\nlocal_policy=exempt-clients: ::1\nweak_pass=1\nstale=1\nhelo_result=neutral\n"
                     "helo_header_comment=comment\nhelo_received_spf_header=Received-SPF: neutral\nguess=pass\nsmtp_guess=s\n"
                     "header_guess=h\nguess_tf=\nsmtp_tf=\nheader_tf=\nid=7\n\n"));
}

TEST_CASE("an explanation: lines before the id, an object in JSON; absent parts have no line") {
  receiver::Reply reply;
  reply.why.emplace();
  reply.why->sentences = {"One.", "Two \"q\"."};
  QueryLines asked;
  asked.id = "7";
  CHECK(support::encode_reply(reply, asked, {}).ends_with("void_lookups=0\nwhy=One. Two \"q\".\nid=7\n\n"));
  asked.format = Format::json;
  CHECK(support::encode_reply(reply, asked, {})
            .ends_with("\"ttl\": 0, \"why\": {\"term\": \"\", \"record_of\": \"\", \"nearest\": null, \"client_name\": \"\", "
                       "\"forwarder_of\": \"\", \"text\": [\"One.\", \"Two \\\"q\\\".\"], \"missing\": []}, \"change\": null, "
                       "\"id\": \"7\"}\n"));
  reply.why->missing = {"a", "b"};
  reply.why->change = {"example.com", "v=spf1 ip4:192.0.2.1 -all", 3};
  reply.why->nearest = {"::/0", "all", "example.com", std::nullopt, 0};
  CHECK(
      support::encode_reply(reply, asked, {}).find("\"record_of\": \"example.com\", \"distance\": null, \"shared_bits\": 0}, ") !=
      std::string::npos);
  asked.format = Format::lines;
  CHECK(
      support::encode_reply(reply, asked, {})
          .ends_with(
              "why_missing=a; b\nchange_name=example.com\nchange_record=v=spf1 ip4:192.0.2.1 -all\nchange_lookups=3\nid=7\n\n"));
}

TEST_CASE("format=json: one object on one line, numbers as numbers") {
  QueryLines asked;
  asked.format = Format::json;
  asked.id = "i\"d\\";
  CHECK(support::encode_reply(full_reply(), asked, {}) ==
        "{\"result\": \"fail\", \"smtp_comment\": \"example.com explains: go away\", \"header_comment\": \"mx.example.org: "
        "domain of "
        "u@example.com does not designate 192.0.2.1 as permitted sender\", \"local_explanation\": \"mechanism -all in the record "
        "of "
        "example.com matched\", \"authority_explanation\": \"say \\\"no\\\" \\\\ 100%\", \"received_spf_header\": "
        "\"Received-SPF: fail "
        "(comment) envelope-from=\\\"u@example.com\\\"\", \"authentication_results\": \"Authentication-Results: mx.example.org; "
        "spf=fail smtp.mailfrom=example.com\", \"spf_record\": \"v=spf1 -all\", \"identity\": \"mailfrom\", "
        "\"spf_domain\": \"example.com\", \"mechanism\": "
        "\"-all\", "
        "\"problem\": \"\", \"action\": \"reject\", \"smtp_code\": 550, \"smtp_reply\": \"550 5.7.23 example.com explains: go "
        "away\", \"lookups\": 3, \"void_lookups\": 1, \"ttl\": 3600, "
        "\"id\": "
        "\"i\\\"d\\\\\"}\n");
}

TEST_CASE("--legacy-results: the words of Mail::SPF::Query") {
  const auto word = [](spf::Result result, bool legacy) {
    receiver::Reply reply;
    reply.result = result;
    const std::string answer = support::encode_reply(reply, {}, {legacy});
    return answer.substr(0, answer.find('\n'));
  };
  CHECK(word(spf::Result::permerror, true) == "result=unknown");
  CHECK(word(spf::Result::temperror, true) == "result=error");
  CHECK(word(spf::Result::softfail, true) == "result=softfail");
  CHECK(word(spf::Result::permerror, false) == "result=permerror");
  CHECK(word(spf::Result::temperror, false) == "result=temperror");
}

TEST_CASE("no byte of a value can end its line, and no line of an answer is longer than a line of a request") {
  std::string evil = "a";
  for (int c = 0; c < 256; ++c) evil += static_cast<char>(c);
  receiver::Reply reply = full_reply();
  for (std::string* text :
       {&reply.smtp_comment, &reply.header_comment, &reply.local_explanation, &reply.authority_explanation,
        &reply.received_spf_header, &reply.authentication_results, &reply.mechanism, &reply.problem, &reply.error}) {
    *text = evil;
  }
  reply.why = lint::Why{.term = evil,
                        .record_of = evil,
                        .nearest = lint::Nearest{evil, evil, evil, 1, 1},
                        .client_name = evil,
                        .forwarder_of = evil,
                        .sentences = {evil, std::string(60000, 's')},
                        .missing = {evil},
                        .change = lint::Change{evil, evil, 1}};
  reply.spf_record = std::string(60000, 'r');
  for (const Format format : {Format::lines, Format::json}) {
    QueryLines asked;
    asked.format = format;
    asked.id = evil;
    const std::string answer = support::encode_reply(reply, asked, {});
    std::size_t lines = 0;
    std::size_t line = 0;
    for (const char c : answer) {
      if (c == '\n') {
        ++lines;
        CHECK(line <= (format == Format::json ? 48000 : protocol::kMaxAnswerValue + 30));
        line = 0;
      } else {
        ++line;
        CHECK(base::is_printable(c));
      }
    }
    CHECK(lines == (format == Format::json ? 1 : 25));
  }
}

}  // namespace
