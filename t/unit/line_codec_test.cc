// The codec of query lines and policy requests: bytes become items, and replies become answers.
#include "common/protocol/line_codec.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/protocol/limits.h"
#include "t/support/requests.h"
#include "t/support/show.h"
#include "t/unit/reply_of.h"

namespace {

using protocol::Door;
using protocol::DoorOptions;
using protocol::LineCodec;
using protocol::Request;
using support::check_of;
using support::is_check;
using support::is_ready;
using support::ready_of;

constexpr std::string_view kQuery = "ip=192.0.2.66\nhelo=evil.test\nsender=u@fail.test\n\n";

receiver::Reply reply_of(spf::Result result) {
  receiver::Reply reply = unit::reply_of(result, "fail.test explains: 100% \"no\"");
  reply.identity = spf::Identity::mailfrom;
  return reply;
}

// One connection.
struct Connection {
  LineCodec codec;
  DoorOptions options;
  Request item;

  bool next() { return codec.next({options, 1234}, item); }
  bool next(std::string_view bytes) {
    codec.feed(bytes);
    return next();
  }
  std::string answer(const receiver::Reply& reply) {
    std::string out;
    codec.encode(check_of(item), reply, options, out);
    return out;
  }
  std::string ask(std::string_view question, spf::Result result) {
    REQUIRE(next(question));
    CHECK(is_check(item));
    return answer(reply_of(result));
  }
};

struct Policy {
  std::string state = "RCPT";
  std::string address = "192.0.2.66";
  std::string instance = "1a.2b";
  std::string sender = "u@fail.test";
  std::string extra = {};

