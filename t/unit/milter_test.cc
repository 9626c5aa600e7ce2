// The milter codec, driven by byte strings as MTAs send them.
#include "common/protocol/milter.h"

#include <doctest/doctest.h>

#include <string>

#include "t/support/requests.h"
#include "t/support/show.h"
#include "t/unit/milter_mta.h"

using namespace std::string_literals;

namespace {

using protocol::Request;
using support::check_of;
using support::is_check;
using support::is_ready;
using support::ready_of;
using namespace milter_mta;  // NOLINT(google-build-using-namespace)

TEST_CASE("negotiation: version 6, only the steps that SPF needs, headers may be added") {
  Mta m;
  CHECK(m.say(offer()) == packet('O', number(6) + number(0x01) + number(kSteps)));
  CHECK(m.codec.is_kept());
  CHECK(m.codec.max_in_flight() == 1);
  // Newer MTAs get our version, older ones their own, with the steps that they know.
  CHECK(Mta().say(offer(7)) == packet('O', number(6) + number(0x01) + number(kSteps)));
  CHECK(Mta().say(offer(2, 0x3f, 0x7f)) == packet('O', number(2) + number(0x01) + number(0x78)));
  CHECK(Mta().say(offer(6, 0, 0)) == packet('O', number(6) + number(0) + number(0)));
  Mta removing;
  removing.options.milter_remove_forged = true;
  CHECK(removing.say(offer()) == packet('O', number(6) + number(0x11) + number((kSteps & ~0x20U) | 0x80)));
  // Lists of macros may follow the three numbers.
  CHECK(Mta().say(packet('O', number(6) + number(0x1ff) + number(0x1fffff) + number(0) + "j i\0"s)).size() == 17);
}

TEST_CASE("a message: the check at MAIL, the header on top at its end, in pieces of any size") {
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{100000}}) {
    Mta m;
    m.step = step;
    CHECK(m.say(offer()).size() == 17);
    // Macros, connection and HELO get no answer.
    CHECK(m.say(packet('D', "Cj\0mx.lab.test\0{daemon_name}\0smtpd\0"s) + connect() + packet('D', "H") + helo()) == "");
    CHECK(m.say(packet('D', "Mi\0004XyZ\0{mail_addr}\0u@fail.test\0"s) + mail()) == kOn);
    const Request& item = m.last();
    CHECK(is_check(item));
    CHECK(check_of(item).error == "");
    CHECK(check_of(item).id == "4XyZ");
    CHECK_FALSE(item.closes);
    CHECK(check_of(item).request.client->text() == "192.0.2.66");
    CHECK(check_of(item).request.helo == "evil.test");
    CHECK(check_of(item).request.sender == "u@fail.test");
    CHECK(check_of(item).request.receiver == "mx.lab.test");
    CHECK(check_of(item).request.time == 1234);
    CHECK_FALSE(check_of(item).request.is_authenticated);
    CHECK(m.say(packet('D', "Ei\0004XyZ\0"s) + packet('E')) == inserted("Received-SPF", "pass client-ip=192.0.2.66") + kOn);
    CHECK_FALSE(m.codec.has_partial());
  }
}

TEST_CASE("RFC 7372 §3.2: fail and temperror answer MAIL; every % is doubled") {
  Mta m;
  m.begin();
  m.result = spf::Result::fail;
  CHECK(m.say(mail()) == packet('y', "550 5.7.23 100%% \"no\"\0"s));
  // Sendmail and Postfix do not report the end of such a message, or abort it, even twice.
  m.result = spf::Result::temperror;
  CHECK(m.say(mail()) == packet('y', "451 4.7.24 100%% \"no\"\0"s));
  CHECK(m.say(packet('A') + packet('A')) == "");
  m.result = spf::Result::neutral;
  CHECK(m.say(mail()) == kOn);
  CHECK(m.say(packet('E')) == inserted("Received-SPF", "neutral client-ip=192.0.2.66") + kOn);
}

TEST_CASE("several messages on a connection: each has its own header; an abort discards it") {
  Mta m;
  m.begin();
  m.say(packet('D', "Mi\0one\0"s) + mail("<a@b.test>"));
  CHECK(check_of(m.last()).id == "one");
  m.result = spf::Result::none;
  CHECK(m.say(packet('A') + mail("<c@d.test>")) == kOn);
  CHECK(check_of(m.last()).id == "");
  CHECK(check_of(m.last()).request.sender == "c@d.test");
  CHECK(check_of(m.last()).request.helo == "evil.test");
  CHECK(m.say(packet('E')) == inserted("Received-SPF", "none client-ip=192.0.2.66") + kOn);
  CHECK(m.say(mail("<>")) == kOn);
  CHECK(check_of(m.last()).request.sender == "");
  CHECK(check_of(m.last()).error == "");
}

