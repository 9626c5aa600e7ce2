// The receiver's work on a request: which identity is checked, and how hostile input ends.
#include "common/receiver/receiver.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "t/support/decide.h"
#include "t/support/evaluate.h"
#include "t/support/single.h"
#include "t/unit/receiver_world.h"

using namespace std::string_literals;

namespace {

using receiver::Action;
using receiver::Policy;
using receiver::Reply;
using receiver::Request;
using receiver::Scope;
using receiver_world::check_form;
using receiver_world::reply_to;
using receiver_world::world;
using spf::Identity;
using spf::Result;
using support::plain_policy;
using support::request;
using support::World;

class NoAnswers : public spf::AnswerSource {
 public:
  const spf::KnownAnswer* find(const dns::Question&) override { return nullptr; }
};

TEST_CASE("RFC 7208 §2.4: with the null sender, the HELO identity is checked") {
  for (const auto* sender : {"", "<>", " <> "}) {
    const Reply reply = reply_to(request("192.0.2.9", sender), world());
    check_form(reply);
    CHECK(reply.identity == Identity::helo);
    CHECK(reply.result == Result::fail);
    CHECK(reply.header_comment == "mx.example.org: domain of mail.example.com does not designate 192.0.2.9 as permitted sender");
    CHECK(reply.received_spf_header.find("envelope-from") == std::string::npos);
    CHECK(reply.received_spf_header.find("; identity=helo; ") != std::string::npos);
    CHECK(reply.authentication_results.ends_with(" smtp.helo=mail.example.com"));
  }
}

TEST_CASE("the scope chooses the identity") {
  Request asked = request("192.0.2.9", "u@example.com");
  CHECK(reply_to(asked, world()).result == Result::pass);
  asked.scope = Scope::mailfrom;
  CHECK(reply_to(asked, world()).identity == Identity::mailfrom);
  asked.sender = "<>";  // RFC 7208 §2.4: postmaster at the HELO name
  CHECK(reply_to(asked, world()).identity == Identity::helo);
  asked.sender = "u@example.com";
  asked.scope = Scope::helo;
  CHECK(reply_to(asked, world()).identity == Identity::helo);
  CHECK(reply_to(asked, world()).result == Result::fail);
  asked.helo = " ";  // the client gave none: there is no such identity, which is not a mistake of the requester
  const Reply reply = reply_to(asked, world());
  CHECK(reply.identity == Identity::helo);
  CHECK(reply.result == Result::none);
  CHECK(reply.error == "");
}

TEST_CASE("RFC 7208 §4.3: the result is none for the null sender of a client without a HELO name") {
  const Reply reply = reply_to(request("192.0.2.1", "<>", ""), world());
  check_form(reply);
  CHECK(reply.error == "");
  CHECK(reply.result == Result::none);
  CHECK(reply.action == Action::accept);
  CHECK(reply.identity == Identity::helo);
  CHECK(reply.problem == "no domain to check");
}

TEST_CASE("the result is none for an identity that is too long or malformed, and the other one is still checked") {
  World known = world();
  known.txt("h.example", "v=spf1 exists:%{h}.h.example -all")
      .a("unknown.h.example", "127.0.0.2")
      .a("ok.example.h.example", "127.0.0.2");
  const auto result = [&](std::string_view sender, std::string_view helo, const Policy& by = plain_policy()) {
    const Reply reply = reply_to(request("192.0.2.9", sender, helo), known, by);
    check_form(reply);
    CHECK(reply.error == "");
    return reply.result;
  };
  Policy helo_first = plain_policy();
  helo_first.rules.check_helo = receiver::HeloCheck::first;
  const std::string label(63, 'a');
  const std::string long_name = label + "." + label + "." + label + "." + label;  // 255
  for (const std::string& bad : {long_name, std::string(8188, 'a'), std::string(60000, '.'), "a..b.example"s, label + "a.example",
                                 "a\x01.example"s, "\xff\xfe.example"s, "."s, ""s}) {
    CAPTURE(bad.substr(0, 80));
    // MAIL FROM is checked, and %{h} is "unknown".
    CHECK(result("u@soft.example", bad) == Result::softfail);
    CHECK(result("u@h.example", bad) == Result::pass);
    CHECK(result("u@soft.example", bad, helo_first) == Result::softfail);
    CHECK(result("<>", bad) == Result::none);
    // The HELO identity is checked where both identities are checked.
    CHECK(result("u@" + bad, "mail.example.com", helo_first) == Result::fail);
    CHECK(result("u@" + bad, "ok.example", helo_first) == Result::none);
  }
  CHECK(result("u@h.example", "ok.example") == Result::pass);
  CHECK(result("u@h.example", "other.example") == Result::fail);
}

TEST_CASE("mail without a client address is from the host itself: none, and not an error") {
  Request asked = request("192.0.2.1", "u@example.com");
  asked.client.reset();
  const Reply reply = reply_to(asked, world());
  check_form(reply);
  CHECK(reply.result == Result::none);
  CHECK(reply.error == "");
  CHECK_FALSE(reply.identity);
  CHECK(reply.local_explanation == "the message has no SMTP client");
  CHECK(reply.authentication_results.starts_with("Authentication-Results: mx.example.org; none ("));
}

TEST_CASE("the receiver's name is that of the request, else our own; without either none is shown") {
  Request asked = request("192.0.2.1", "u@example.com");
  asked.receiver = "mx2.example.org";
  CHECK(reply_to(asked, world()).header_comment.starts_with("mx2.example.org: domain of "));
  CHECK(reply_to(asked, world()).authentication_results.starts_with("Authentication-Results: mx2.example.org; "));
  Policy by = plain_policy();
  by.hostname.clear();
  asked.receiver.clear();
  const Reply reply = reply_to(asked, world(), by);
  check_form(reply);
  CHECK(reply.header_comment.starts_with("domain of u@example.com designates"));
  CHECK(reply.received_spf_header.find("receiver=") == std::string::npos);
}

TEST_CASE("unknown answers are asked for, and there is no reply before they arrive") {
  NoAnswers answers;
  const support::Outcome outcome = support::decide(request("192.0.2.1", "u@example.com"), plain_policy(), answers);
  CHECK_FALSE(outcome.reply);
  REQUIRE(outcome.needs.needed.size() == 1);
  CHECK(outcome.needs.needed[0] == dns::Question{*dns::Name::parse("example.com"), dns::Type::txt});
}

TEST_CASE("an address literal with the null sender is none, without any question") {
  NoAnswers answers;
  for (const auto* helo : {"[192.0.2.1]", "[IPv6:2001:db8::1]", "localhost", "..", ".example.com", "a b\r\nc"}) {
    CAPTURE(helo);
    const support::Outcome outcome = support::decide(request("192.0.2.1", "<>", helo), plain_policy(), answers);
    REQUIRE(outcome.reply);
    CHECK(outcome.reply->result == Result::none);
    CHECK(outcome.reply->identity == Identity::helo);
    check_form(*outcome.reply);
  }
  const support::Outcome outcome = support::decide(request("192.0.2.1", "u@[192.0.2.1]"), plain_policy(), answers);
  REQUIRE(outcome.reply);
  CHECK(outcome.reply->result == Result::none);
  CHECK(outcome.reply->authentication_results.ends_with(" smtp.mailfrom=\"[192.0.2.1]\""));
}

TEST_CASE("libspf2 #56: no byte of HELO or sender that could end a line, a comment or a value reaches the output") {
  const std::string tail = "\r\nX-Evil: 1\r\n\r\n\0\x1b[2J\x7f\xff\"\\()"s;
  for (const auto* domain :
       {"example.com", "exp.example", "temp.example", "broken.example", "plain.example", "nowhere.example"}) {
    const Reply reply = reply_to(request("198.51.100.7", "u" + tail + "@" + domain, "h" + tail), world());
    CAPTURE(domain);
    check_form(reply);
    CHECK(reply.identity == Identity::mailfrom);
  }
  check_form(reply_to(request("198.51.100.7", "u@example.com" + tail, "h" + tail), world()));
  check_form(reply_to(request("198.51.100.7", "", "mail.example.com" + tail), world()));
}

TEST_CASE("a sender or HELO name of 64 KB gets its result, and texts of bounded size") {
  const std::string big(65536, 'a');
  Reply reply = reply_to(request("192.0.2.1", big + "@example.com", big), world());
  check_form(reply);
  CHECK(reply.result == Result::pass);
  CHECK(reply.header_comment.find("aaa@example.com designates") != std::string::npos);
  reply = reply_to(request("198.51.100.7", big + "@exp.example", big), world());
  check_form(reply);
  CHECK(reply.result == Result::fail);
  reply = reply_to(request("192.0.2.1", "u@" + big + ".example.com", big), world());
  check_form(reply);
  CHECK(reply.result == Result::none);
  CHECK(reply.authentication_results.find("smtp.mailfrom") == std::string::npos);
  reply = reply_to(request("192.0.2.1", "<>", big), world());
  check_form(reply);
  CHECK(reply.result == Result::none);
  Request asked = request("192.0.2.1", "u@example.com");
  asked.receiver = big;
  check_form(reply_to(asked, world()));
}

TEST_CASE("a record of hostile text stays within the bounds of a reply") {
  World hostile;
  hostile.txt("a.example", "v=spf1 " + std::string(60000, 'z') + "\x01\xff\" -all");
  hostile.txt("b.example", "v=spf1 ?exists:%{l}." + std::string(5000, 'x') + ".example -all exp=b.exp.example");
  hostile.txt("b.exp.example", "line\r\nanother");
  check_form(reply_to(request("192.0.2.1", "u@a.example"), hostile));
  const Reply reply = reply_to(request("192.0.2.1", "u@b.example"), hostile);
  check_form(reply);
  CHECK(reply.authority_explanation == "");
}

TEST_CASE("the reply to a request that could not be parsed") {
  const Reply reply = receiver::bad_request(plain_policy(), "ip= is not an IP address: '\"\r\n'");
  check_form(reply);
  CHECK(reply.error == "ip= is not an IP address: '\"\\x0d\\x0a'");
  // Without a backslash, which Exim's ${extract} would turn into a line end.
  CHECK(reply.smtp_comment == "mx.example.org: SPF was not checked: ip= is not an IP address: ''/x0d/x0a'");
  // A request that cannot be checked must not be accepted for that.
  CHECK(reply.result == Result::temperror);
  CHECK(reply.action == Action::defer);
  CHECK(reply.smtp_code == 451);
  Policy lax = plain_policy();
  lax.bad_request_result = Result::permerror;
  CHECK(receiver::bad_request(lax, "why").action == Action::accept);
  check_form(receiver::bad_request(plain_policy(), std::string(70000, '"')));
}

}  // namespace
