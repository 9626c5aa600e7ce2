// The readers of mail servers' logs. The samples in t/maillog were written by Exim 4.96, Postfix 3.7 and Sendmail 8.17.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <vector>

#include "common/maillog/reader.h"
#include "common/maillog/syslog.h"
#include "common/maillog/verdicts.h"
#include "t/support/show.h"

namespace {

using maillog::Baseline;
using maillog::Fate;
using maillog::Format;
using maillog::Line;
using maillog::Message;
using Lines = std::vector<std::string>;

// "accepted 192.0.2.1 helo=mail.example.org <alice@example.org>", and what else is known.
std::string shown(const Message& message) {
  constexpr std::array<const char*, maillog::kFates> kNames = {"accepted", "rejected", "deferred"};
  return fmt::format("{} {}{} <{}>{}{}", kNames[static_cast<std::size_t>(message.fate)], message.client.text(),
                     message.helo ? " helo=" + *message.helo : "", message.sender,
                     message.is_authenticated ? " authenticated" : "",
                     message.baseline ? " was " + std::string(spf::result_name(*message.baseline)) : "");
}

struct Read {
  Lines messages;
  std::vector<Line> kinds;
  std::uint64_t dropped = 0;
  [[nodiscard]] long count(Line kind) const { return std::count(kinds.begin(), kinds.end(), kind); }
};

Read read(Format format, const Lines& lines, Baseline baseline = Baseline::none) {
  const auto reader = maillog::make_reader(format, baseline);
  std::vector<Message> messages;
  Read out;
  for (const std::string& line : lines) out.kinds.push_back(reader->read(line, messages));
  reader->finish(messages);
  out.dropped = reader->dropped();
  for (const Message& message : messages) out.messages.push_back(shown(message));
  return out;
}

Lines sample(const std::string& name) {
  std::ifstream file("t/maillog/" + name);
  Lines lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  REQUIRE_FALSE(lines.empty());
  return lines;
}

TEST_CASE("Exim's main log: arrivals and refusals, with the fields of all log selectors") {
  const Read got = read(Format::exim, sample("exim.log"));
  CHECK(got.messages == Lines{
                            "accepted 192.0.2.10 helo=mail.pass.test <alice@pass.test>",
                            "accepted 192.0.2.10 helo=mail.pass.test <two@pass.test>",
                            "accepted 2001:db8::10 helo=mail.pass.test <alice@pass.test>",
                            "rejected 2001:db8::66 helo=evil.test <alice@pass.test>",
                            "deferred 192.0.2.66 helo=evil.test <alice@temperror.test>",
                            "rejected 192.0.2.66 helo=evil.test <alice@exp.test>",
                            "accepted 192.0.2.10 helo=mail.pass.test <>",
                            "rejected 192.0.2.66 helo=forged.test <>",
                            "accepted 192.0.2.10 helo=[192.0.2.10] <alice@pass.test>",
                            "accepted 192.0.2.66 helo=od d) <\"a b> F=<c\"@softfail.test>",
                            "rejected 192.0.2.10 helo=mail.pass.test <alice@pass.test>",
                            "rejected 192.0.2.66 helo=evil.test <alice@fail.test>",
                            "accepted 192.0.2.10 helo=mail.pass.test <two@pass.test>",
                            "deferred 192.0.2.66 helo=evil.test <alice@temperror.test>",
                            "rejected 192.0.2.66 helo=forged.test <>",
                            "accepted 2001:db8::10 helo=mail.pass.test <alice@pass.test>",
                            "rejected 192.0.2.66 helo=evil.test <alice@fail.test>",
                        });
  CHECK(got.count(Line::local) == 2);
  CHECK(got.count(Line::bad) == 0);
}

TEST_CASE("Postfix's log: lines joined by queue id, short and long, and refusals; HELO names only of refusals") {
  const Read got = read(Format::postfix, sample("postfix.log"));
  CHECK(got.messages == Lines{
                            "accepted 192.0.2.10 <alice@pass.test>",
                            "accepted 2001:db8::10 <alice@pass.test>",
                            "rejected 2001:db8::66 helo=evil.test <alice@pass.test>",
                            "deferred 192.0.2.66 helo=evil.test <alice@temperror.test>",
                            "rejected 192.0.2.66 helo=evil.test <alice@exp.test>",
                            "accepted 192.0.2.10 <>",
                            "rejected 192.0.2.66 helo=forged.test <>",
                            "accepted 192.0.2.66 <\"a b> helo=<c\"@softfail.test>",
                            "deferred 192.0.2.66 helo=evil.test <alice@fail.test>",
                            "accepted 192.0.2.10 <alice@pass.test>",
                            "accepted 192.0.2.10 <alice@pass.test>",
                            "accepted 2001:db8::10 <alice@pass.test>",
                            "rejected 2001:db8::66 helo=evil.test <alice@pass.test>",
                            "deferred 192.0.2.66 helo=evil.test <alice@temperror.test>",
                        });
  CHECK(got.count(Line::local) == 1);
  CHECK(got.count(Line::bad) == 0);
}

TEST_CASE("Sendmail's log: HELO name and earlier result from the field that a milter inserts") {
  const Read got = read(Format::sendmail, sample("sendmail.log"), Baseline::header);
  CHECK(got.messages == Lines{
                            "accepted 192.0.2.10 helo=mail.pass.test <alice@pass.test> was pass",
                            "accepted 2001:db8::10 helo=mail.pass.test <alice@pass.test> was pass",
                            "rejected 2001:db8::66 <alice@pass.test>",
                            "accepted 192.0.2.66 helo=evil.test <alice@permerror.test> was permerror",
                            "deferred 192.0.2.66 <alice@temperror.test>",
                            "rejected 192.0.2.66 <alice@exp.test>",
                            "accepted 192.0.2.10 helo=mail.pass.test <> was pass",
                            "accepted 192.0.2.66 helo=od <\"a b> helo=<c\"@softfail.test> was softfail",
                            "rejected 192.0.2.10 <alice@pass.test>",
                        });
  CHECK(got.count(Line::local) == 2);
  CHECK(got.count(Line::bad) == 0);
}

TEST_CASE("a log that went through syslog or journalctl: the prefix is divided in all its forms") {
  for (const char* prefix :
       {"Nov  6 09:10:18 mx ", "2026-11-26T09:10:18.123456+00:00 mx ", "2026-11-26T09:10:18+0000 mx.example.org ",
        "Thu 2026-11-26 09:10:18 UTC mx ", "Nov 26 09:10:18.123456 mx "}) {
    CAPTURE(prefix);
    const std::string whole = std::string(prefix) + "postfix/submission/smtpd[274]: ABC: client=x[192.0.2.1]";
    const auto line = maillog::parse_syslog(whole);  // its parts refer to `whole`
    REQUIRE(line);
    CHECK(line->program == "postfix/submission/smtpd");
    CHECK(line->daemon() == "smtpd");
    CHECK(line->text == "ABC: client=x[192.0.2.1]");
    const Read exim = read(
        Format::exim, {std::string(prefix) + "exim[3]: 1xWVXE-000011-2U <= a@example.org H=mx.example.org [192.0.2.1]:9 P=esmtp",
                       std::string(prefix) + "exim4[3]: 2026-11-26 09:12:56 1xWVXE-00000000011-002U <= <> H=h (g) [192.0.2.1]"});
    CHECK(exim.messages == Lines{"accepted 192.0.2.1 helo=mx.example.org <a@example.org>", "accepted 192.0.2.1 helo=g <>"});
  }
  for (const char* line : {"", "x", "Nov 26 09:10:18", "Nov 26 09:10:18 mx", "Nov 26 09:10:18 mx no program",
                           "a b c:", "Terminated", "Nov 26 09:10:18 mx pro gram[x]: text", "a b c d e f g h: i"}) {
    CAPTURE(line);
    CHECK_FALSE(maillog::parse_syslog(line));
  }
  CHECK(read(Format::postfix, {"-- Boot 0123 --", "", "-- No entries --"}).kinds == std::vector<Line>(3, Line::other));
}

TEST_CASE("Postfix: mail that a content filter gives back from another host was counted before") {
  const Read got = read(Format::postfix, {"Nov 26 09:10:18 mx postfix/smtpd[1]: B1: client=filter.example[192.0.2.8], "
                                          "orig_queue_id=A1, orig_client=h.example[192.0.2.1]",
                                          "Nov 26 09:10:18 mx postfix/qmgr[1]: B1: from=<a@example.org>, size=1"});
  CHECK(got.kinds == std::vector<Line>{Line::local, Line::other});
  CHECK(got.messages.empty());
}

TEST_CASE("Exim: forms of hosts, authenticated clients, refusals at MAIL, submissions, and lines that cannot be read") {
  const std::string time = "2026-11-26 09:12:56 ";
  const Read got = read(
      Format::exim,
      {time + "1xWVXE-000011-2U <= a@example.org H=[192.0.2.1] P=smtp",
       time + "1xWVXE-000011-2U <= a@example.org H=(h.example.org) [192.0.2.1]:25 P=esmtpsa A=plain:user T=\"x\"",
       time + "1xWVXE-000011-2U <= a@example.org H=(h.example.org) [192.0.2.1] P=esmtps T=\"x A=plain:user\"",
       time + "H=(h.example.org) [192.0.2.1] F=<a@example.org> A=plain:user temporarily rejected RCPT <b@example.net>: later",
       time + "H=(h.example.org) [192.0.2.1] rejected MAIL <a@example.org>: Access denied",
       time + "H=(h.example.org) [192.0.2.1] X=TLS1.3:x:256 CV=no F=<a@example.org> rejected RCPT <b@example.net>: "
              "F=<c@example.org>",
       time + "H=(h.example.org) [192.0.2.1] rejected EHLO or HELO h.example.org: no",
       time + "H=localhost [127.0.0.1] F=<a@example.org> rejected RCPT <b@example.net>",
       time + "1xWVXE-000011-2U <= <> R=1xWVXE-000011-2T U=exim P=local",
       time + "1xWVXE-000011-2U <= a@example.org H=(h) [192.0.2] P=smtp", time + "1xWVXE-000011-2U <= \"a", "no time",
       time + "Start queue run: pid=1", time + "1xWVXE-0000111-2U <= a@example.org H=[192.0.2.1] P=smtp"});
  CHECK(got.messages ==
        Lines{"accepted 192.0.2.1 <a@example.org>", "accepted 192.0.2.1 helo=h.example.org <a@example.org> authenticated",
              "accepted 192.0.2.1 helo=h.example.org <a@example.org>",
              "deferred 192.0.2.1 helo=h.example.org <a@example.org> authenticated",
              "rejected 192.0.2.1 helo=h.example.org <a@example.org>", "rejected 192.0.2.1 helo=h.example.org <a@example.org>"});
  CHECK(got.kinds == std::vector<Line>{Line::understood, Line::understood, Line::understood, Line::understood, Line::understood,
                                       Line::understood, Line::other, Line::local, Line::local, Line::bad, Line::bad, Line::bad,
                                       Line::other, Line::bad});
}

TEST_CASE("Postfix: submissions, content filters, postscreen, milters at the end of data, second deliveries") {
  const auto line = [](const std::string& rest) { return "Nov 26 09:10:18 mx postfix/" + rest; };
  const Read got = read(
      Format::postfix,
      {line("submission/smtpd[1]: AAA1: client=h.example.org[192.0.2.1], sasl_method=PLAIN, sasl_username=user"),
       line("qmgr[1]: AAA1: from=<a@example.org>, size=1, nrcpt=1 (queue active)"),
       line("qmgr[1]: AAA1: from=<a@example.org>, size=1, nrcpt=1 (queue active)"),
       line("smtpd[1]: AAA2: client=localhost[127.0.0.1], orig_client=h[192.0.2.1]"),
       line("qmgr[1]: AAA2: from=<a@example.org>, size=1"),
       line("postscreen[1]: NOQUEUE: reject: RCPT from [192.0.2.9]:33: 550 5.7.1 Service unavailable; client [192.0.2.9] blocked "
            "using zen.example; from=<b@example.org>, to=<c@example.net>, proto=ESMTP, helo=<h.example.org>"),
       line("smtpd[1]: AAA3: client=unknown[192.0.2.3]"),
       line("cleanup[1]: AAA3: milter-reject: END-OF-MESSAGE from unknown[192.0.2.3]: 4.7.1 later; from=<d@example.org> "
            "to=<c@example.net> proto=ESMTP helo=<h.example.org>"),
       line("qmgr[1]: AAA3: from=<d@example.org>, size=1"),
       line("smtpd[1]: NOQUEUE: reject: CONNECT from unknown[unknown]: 421 4.3.2 no; proto=SMTP"),
       line("smtpd[1]: NOQUEUE: reject: EHLO from h[192.0.2.1]: 504 5.5.2 <x>: Helo rejected; proto=SMTP helo=<x>"),
       line("smtpd[1]: NOQUEUE: reject: RCPT from h[192.0.2.4]: 550 5.7.23 <c@example.net>: ; from=<x@example.org> to=<y> "
            "proto=SMTP helo=<z>.; from=<e@example.org> to=<c@example.net> proto=ESMTP helo=<h>"),
       line("smtpd[1]: AAA4: client=h[192.0.2]"), line("smtpd[1]: warning: x: y")});
  CHECK(got.messages == Lines{"accepted 192.0.2.1 <a@example.org> authenticated",
                              "rejected 192.0.2.9 helo=h.example.org <b@example.org>",
                              "deferred 192.0.2.3 helo=h.example.org <d@example.org>"});
  CHECK(got.count(Line::local) == 1);
  CHECK(got.count(Line::bad) == 2);
}

TEST_CASE("Sendmail: refusals by rulesets, authenticated clients, relays with and without names") {
  const auto line = [](const std::string& rest) { return "Nov 26 09:10:18 mx sm-mta[9]: 6AQ9DWtw00011" + rest; };
  const Read got =
      read(Format::sendmail,
           {line("1: ruleset=check_rcpt, arg1=<b@example.net>, relay=h.example.org [192.0.2.1], reject=451 4.7.1 later"),
            line("1: from=<a@example.org>, size=0, class=0, nrcpts=0, proto=SMTP, daemon=MTA, relay=h.example.org [192.0.2.1]"),
            line("2: AUTH=server, relay=h.example.org [192.0.2.2], authid=user, mech=PLAIN, bits=0"),
            line("2: from=<a,b@example.org>, size=9, class=0, nrcpts=1, msgid=<x, relay=[192.0.2.66]>, proto=ESMTP, daemon=MTA, "
                 "relay=h.example.org [192.0.2.2] (may be forged)"),
            line("3: from=<c@example.org>, size=9, class=0, nrcpts=1, daemon=MTA, relay=[IPv6:2001:db8:0:0:0:0:0:3]"),
            line("3: to=<b@example.net>, delay=00:00:00, stat=Sent"), line("3: to=<b@example.net>, delay=00:00:00, stat=Sent"),
            line("4: from=root, size=9, class=0, nrcpts=1, relay=root@localhost")});
  CHECK(got.messages == Lines{"deferred 192.0.2.1 <a@example.org>", "accepted 2001:db8::3 <c@example.org>",
                              "accepted 192.0.2.2 <a,b@example.org> authenticated"});
  CHECK(got.count(Line::local) == 1);
  CHECK(got.count(Line::bad) == 0);
}

TEST_CASE("open messages are bounded: Postfix's oldest are dropped and counted, Sendmail's are complete") {
  Lines postfix;
  Lines sendmail;
  for (int i = 0; i < 100'010; ++i) {
    postfix.push_back(fmt::format("Nov 26 09:10:18 mx postfix/smtpd[1]: A{}: client=h[192.0.2.1]", i));
    if (i % 4 == 0) {
      sendmail.push_back(fmt::format(
          "Nov 26 09:10:18 mx sendmail[1]: 6AQ9DW{:08}: from=<a@example.org>, size=9, nrcpts=1, relay=[192.0.2.1]", i));
    }
  }
  postfix.emplace_back("Nov 26 09:10:18 mx postfix/qmgr[1]: A9: from=<a@example.org>, size=1");
  postfix.emplace_back("Nov 26 09:10:18 mx postfix/qmgr[1]: A10: from=<a@example.org>, size=1");
  const Read got = read(Format::postfix, postfix);
  CHECK(got.dropped == 10);
  CHECK(got.messages.size() == 1);
  CHECK(read(Format::sendmail, sendmail).messages.size() == sendmail.size());
}

TEST_CASE("Received-SPF fields of all checkers: result, client, HELO name, sender; a HELO check is one of the null sender only") {
  const auto parsed = [](std::string_view value) -> std::string {
    const auto verdict = maillog::parse_received_spf(value);
    if (!verdict) return "none";
    return fmt::format("{} {} helo={} <{}>", verdict->result ? spf::result_name(*verdict->result) : "-",
                       verdict->client ? verdict->client->text() : "-", verdict->helo.value_or("-"),
                       verdict->sender.value_or("-"));
  };
  CHECK(parsed("Pass (mailfrom) identity=mailfrom; client-ip=192.0.2.1; helo=h.example.org; envelope-from=a@example.org; "
               "receiver=b ") == "pass 192.0.2.1 helo=h.example.org <a@example.org>");
  CHECK(parsed("fail (mx: domain of \"a\\\"b\"@example.org does (not) permit) client-ip=\"2001:db8::1\"; "
               "envelope-from=\"\\\"a b\\\"@example.org\"; helo=\"[192.0.2.1]\"; identity=mailfrom;") ==
        "fail 2001:db8::1 helo=[192.0.2.1] <\"a b\"@example.org>");
  CHECK(parsed("softfail (mx.example.net: domain of transitioning a@example.org ...) client-ip=192.0.2.1;") ==
        "softfail 192.0.2.1 helo=- <transitioning>");
  CHECK(parsed("pass (example.net: domain of a@example.org designates 192.0.2.1 as permitted sender) client-ip=192.0.2.1;") ==
        "pass 192.0.2.1 helo=- <a@example.org>");
  CHECK(parsed("None (helo) identity=helo; client-ip=192.0.2.1; helo=h.example.org; envelope-from=a@example.org; receiver=b") ==
        "- 192.0.2.1 helo=h.example.org <a@example.org>");
  CHECK(parsed("pass client-ip=192.0.2.1; helo=h.example.org; identity=helo") == "pass 192.0.2.1 helo=h.example.org <>");
  CHECK(parsed("pass client-ip=192.0.2.1; helo=h.example.org; envelope-from=postmaster@h.example.org; identity=helo") ==
        "pass 192.0.2.1 helo=h.example.org <>");
  CHECK(parsed("error (unfinished client-ip=192.0.2.1") == "temperror - helo=- <->");
  CHECK(parsed("maybe client-ip=192.0.2.1") == "none");
  CHECK(parsed("") == "none");
}

TEST_CASE("the lines of earlier checkers: policyd-spf, OpenDMARC, spfd") {
  const auto line = [](const std::string& rest) { return "Nov 26 09:10:18 mx " + rest; };
  const Lines log = {
      line(
          "policyd-spf[7]: prepend Received-SPF: Softfail (mailfrom) identity=mailfrom; client-ip=192.0.2.1; helo=h.example.org; "
          "envelope-from=a@example.org; receiver=example.net "),
      line("postfix/smtpd[1]: AAA1: client=h.example.org[192.0.2.1]"),
      line("opendmarc[8]: AAA1: SPF(mailfrom): example.org pass"),
      line("postfix/qmgr[1]: AAA1: from=<a@example.org>, size=1"),
      line("postfix/smtpd[1]: AAA2: client=h.example.org[192.0.2.1]"),
      line("postfix/qmgr[1]: AAA2: from=<a@example.org>, size=1"),
      line("policyd-spf[7]: 550 5.7.23 Message rejected due to: SPF fail - not authorized. Please see "
           "http://www.openspf.net/Why?s=mfrom;id=b@example.org;ip=192.0.2.2;r=example.net"),
      line("postfix/smtpd[1]: NOQUEUE: reject: RCPT from h[192.0.2.2]: 550 5.7.23 no; from=<b@example.org> to=<c@example.net> "
           "proto=ESMTP helo=<g.example.org>"),
      line("spfd[3]: result=neutral identity=mailfrom ip=192.0.2.3 helo=i.example.org sender=\"\\\"d e\\\"@example.org\" "
           "lookups=1"),
      line("postfix/smtpd[1]: AAA3: client=h.example.org[192.0.2.3]"),
      line("postfix/qmgr[1]: AAA3: from=<\"d e\"@example.org>, size=1")};
  CHECK(read(Format::postfix, log, Baseline::log).messages ==
        Lines{"accepted 192.0.2.1 helo=h.example.org <a@example.org> was pass",
              "accepted 192.0.2.1 helo=h.example.org <a@example.org> was softfail",
              "rejected 192.0.2.2 helo=g.example.org <b@example.org> was fail",
              "accepted 192.0.2.3 helo=i.example.org <\"d e\"@example.org> was neutral"});
  CHECK(read(Format::postfix, log, Baseline::header).messages ==
        Lines{"accepted 192.0.2.1 helo=h.example.org <a@example.org> was softfail",
              "accepted 192.0.2.1 helo=h.example.org <a@example.org> was softfail",
              "rejected 192.0.2.2 helo=g.example.org <b@example.org>",
              "accepted 192.0.2.3 helo=i.example.org <\"d e\"@example.org>"});
  CHECK(read(Format::postfix, log).messages == Lines{"accepted 192.0.2.1 helo=h.example.org <a@example.org>",
                                                     "accepted 192.0.2.1 helo=h.example.org <a@example.org>",
                                                     "rejected 192.0.2.2 helo=g.example.org <b@example.org>",
                                                     "accepted 192.0.2.3 helo=i.example.org <\"d e\"@example.org>"});
}

}  // namespace