TEST_CASE("quit, and quit followed by a new connection") {
  Mta m;
  m.begin();
  m.say(packet('D', "Cj\0mx.lab.test\0"s) + packet('D', "M{auth_authen}\0joe\0i\0one\0"s) + mail());
  CHECK(m.say(packet('K')) == "");
  // No value of the previous client is left.
  CHECK(m.say(connect("2001:db8:0:0:0:0:0:1", '6') + mail()) == kOn);
  CHECK(check_of(m.last()).request.client->text() == "2001:db8::1");
  CHECK(check_of(m.last()).request.helo == "");
  CHECK(check_of(m.last()).request.receiver == "");
  CHECK(check_of(m.last()).id == "");
  CHECK_FALSE(check_of(m.last()).request.is_authenticated);
  CHECK(m.say(packet('K') + offer()).size() == 17);
  CHECK(m.say(connect() + mail()) == kOn);
  CHECK_FALSE(m.last().closes);
  CHECK(m.say(packet('Q')) == "");
  CHECK(m.last().closes);
  CHECK(is_ready(m.last(), protocol::Ready::Kind::packet));
  // The same at once.
  Mta other;
  CHECK(other.say(packet('Q')) == "");
  CHECK(is_ready(other.last(), protocol::Ready::Kind::packet));
}

TEST_CASE("after quit and a new connection, everything is as with a new codec, even in the middle of a message") {
  Mta used, fresh;
  for (Mta* const m : {&used, &fresh}) {
    m->options.milter_remove_forged = true;
    m->say(offer());
  }
  const std::string forged = header("Received-SPF", "pass receiver=mx.lab.test");
  const std::string talk =
      connect("192.0.2.1") + mail("<b@other.test>") + header("Subject", "x") + forged + packet('E') + helo("b.test") + mail("<>");
  used.say(packet('D', "Cj\0mx.lab.test\0"s) + connect() + helo() + packet('D', "M{auth_authen}\0joe\0i\0one\0"s) + mail() +
           forged + packet('K'));
  used.items.clear();
  fresh.items.clear();
  CHECK(used.say(talk) == fresh.say(talk));
  CHECK(used.items == fresh.items);
  CHECK(used.items.size() == 3);
}

TEST_CASE("addresses in the forms of Postfix, sendmail and others") {
  const auto client = [](const std::string& address, char family) -> std::string {
    Mta m;
    m.begin(connect(address, family));
    m.say(mail());
    const auto& request = check_of(m.last()).request;
    return check_of(m.last()).error + (request.client ? request.client->text() : "none");
  };
  CHECK(client("192.0.2.1", '4') == "192.0.2.1");
  CHECK(client("2001:db8::1", '6') == "2001:db8::1");
  CHECK(client("2001:DB8:0:0:0:0:0:1", '6') == "2001:db8::1");
  CHECK(client("IPv6:2001:db8::1", '6') == "2001:db8::1");
  CHECK(client("IPV6:2001:db8::1", '6') == "2001:db8::1");
  CHECK(client("fe80::1%eth0", '6') == "fe80::1");
  CHECK(client("::ffff:192.0.2.1", '6') == "192.0.2.1");
  CHECK(client("/run/x", 'L') == "none");
  for (const std::string bad : {"localhost", "192.0.2.1%eth0", "fe80::1%"}) {
    CHECK(client(bad, '4') == "the client's address is not an IP address: '" + bad + "'none");
  }

  Mta m;
  m.say(offer() + packet('C', "localhost\0U"s));
  m.say(mail());
  CHECK(check_of(m.last()).error == "");
  CHECK_FALSE(check_of(m.last()).request.client.has_value());
}

TEST_CASE("nothing is added to mail from the host itself and from its own users") {
  Mta m;
  m.begin();
  CHECK(m.say(packet('D', "M{auth_type}\0PLAIN\0{auth_authen}\0joe\0"s) + mail()) == kOn);
  CHECK(check_of(m.last()).request.is_authenticated);
  CHECK(m.say(packet('E')) == kOn);
  // The next message may be somebody else's.
  CHECK(m.say(packet('D', "M{mail_addr}\0u@fail.test\0"s) + mail()) == kOn);
  CHECK_FALSE(check_of(m.last()).request.is_authenticated);
  Mta local;
  local.begin(connect("/run/x", 'L'));
  CHECK(local.say(mail() + packet('E')) == kOn + kOn);
}