  // The lines in the order of Postfix 3.7.11.
  [[nodiscard]] std::string text() const {
    return "request=smtpd_access_policy\nprotocol_state=" + state + "\nprotocol_name=ESMTP\nclient_address=" + address +
           "\nclient_name=unknown\nclient_port=40000\nreverse_client_name=unknown\nserver_address=192.0.2.1\nserver_port=25\n"
           "helo_name=evil.test\nsender=" +
           sender + "\nrecipient=bob@lab.test\nrecipient_count=0\nqueue_id=\ninstance=" + instance +
           "\nsize=0\netrn_domain=\nstress=\nsasl_method=\nsasl_username=\nsasl_sender=\npolicy_context=\n" + extra + "\n";
  }
};

// ---- query lines ---------------------------------------------------------------------------------------------------------

TEST_CASE("a request in query lines closes the connection after its answer, unless keep=1") {
  Connection connection;
  REQUIRE(connection.next(kQuery));
  CHECK(is_check(connection.item));
  CHECK(connection.item.door == Door::query);
  CHECK(connection.item.closes);
  CHECK(check_of(connection.item).request.time == 1234);
  CHECK(check_of(connection.item).request.sender == "u@fail.test");
  CHECK(connection.answer(reply_of(spf::Result::fail)).starts_with("result=fail\nsmtp_comment="));
  CHECK_FALSE(connection.codec.is_kept());
  REQUIRE(connection.next("keep=1\n" + std::string(kQuery)));
  CHECK_FALSE(connection.item.closes);
}

TEST_CASE("answers may be encoded in any order, each in its own format, and are appended to the string") {
  Connection connection;
  Request first;
  REQUIRE(connection.next("keep=1\nformat=json\nid=1\n" + std::string(kQuery) + "keep=1\nid=2\n" + std::string(kQuery)));
  std::swap(first, connection.item);
  REQUIRE(connection.next());
  std::string out = connection.answer(reply_of(spf::Result::pass));
  CHECK(out.ends_with("\nid=2\n\n"));
  const std::size_t size = out.size();
  connection.codec.encode(check_of(first), reply_of(spf::Result::none), connection.options, out);
  CHECK(out.substr(size).starts_with("{\"result\": \"none\", "));
  CHECK(out.ends_with("\"id\": \"1\"}\n"));
}

TEST_CASE("no value of a request is left in the next one") {
  Connection connection;
  REQUIRE(connection.next(Policy{.extra = "sasl_username=joe\n"}.text()));
  CHECK(check_of(connection.item).request.is_authenticated);
  REQUIRE(connection.next("ip=\n\n"));
  CHECK_FALSE(check_of(connection.item).request.is_authenticated);
  CHECK(check_of(connection.item).request.sender == "");
  CHECK(check_of(connection.item).request.recipient == "");
  CHECK(check_of(connection.item).id == "");
  CHECK(check_of(connection.item).error == "");
  REQUIRE(connection.next("request=ping\n\n"));
  CHECK(is_ready(connection.item, protocol::Ready::Kind::ping));
  CHECK(ready_of(connection.item).answer.starts_with("pong=1\n"));
  REQUIRE(connection.next("bad\n\n"));
  CHECK(is_check(connection.item));
  CHECK(check_of(connection.item).error == "no ip= was given");
}

TEST_CASE("a stream that cannot be parsed ends with an error that closes the connection, and with a deferral") {
  const std::string too_much = "sender=" + std::string(protocol::kMaxRequest, 'x') + "\n\n";
  Connection connection;
  REQUIRE(connection.next("keep=1\nid=7\n" + too_much));
  CHECK(check_of(connection.item).error == "the request is longer than 65536 bytes");
  CHECK(check_of(connection.item).id == "7");
  CHECK(connection.item.closes);
  CHECK(connection.codec.is_broken());
  CHECK_FALSE(connection.next(kQuery));

  Connection policy;
  REQUIRE(policy.next("request=smtpd_access_policy\n" + too_much));
  CHECK(policy.item.closes);
  CHECK(policy.answer(reply_of(spf::Result::temperror)).starts_with("action=451 4.7.24 "));
}

TEST_CASE("a HELO name or sender of any length does not prevent the check of a policy request") {
  for (const std::size_t size : {253UL, 255UL, 256UL, 8188UL, 8192UL, 9000UL, 60000UL}) {
    CAPTURE(size);
    Connection connection;
    REQUIRE(connection.next(Policy{.extra = "helo_name=" + std::string(size, 'h') + "\n"}.text()));
    CHECK(check_of(connection.item).error == "");
    CHECK(check_of(connection.item).request.sender == "u@fail.test");
    CHECK(check_of(connection.item).request.client->text() == "192.0.2.66");
    REQUIRE(connection.next(Policy{.sender = std::string(size, 's') + "@fail.test"}.text()));
    CHECK(check_of(connection.item).error == "");
    CHECK(check_of(connection.item).request.sender.ends_with("s@fail.test"));
    CHECK(check_of(connection.item).request.helo == "evil.test");
    CHECK_FALSE(connection.item.closes);
  }
}

TEST_CASE("a client that stops in the middle gets an error in the format of the lines that it has sent") {
  Connection connection;
  CHECK_FALSE(connection.next("keep=1\nformat=json\nid=9\nip=192.0"));
  CHECK(connection.codec.has_partial());
  connection.codec.give_up("too slow", connection.item);
  CHECK(check_of(connection.item).error == "too slow");
  CHECK(connection.item.closes);
  CHECK(connection.codec.is_broken());
  CHECK(connection.answer(reply_of(spf::Result::permerror)).ends_with("\"id\": \"9\"}\n"));
  CHECK_FALSE(connection.next(kQuery));
}

TEST_CASE("a request that is given up or too long gets an answer in the form of the last one, where it names none itself") {
  for (const std::string& partial :
       {std::string("client_addr"), std::string("protocol_state=RCPT\nhelo_name="), std::string("request=smtpd_acc"),
        std::string("\nrequest=smtpd_access_policy\n"), "sender=" + std::string(protocol::kMaxRequest, 'x')}) {
    CAPTURE(partial.substr(0, 40));
    Connection connection;
    CHECK(connection.ask(Policy{}.text(), spf::Result::fail).starts_with("action=550 "));
    if (!connection.next(partial)) connection.codec.give_up("too slow", connection.item);
    CHECK(connection.item.closes);
    CHECK(connection.answer(reply_of(spf::Result::temperror)).starts_with("action=451 "));
  }
  // A request that names its kind or form keeps them.
  Connection both;
  CHECK(both.ask(Policy{}.text(), spf::Result::fail).starts_with("action=550 "));
  CHECK_FALSE(both.next("request=check\nip=192.0"));
  both.codec.give_up("too slow", both.item);
  CHECK(both.answer(reply_of(spf::Result::temperror)).starts_with("result=temperror\n"));

  Connection json;
  CHECK(json.ask("keep=1\nformat=json\n" + std::string(kQuery), spf::Result::fail).starts_with("{"));
  CHECK_FALSE(json.next("keep=1\nip=192.0"));
  json.codec.give_up("too slow", json.item);
  CHECK(json.answer(reply_of(spf::Result::temperror)).starts_with("{\"result\": \"temperror\""));
  Connection lines;
  CHECK(lines.ask("keep=1\nformat=json\n" + std::string(kQuery), spf::Result::fail).starts_with("{"));
  CHECK(lines.ask("keep=1\n" + std::string(kQuery), spf::Result::fail).starts_with("result=fail\n"));
  CHECK_FALSE(lines.next("keep=1\nip=192.0"));
  lines.codec.give_up("too slow", lines.item);
  CHECK(lines.answer(reply_of(spf::Result::temperror)).starts_with("result=temperror\n"));
}

// ---- policy questions ----------------------------------------------------------------------------------------------------

TEST_CASE("a policy request keeps the connection and asks for HELO name and sender") {
  Connection connection;
  REQUIRE(connection.next(Policy{}.text()));
  const Request& item = connection.item;
  CHECK(is_check(item));
  CHECK(item.door == Door::policy);
  CHECK_FALSE(item.closes);
  CHECK(check_of(item).error == "");
  CHECK(check_of(item).id == "1a.2b");
  CHECK(check_of(item).request.client->text() == "192.0.2.66");
  CHECK(check_of(item).request.helo == "evil.test");
  CHECK(check_of(item).request.sender == "u@fail.test");
  CHECK(check_of(item).request.recipient == "bob@lab.test");
  CHECK(check_of(item).request.time == 1234);
  CHECK_FALSE(check_of(item).request.is_authenticated);
  CHECK(connection.codec.is_kept());
  // A queue id, as soon as there is one, is in the log.
  REQUIRE(connection.next(Policy{.extra = "queue_id=4XyZ\n"}.text()));
  CHECK(check_of(item).id == "4XyZ");
}

TEST_CASE("one header per message, DUNNO for its further recipients; never OK") {
  Connection connection;
  CHECK(connection.ask(Policy{}.text(), spf::Result::pass) == "action=PREPEND Received-SPF: pass client-ip=192.0.2.66\n\n");
  CHECK(connection.ask(Policy{}.text(), spf::Result::pass) == "action=DUNNO\n\n");
  CHECK(connection.ask(Policy{}.text(), spf::Result::none) == "action=DUNNO\n\n");
  CHECK(connection.ask(Policy{.instance = "3c.4d"}.text(), spf::Result::permerror) ==
        "action=PREPEND Received-SPF: permerror client-ip=192.0.2.66\n\n");
  CHECK(connection.ask(Policy{.instance = "3c.4d"}.text(), spf::Result::permerror) == "action=DUNNO\n\n");
  // Without any id, no two requests belong to the same message.
  for (int i = 0; i < 2; ++i) {
    CHECK(connection.ask(Policy{.instance = ""}.text(), spf::Result::softfail)
              .starts_with("action=PREPEND Received-SPF: softfail"));
  }
}

TEST_CASE("without an instance the queue id identifies the message; it appears with the first accepted recipient") {
  Connection connection;
  const auto has_header = [&](const std::string& queue_id, const std::string& sender = "u@fail.test") {
    const Policy policy{.instance = "", .sender = sender, .extra = "queue_id=" + queue_id + "\n"};
    return connection.ask(policy.text(), spf::Result::pass).starts_with("action=PREPEND ");
  };
  CHECK(has_header(""));
  CHECK_FALSE(has_header("4XyA"));
  CHECK_FALSE(has_header("4XyA"));
  CHECK(has_header("4XyB"));
  CHECK_FALSE(has_header("4XyB"));
  CHECK(has_header(""));
  CHECK(has_header("4XyC", "other@pass.test"));
  CHECK(has_header("4XyC"));
}

TEST_CASE("after a second MAIL, RSET, a new HELO or a refused recipient, no header names an earlier sender or HELO name") {
  Connection connection;
  const auto ask = [&](const Policy& policy, spf::Result result, const std::string& state = "RCPT") {
    Policy asked = policy;
    asked.state = state;
    return connection.ask(asked.text(), result);
  };
  const std::string pass = "action=PREPEND Received-SPF: pass client-ip=192.0.2.66\n\n";
  const std::string softfail = "action=PREPEND Received-SPF: softfail client-ip=192.0.2.66\n\n";
  // MAIL a@pass, RCPT, then MAIL of somebody else: Postfix has a new instance.
  CHECK(ask({.instance = "1", .sender = "a@pass.test"}, spf::Result::pass) == pass);
  CHECK(ask({.instance = "2", .sender = "b@soft.test"}, spf::Result::softfail) == softfail);
  // The rest holds even if a client of the protocol keeps the instance.
  CHECK(ask({.instance = "2", .sender = "c@pass.test"}, spf::Result::pass) == pass);
  CHECK(ask({.instance = "2", .sender = "d@soft.test"}, spf::Result::softfail) == softfail);
  CHECK(ask({.instance = "2", .sender = "d@soft.test", .extra = "helo_name=new.test\n"}, spf::Result::softfail) == softfail);
  CHECK(ask({.address = "192.0.2.67", .instance = "2", .sender = "d@soft.test"}, spf::Result::softfail) == softfail);
  // RSET, and the first one again.
  CHECK(ask({.instance = "3", .sender = "a@pass.test"}, spf::Result::pass) == pass);
  // A refused recipient has no header; the next one has the header of this sender.
  CHECK(ask({.instance = "4", .sender = "e@fail.test"}, spf::Result::fail).starts_with("action=550 "));
  CHECK(ask({.instance = "4", .sender = "e@fail.test"}, spf::Result::softfail) == softfail);
  CHECK(ask({.instance = "4", .sender = "e@fail.test"}, spf::Result::softfail, "DATA") == "action=DUNNO\n\n");
}

TEST_CASE("on-pass: a configured action for a pass whose header is present, and for nothing else") {
  Connection connection;
  connection.options.policy_on_pass = "skip_greylist";
  CHECK(connection.ask(Policy{}.text(), spf::Result::pass).starts_with("action=PREPEND "));
  CHECK(connection.ask(Policy{}.text(), spf::Result::pass) == "action=skip_greylist\n\n");
  CHECK(connection.ask(Policy{.state = "END-OF-MESSAGE"}.text(), spf::Result::pass) == "action=skip_greylist\n\n");
  for (const auto result : {spf::Result::none, spf::Result::neutral, spf::Result::softfail, spf::Result::permerror}) {
    CHECK(connection.ask(Policy{}.text(), result) == "action=DUNNO\n\n");
  }
  CHECK(connection.ask(Policy{}.text(), spf::Result::fail).starts_with("action=550 "));
  CHECK(connection.ask(Policy{}.text(), spf::Result::temperror).starts_with("action=451 "));
  // A pass that everybody gets does not count as one.
  receiver::Reply weak = reply_of(spf::Result::pass);
  weak.is_weak = true;
  REQUIRE(connection.next(Policy{}.text()));
  CHECK(connection.answer(weak) == "action=DUNNO\n\n");
  connection.options.header = DoorOptions::Header::none;
  CHECK(connection.ask(Policy{.instance = "new"}.text(), spf::Result::pass) == "action=skip_greylist\n\n");
}

TEST_CASE("each recipient of a refused message is refused; the header goes to the first accepted one") {
  Connection connection;
  const std::string refused = "action=550 5.7.23 fail.test explains: 100% \"no\"\n\n";
  CHECK(connection.ask(Policy{}.text(), spf::Result::fail) == refused);
  CHECK(connection.ask(Policy{}.text(), spf::Result::fail) == refused);
  CHECK(connection.ask(Policy{}.text(), spf::Result::neutral).starts_with("action=PREPEND "));
}

TEST_CASE("RFC 7372 §3.2: temperror defers with 4.7.24, by option only mail that later restrictions permit") {
  Connection connection;
  CHECK(connection.ask(Policy{}.text(), spf::Result::temperror) == "action=451 4.7.24 fail.test explains: 100% \"no\"\n\n");
  connection.options.policy_defer_if_permit = true;
  CHECK(connection.ask(Policy{}.text(), spf::Result::temperror) ==
        "action=DEFER_IF_PERMIT 4.7.24 fail.test explains: 100% \"no\"\n\n");
  CHECK(connection.ask(Policy{}.text(), spf::Result::fail).starts_with("action=550 5.7.23 "));
}

TEST_CASE("the header is the one that the options choose") {
  Connection connection;
  connection.options.header = DoorOptions::Header::authentication_results;
  CHECK(connection.ask(Policy{}.text(), spf::Result::pass) ==
        "action=PREPEND Authentication-Results: mx.example.org; spf=pass\n\n");
  connection.options.header = DoorOptions::Header::none;
  CHECK(connection.ask(Policy{.instance = "x"}.text(), spf::Result::pass) == "action=DUNNO\n\n");
  CHECK(connection.ask(Policy{.instance = "x"}.text(), spf::Result::fail).starts_with("action=550 "));
}

TEST_CASE("the null sender is sent as an empty value; our own clients get no header") {
  Connection connection;
  REQUIRE(connection.next(Policy{.sender = ""}.text()));
  CHECK(check_of(connection.item).error == "");
  CHECK(check_of(connection.item).request.sender == "");
  REQUIRE(connection.next(Policy{.extra = "sasl_username=joe\n"}.text()));
  CHECK(check_of(connection.item).request.is_authenticated);
  receiver::Reply unchecked = reply_of(spf::Result::none);
  unchecked.identity.reset();
  CHECK(connection.answer(unchecked) == "action=DUNNO\n\n");
  REQUIRE(connection.next(Policy{.address = ""}.text()));
  CHECK(check_of(connection.item).error == "");
  CHECK_FALSE(check_of(connection.item).request.client.has_value());
  CHECK(connection.answer(reply_of(spf::Result::none)) == "action=DUNNO\n\n");
  // These requests have not used up the header of the message.
  CHECK(connection.ask(Policy{}.text(), spf::Result::pass).starts_with("action=PREPEND "));
}

TEST_CASE("nothing is checked before there is a sender; after the message no header is added") {
  Connection connection;
  for (const char* state : {"CONNECT", "EHLO", "HELO", "VRFY", "ETRN", "helo"}) {
    CAPTURE(state);
    REQUIRE(connection.next(Policy{.state = state, .sender = ""}.text()));
    CHECK(is_ready(connection.item, protocol::Ready::Kind::request));
    CHECK(ready_of(connection.item).answer == "action=DUNNO\n\n");
    CHECK_FALSE(connection.item.closes);
  }
  CHECK(connection.ask(Policy{.state = "END-OF-MESSAGE"}.text(), spf::Result::pass) == "action=DUNNO\n\n");
  CHECK(connection.ask(Policy{.state = "END-OF-MESSAGE"}.text(), spf::Result::fail).starts_with("action=550 "));
  for (const char* state : {"MAIL", "RCPT", "DATA", "BDAT", "", "SOMETHING"}) {
    CAPTURE(state);
    CHECK(connection.ask(Policy{.state = state, .instance = state}.text(), spf::Result::pass).starts_with("action=PREPEND "));
  }
}

TEST_CASE("a policy request that lacks a required value is deferred, with an error for the log, and the connection stays open") {
  Connection connection;
  const std::string begin = "request=smtpd_access_policy\nprotocol_state=RCPT\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {begin + "sender=a@b.test\n\n", "no client_address= was given"},
      {begin + "client_address=unknown\nsender=a@b.test\n\n", "client_address= is not an IP address: 'unknown'"},
      {begin + "client_address=\xff\x01\nsender=a@b.test\n\n", "client_address= is not an IP address: '\\xff\\x01'"},
      {begin + "client_address=192.0.2.1\nhelo_name=h.test\n\n", "no sender= was given"},
      {"request=smtpd_access_policy\n\n", "no client_address= was given"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.first);
    REQUIRE(connection.next(one.first));
    CHECK(is_check(connection.item));
    CHECK(check_of(connection.item).error == one.second);
    CHECK_FALSE(connection.item.closes);
    CHECK(connection.answer(reply_of(spf::Result::temperror)).starts_with("action=451 4.7.24 "));
    // With bad-question-result = "none" or "permerror". No header is written for an unchecked request.
    REQUIRE(connection.next(one.first));
    CHECK(connection.answer(reply_of(spf::Result::permerror)) == "action=DUNNO\n\n");
  }
  // The SMTP client's values may be empty: a sender without a name to check is not a mistake of Postfix.
  REQUIRE(connection.next(begin + "client_address=192.0.2.1\nsender=\nhelo_name=\n\n"));
  CHECK(check_of(connection.item).error == "");
  CHECK_FALSE(connection.codec.is_broken());
}

TEST_CASE("an action is one line of printable US-ASCII, whatever the reply contains") {
  Connection connection;
  for (const auto result : {spf::Result::fail, spf::Result::temperror, spf::Result::pass}) {
    receiver::Reply reply = reply_of(result);
    for (int c = 0; c < 256; ++c) {
      reply.smtp_comment += static_cast<char>(c);
      reply.received_spf_header += static_cast<char>(c);
    }
    REQUIRE(connection.next(Policy{}.text()));
    const std::string answer = connection.answer(reply);
    REQUIRE(answer.ends_with("\n\n"));
    for (const char c : answer.substr(0, answer.size() - 2)) CHECK(base::is_printable(c));
  }
}

TEST_CASE("requests of both kinds may share a connection") {
  Connection connection;
  CHECK(connection.ask("keep=1\n" + std::string(kQuery), spf::Result::fail).starts_with("result=fail\n"));
  CHECK(connection.ask(Policy{}.text(), spf::Result::pass).starts_with("action=PREPEND "));
  CHECK(connection.ask(kQuery, spf::Result::fail).starts_with("result=fail\n"));
  CHECK(connection.item.closes);
}

}  // namespace
