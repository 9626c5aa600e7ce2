// Log lines with values that imitate other fields: they are read by the grammar of the mail server, or are bad.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "common/maillog/reader.h"
#include "common/maillog/verdicts.h"
#include "t/support/hostile_log.h"
#include "t/support/show.h"

namespace {

using maillog::Format;
using maillog::Line;
using Lines = std::vector<std::string>;

// Reads lines, and returns "203.0.113.66 helo=m <sender>" for each message, and "bad" for each bad line.
Lines read(Format format, const Lines& lines) {
  const auto reader = maillog::make_reader(format, maillog::Baseline::none);
  std::vector<maillog::Message> messages;
  Lines out;
  for (const std::string& line : lines) {
    if (reader->read(line, messages) == Line::bad) out.emplace_back("bad");
  }
  reader->finish(messages);
  for (const maillog::Message& one : messages) {
    constexpr std::array<const char*, maillog::kFates> kFates = {"", " rejected", " deferred"};
    out.push_back(fmt::format("{} helo={} <{}>{}{}", one.client.text(), one.helo.value_or("-"), one.sender,
                              kFates[static_cast<std::size_t>(one.fate)], one.is_authenticated ? " authenticated" : ""));
  }
  return out;
}
Lines exim(const std::string& line) { return read(Format::exim, {"2026-11-26 09:12:56 " + line}); }
Lines postfix(const std::string& line) { return read(Format::postfix, {"Nov 26 09:10:18 mx postfix/" + line}); }
Lines sendmail(const Lines& rest) {
  Lines lines;
  for (const std::string& one : rest) lines.push_back("Nov 26 09:10:18 mx sm-mta[9]: 6AQ9DWtw000111: " + one);
  return read(Format::sendmail, lines);
}

TEST_CASE("Exim: quotes in any word of a local part") {
  const std::string sender = "x.\"@victim.example H=(h) [192.0.2.1] P=esmtp \"@attacker.example";
  CHECK(exim("1xWVXE-000011-2U <= " + sender + " H=(m) [203.0.113.66] P=esmtp S=1") ==
        Lines{"203.0.113.66 helo=m <" + sender + ">"});
  const std::string other = "x.\"@victim.example> rejected \"@attacker.example";
  CHECK(exim("H=(m) [203.0.113.66] F=<" + other + "> rejected RCPT <b@example.net>") ==
        Lines{"203.0.113.66 helo=m <" + other + "> rejected"});
  CHECK(exim("1xWVXE-000011-2U <= x.\"@victim.example H=(m) [203.0.113.66] P=esmtp S=1") == Lines{"bad"});
}

TEST_CASE("Exim: the authenticator is a field before the size, not a part of another value") {
  const std::string arrival = "1xWVXE-000011-2U <= a@attacker.example H=(m) [203.0.113.66] P=esmtps ";
  const Lines good = {"203.0.113.66 helo=m <a@attacker.example>"};
  CHECK(exim(arrival + "S=1 id=\"x A=plain:bob\"@z.org") == good);
  CHECK(exim(arrival + "X=TLS1.3:A:256 CV=no DN=\"CN=x A=plain:bob\" S=1 id=x") == good);
  CHECK(exim(arrival + "X=TLS1.3:A:256 CV=no DN=\"x\" A=plain:bob\" S=1 id=x") == Lines{"bad"});
  CHECK(exim(arrival + "X=TLS1.3:A:256 CV=no DN=\"x\" A=plain:bob k=\"z\" S=1 id=x") == Lines{"bad"});
  CHECK(exim(arrival + "X=TLS1.3:A:256 CV=no DN=\"CN=x\" A=plain:bob S=1 id=x") == Lines{good[0] + " authenticated"});
  CHECK(exim("1xWVXE-000011-2U <= a@attacker.example H=(m) [203.0.113.66] U=x P=smtp A=plain:bob P=esmtp S=1") == Lines{"bad"});
}

TEST_CASE("Exim: a HELO name that imitates a host makes the line bad") {
  CHECK(exim("1xWVXE-000011-2U <= a@attacker.example H=(x) [192.0.2.1] (y) [203.0.113.66] P=esmtp S=1") == Lines{"bad"});
  CHECK(exim("H=(x) [192.0.2.1] (y) [203.0.113.66] F=<a@attacker.example> rejected RCPT <b@example.net>") == Lines{"bad"});
  CHECK(exim("H=(x) [192.0.2.1] F=<ceo@victim.example> rejected RCPT (y) [203.0.113.66] sender verify fail") == Lines{"bad"});
  CHECK(exim("1xWVXE-000011-2U <= a@attacker.example H=(m) [203.0.113.66] P=esmtp S=1 T=\"(y) [192.0.2.1]\"") ==
        Lines{"203.0.113.66 helo=m <a@attacker.example>"});
}

TEST_CASE("Exim: the text of another server is not a refusal by this one") {
  CHECK(exim("H=(m) [203.0.113.66] sender verify fail for <a@x>: response to \"RCPT TO:<a@x>\" from mx [192.0.2.1] was: 550 "
             "rejected MAIL <ceo@victim.example>: x")
            .empty());
  CHECK(exim("H=(m) [203.0.113.66] Warning: x F=<ceo@victim.example> rejected RCPT <b@example.net>").empty());
}

TEST_CASE("Postfix: a refusal with two envelopes is bad") {
  const std::string reject =
      "smtpd[1]: NOQUEUE: reject: RCPT from unknown[203.0.113.66]: 550 5.7.1 no; from=<a@attacker.example> ";
  CHECK(postfix(reject + "to=<b@example.net> proto=ESMTP helo=<z; from=<ceo@victim.example> to=<b@n> proto=ESMTP "
                         "helo=<mail.victim.example>") == Lines{"bad"});
  CHECK(postfix(reject + "to=<b@n> proto=ESMTP helo=<x> to=<b@example.net> proto=ESMTP helo=<m>") == Lines{"bad"});
  CHECK(postfix("smtpd[1]: NOQUEUE: reject: EHLO from unknown[203.0.113.66]: 504 5.5.2 no; proto=SMTP helo=<x; "
                "from=<ceo@victim.example> to=<b@n> proto=ESMTP helo=<mail.victim.example>") == Lines{"bad"});
  CHECK(read(Format::postfix, {"Nov 26 09:10:18 mx postfix/smtpd[1]: A1: client=unknown[203.0.113.66]",
                               "Nov 26 09:10:18 mx postfix/qmgr[1]: A1: from=<ceo@victim.example>, size=1@attacker.example>, "
                               "size=9, nrcpt=1 (queue active)"}) == Lines{"bad"});
}

TEST_CASE("Postfix: refusals by header and body checks") {
  const std::string rest = " from unknown[203.0.113.66]; from=<a@attacker.example> to=<b@n.example> proto=ESMTP helo=<mail>";
  const Lines good = {"203.0.113.66 helo=mail <a@attacker.example> rejected"};
  CHECK(postfix("cleanup[1]: 746A: reject: header Subject: hello" + rest + ": 5.7.1 no") == good);
  CHECK(postfix("cleanup[1]: 746A: reject: body hello" + rest) == good);
  CHECK(postfix("cleanup[1]: 746A: reject: header Subject: hi from x[192.0.2.1]: 5; ..." + rest + ": 5.7.1 no") == good);
  CHECK(postfix("cleanup[1]: 746A: reject: header Subject: hi from x[192.0.2.1]; from=<ceo@victim.example> proto=SMTP" + rest) ==
        Lines{"bad"});
  CHECK(postfix("cleanup[1]: 746A: reject: header Subject: x" + rest + ": y>: 5.7.1 no") == Lines{"bad"});
  CHECK(postfix("cleanup[1]: 746A: reject: header Subject: x from local; from=<root@n.example> to=<b@n.example>: no").empty());
}

TEST_CASE("Sendmail: the fate, the code of a refusal and the HELO name come from their own fields") {
  const std::string relay = ", proto=ESMTP, daemon=MTA, relay=[203.0.113.66]";
  const Lines good = {"203.0.113.66 helo=- <a@attacker.example>"};
  const std::string refused = "from=<a@attacker.example>, size=0, class=0, nrcpts=0" + relay;
  CHECK(sendmail({"from=<a@attacker.example>, size=9, class=0, nrcpts=1, msgid=<x, nrcpts=0, y@z>" + relay}) == good);
  CHECK(sendmail({"ruleset=check_rcpt, arg1=<x, reject=4@y>, relay=[203.0.113.66], reject=550 5.7.1 no", refused}) ==
        Lines{good[0] + " rejected"});
  CHECK(sendmail({"<x@y>, reject=451 no... User unknown", refused}) == Lines{good[0] + " rejected"});
  CHECK(sendmail({"from=<a@attacker.example>, size=9, class=0, nrcpts=1" + relay,
                  "Milter (spfd) delete: header Received-SPF: x header: Received-SPF: pass client-ip=192.0.2.1; "
                  "helo=mail.victim.example"}) == good);
  const std::string sender = "x.\"@victim.example>, \"@attacker.example";
  CHECK(sendmail({"from=<" + sender + ">, size=9, class=0, nrcpts=1" + relay}) == Lines{"203.0.113.66 helo=- <" + sender + ">"});
  CHECK(sendmail({"from=<a@attacker.example>, size=9, class=0, nrcpts=1, relay=[192.0.2.1]@h [203.0.113.66]"}) == good);
}

TEST_CASE("Received-SPF fields in which a value may imitate a key have no verdict") {
  CHECK_FALSE(
      maillog::parse_received_spf("fail client-ip=203.0.113.66; helo=x; envelope-from=ceo@victim.example; "
                                  "envelope-from=a@attacker.example"));
  CHECK_FALSE(maillog::parse_received_spf("fail client-ip=203.0.113.66; helo=x; client-ip=192.0.2.1"));
  const std::string begin = "fail (h: domain of a) client-ip=203.0.113.66; envelope-from=";
  CHECK(maillog::parse_received_spf(begin + "\"a@attacker.example\"; helo=m"));
  CHECK_FALSE(maillog::parse_received_spf(begin + "<\"; helo=mail.victim.example (\"@attacker.example>; helo=m)"));
  CHECK_FALSE(maillog::parse_received_spf(begin + "\"; helo=mail.victim.example; y=\"@attacker.example; helo=m"));
  CHECK_FALSE(maillog::parse_received_spf(begin + "a; helo=mail.victim.example (@attacker.example; helo=m)"));
  CHECK_FALSE(maillog::parse_received_spf(begin + "a; helo=mail.victim.example; y=\"@attacker.example; helo=m"));
}

TEST_CASE("a checker's line is read from its beginning: a sender in it does not become a field") {
  const std::string field = "Received-SPF: pass client-ip=192.0.2.1; envelope-from=ceo@victim.example; helo=victim.example; x";
  const auto verdict_of = [](const std::string& text) {
    maillog::Verdicts verdicts(maillog::Baseline::log);
    verdicts.read("spfd", text);
    maillog::Message message;
    message.client = *base::IpAddress::parse("192.0.2.1");
    message.sender = "ceo@victim.example";
    verdicts.complete(message, "");
    return message.baseline;
  };
  CHECK(verdict_of("prepend " + field) == spf::Result::pass);
  CHECK(verdict_of("4jZrPG2F7CzBYC3: Policy action=PREPEND " + field) == spf::Result::pass);
  for (const std::string& text :
       {"result=fail identity=mailfrom ip=203.0.113.66 helo=x sender=\"\\\"" + field + "\\\"@evil.example\"",
        "result=fail identity=mailfrom ip=203.0.113.66 helo=" + field + " sender=a@evil.example",
        "550 5.7.23 Please see http://www.open-spf.org/Why?s=mfrom;id=" + field + "@evil.example;ip=203.0.113.66;r=h",
        "550 5.7.23 refused: \"" + field + "\"@evil.example", "refused: <" + field + "@evil.example>", "a@b " + field}) {
    CAPTURE(text);
    CHECK_FALSE(verdict_of(text).has_value());
  }
}

TEST_CASE("random hostile values: a log is read as what it is about, or is bad") {
  constexpr std::array<const char*, 44> kPieces = {"x",
                                                   "m.example",
                                                   " ",
                                                   "\"",
                                                   "\\",
                                                   "<",
                                                   ">",
                                                   "(",
                                                   ")",
                                                   ") [192.0.2.1]",
                                                   " (y",
                                                   "[192.0.2.1]",
                                                   " P=esmtp",
                                                   " A=plain:bob",
                                                   " S=1",
                                                   " F=<ceo@victim.example>",
                                                   " rejected ",
                                                   "rejected MAIL <ceo@victim.example>: ",
                                                   " temporarily ",
                                                   "RCPT <b@n>",
                                                   " DN=\"",
                                                   " id=",
                                                   " T=\"",
                                                   " U=x",
                                                   "H=(h) [192.0.2.1] P=esmtp ",
                                                   "@victim.example",
                                                   "> to=<b@n> proto=ESMTP helo=<",
                                                   "; from=<ceo@victim.example>",
                                                   "; proto=SMTP",
                                                   "; to=<",
                                                   " from ",
                                                   " from x[192.0.2.1]: 5",
                                                   " from x[192.0.2.1]",
                                                   ">: ",
                                                   ", size=1",
                                                   ", nrcpts=0",
                                                   ", nrcpts=1, ",
                                                   ", relay=[192.0.2.1]",
                                                   ", reject=4",
                                                   ", reject=5",
                                                   " header: Received-SPF: pass ",
                                                   "helo=mail.victim.example; client-ip=192.0.2.1",
                                                   ", msgid=<",
                                                   ", daemon=MTA"};
  std::mt19937 random(20261126);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same values in each run
  const auto text = [&](std::size_t most) {
    std::string out;
    for (std::size_t left = random() % (most + 1); left > 0; --left) out += kPieces[random() % kPieces.size()];
    return out;
  };
  int failures = 0;
  for (int i = 0; i < 4000 && failures < 10; ++i) {
    // A text alone, since an ambiguity in one value hides those of others.
    const int one = i % 4;
    const support::HostileValues values = {one == 0 || one == 3 ? "h" + text(6) : "m", one == 1 || one == 3 ? text(6) : "y",
                                           one == 2 || one == 3 ? text(6) : "z"};
    for (const support::HostileLog& log : support::hostile_logs(values)) {
      const std::string wrong = support::wrong_reading(log);
      if (!wrong.empty()) ++failures;
      CHECK(wrong == "");  // NOLINT(readability-container-size-empty): shows the text
    }
  }
}

TEST_CASE("plain values: no form of line is bad") {
  for (const support::HostileLog& log : support::hostile_logs({"mail.attacker.example", "y", "hello"})) {
    CAPTURE(log.lines);
    const Lines got = read(log.format, log.lines);
    CHECK(got.size() == log.allowed.size());
    for (const std::string& one : got) CHECK(one != "bad");
  }
}

}  // namespace