TEST_CASE("the header is the one that the options choose; without the right to add headers there is none") {
  Mta m;
  m.options.header = DoorOptions::Header::authentication_results;
  m.begin();
  CHECK(m.say(mail() + packet('E')) == kOn + inserted("Authentication-Results", "mx.example.org; spf=pass") + kOn);
  m.options.header = DoorOptions::Header::none;
  CHECK(m.say(mail() + packet('E')) == kOn + kOn);
  Mta without;
  without.say(offer(6, 0) + connect());
  CHECK(without.say(mail() + packet('E')) == kOn + kOn);
}

TEST_CASE("RFC 7208 §9.1: if HELO was checked in addition to MAIL FROM, each has its header") {
  for (const auto header : {DoorOptions::Header::received_spf, DoorOptions::Header::authentication_results}) {
    protocol::MilterCodec codec;
    DoorOptions options;
    options.header = header;
    Request item;
    codec.feed(offer() + connect() + mail());
    while (codec.next({options, 0}, item) && !is_check(item)) {}
    receiver::Reply reply = reply_of(spf::Result::pass);
    reply.helo.emplace().received_spf_header = "Received-SPF: none identity=helo";
    std::string out;
    codec.encode(check_of(item), reply, options, out);
    CHECK(out == kOn);
    codec.feed(packet('E'));
    REQUIRE(codec.next({options, 0}, item));
    if (header == DoorOptions::Header::received_spf) {
      CHECK(ready_of(item).answer ==
            inserted("Received-SPF", "none identity=helo") + inserted("Received-SPF", "pass client-ip=192.0.2.66") + kOn);
    } else {
      CHECK(ready_of(item).answer == inserted("Authentication-Results", "mx.example.org; spf=pass") + kOn);
    }
  }
}

TEST_CASE("by option each recipient is checked instead of MAIL, for rules that depend on the recipient's domain") {
  Mta m;
  m.options.milter_at_recipient = true;
  CHECK(m.say(offer()) == packet('O', number(6) + number(0x01) + number(kSteps & ~0x08U)));
  m.say(connect() + helo());
  m.result = spf::Result::fail;
  CHECK(m.say(mail()) == kOn);
  CHECK(is_ready(m.last(), protocol::Ready::Kind::packet));
  CHECK(m.say(packet('R', "<bob@lab.test>\0NOTIFY=NEVER\0"s)) == packet('y', "550 5.7.23 100%% \"no\"\0"s));
  CHECK(check_of(m.last()).request.recipient == "bob@lab.test");
  CHECK(check_of(m.last()).request.sender == "u@fail.test");
  CHECK(check_of(m.last()).request.client->text() == "192.0.2.66");
  // The header is that of the first accepted recipient.
  m.result = spf::Result::neutral;
  CHECK(m.say(packet('R', "<ann@backup.test>\0"s)) == kOn);
  m.result = spf::Result::softfail;
  CHECK(m.say(packet('R', "<cid@lab.test>\0"s)) == kOn);
  CHECK(m.say(packet('E')) == inserted("Received-SPF", "neutral client-ip=192.0.2.66") + kOn);
}

TEST_CASE("an MTA that cannot leave out steps gets answers to them") {
  Mta m;
  CHECK(m.say(offer(2, 0x01, 0)).size() == 17);
  CHECK(m.say(connect()) == kOn);
  CHECK(m.say(helo()) == kOn);
  CHECK(m.say(packet('U', "NOOP\0"s)) == kOn);
  CHECK(m.say(mail()) == kOn);
  CHECK(m.say(packet('R', "<bob@lab.test>\0"s)) == kOn);
  CHECK(m.say(packet('T')) == kOn);
  CHECK(m.say(header("Subject", "x")) == kOn);
  CHECK(m.say(packet('N')) == kOn);
  CHECK(m.say(packet('B', std::string(65535, 'b'))) == kOn);
  CHECK(m.say(packet('E')) == inserted("Received-SPF", "pass client-ip=192.0.2.66") + kOn);
}

TEST_CASE("RFC 8601 §5: by option, headers with our own name are removed, the last one first, before ours is added") {
  Mta m;
  m.options.milter_remove_forged = true;
  CHECK(m.begin().size() == 17);
  m.say(packet('D', "Cj\0mx.lab.test\0"s) + mail());
  CHECK(m.say(header("Received-SPF", "pass receiver=mx.other.test") +         //
              header("authentication-results", "mx.example.org; spf=pass") +  // 1
              header("Subject", "Authentication-Results: mx.example.org") +   //
              header("Authentication-Results", " mx.other.test; spf=pass") +  // 2
              header("Received-SPF", "pass receiver=mx.example.org") +        // 2
              header("AUTHENTICATION-RESULTS ", "MX.LAB.TEST; spf=pass") +    // 3
              header("", "") + packet('L')) == "");
  CHECK(m.say(packet('E')) == removed(3, "Authentication-Results") + removed(1, "Authentication-Results") +
                                  removed(2, "Received-SPF") + inserted("Received-SPF", "pass client-ip=192.0.2.66") + kOn);
  // The next message starts with none.
  m.say(mail() + header("Received-SPF", "pass receiver=mx.other.test"));
  CHECK(m.say(packet('E')) == inserted("Received-SPF", "pass client-ip=192.0.2.66") + kOn);

  // An MTA that requires an answer to each header, or permits no changes.
  Mta old;
  old.options.milter_remove_forged = true;
  old.say(offer(2, 0x3f, 0x7f) + connect() + mail());
  CHECK(old.say(header("Received-SPF", "pass receiver=mx.example.org")) == kOn);
  CHECK(old.say(packet('E')).starts_with(removed(1, "Received-SPF")));
  Mta fixed;
  fixed.options.milter_remove_forged = true;
  CHECK(fixed.say(offer(6, 0x01)) == packet('O', number(6) + number(0x01) + number(kSteps)));
}

TEST_CASE("a request that cannot be checked gets the receiver's reply: a deferral unless configured otherwise") {
  Mta m;
  m.begin(connect("localhost", '4'));
  m.result = spf::Result::temperror;
  CHECK(m.say(mail()) == packet('y', "451 4.7.24 100%% \"no\"\0"s));
  CHECK(check_of(m.last()).error == "the client's address is not an IP address: 'localhost'");
  CHECK_FALSE(m.last().closes);
  // No header is written for it.
  m.result = spf::Result::permerror;
  CHECK(m.say(mail()) == kOn);
  CHECK(m.say(packet('E')) == kOn);
}

TEST_CASE("a client without sender and HELO name is checked as such, and not reported as a mistake of the MTA") {
  Mta m;
  m.say(offer() + connect());
  m.result = spf::Result::none;
  CHECK(m.say(mail("<>")) == kOn);
  CHECK(check_of(m.last()).error == "");
  CHECK(check_of(m.last()).request.client.has_value());
  CHECK(m.say(packet('E')) == inserted("Received-SPF", "none client-ip=192.0.2.66") + kOn);
}

TEST_CASE("after a second MAIL, RSET, a new HELO or a refused recipient, no header names an earlier sender or HELO name") {
  const std::string pass = inserted("Received-SPF", "pass client-ip=192.0.2.66");
  const std::string softfail = inserted("Received-SPF", "softfail client-ip=192.0.2.66");
  const std::string recipient = packet('R', "<bob@lab.test>\0"s);
  const std::string end = packet('E');
  // The packets between the first sender, who passes, and the second one; some MTAs abort the message at RSET and HELO.
  for (const std::string& between : {std::string(), packet('A'), helo("new.test"), packet('A') + helo("new.test")}) {
    for (const bool at_recipient : {false, true}) {
      Mta m;
      m.options.milter_at_recipient = at_recipient;
      m.begin();
      m.say(packet('D', "Mi\0one\0"s) + mail("<a@pass.test>") + (at_recipient ? recipient : ""));
      m.say(between);
      m.result = spf::Result::softfail;
      m.say(packet('D', "Mi\0two\0"s) + mail("<b@soft.test>") + (at_recipient ? recipient : ""));
      CHECK(check_of(m.last()).request.sender == "b@soft.test");
      CHECK(check_of(m.last()).request.helo == (between.find("new.test") == std::string::npos ? "evil.test" : "new.test"));
      CHECK(check_of(m.last()).id == "two");
      CHECK(m.say(end) == softfail + kOn);
      // A refused sender leaves nothing to the next one, whose message gets no header.
      m.result = spf::Result::fail;
      m.say(mail("<c@fail.test>") + (at_recipient ? recipient : ""));
      m.result = spf::Result::pass;
      CHECK(m.say(mail("<d@pass.test>") + (at_recipient ? recipient : "") + end).ends_with(pass + kOn));
    }
  }
  // After HELO there is no message that could end (RFC 5321 §4.1.4).
  Mta m;
  m.begin();
  m.say(mail("<a@pass.test>") + helo("new.test"));
  CHECK(m.say(end) == "");
  CHECK(check_of(m.last()).error == "'E' without a message");
  // Refused recipients: the header is that of the first accepted recipient.
  Mta refused;
  refused.options.milter_at_recipient = true;
  refused.begin();
  refused.say(mail("<a@pass.test>"));
  refused.result = spf::Result::fail;
  CHECK(refused.say(recipient).find("550 5.7.23") != std::string::npos);
  refused.result = spf::Result::softfail;
  CHECK(refused.say(recipient) == kOn);
  CHECK(refused.say(end) == softfail + kOn);
}

}  // namespace
