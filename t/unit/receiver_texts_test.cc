// The texts of a reply: comments, explanations and header fields, for each result.
#include "common/receiver/receiver.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include <fmt/core.h>

#include "t/support/decide.h"
#include "t/support/evaluate.h"
#include "t/unit/receiver_world.h"

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

TEST_CASE("RFC 8601 §2.2: a sender cannot put a separator of results into the header's comment") {
  const Reply reply = reply_to(request("192.0.2.1", "\"a; dkim=pass header.d=bank.example; x=\"@example.com"), world());
  check_form(reply);
  const std::string& field = reply.authentication_results;
  const std::size_t open = field.find('('), close = field.find(')');
  REQUIRE(close != std::string::npos);
  CHECK(field.substr(open, close - open).find(';') == std::string::npos);
}

TEST_CASE("RFC 7208 §9.1: a pass has the wording of the RFC's example") {
  const Reply reply = reply_to(request("192.0.2.1", "u@example.com"), world());
  check_form(reply);
  CHECK(reply.result == Result::pass);
  CHECK(reply.identity == Identity::mailfrom);
  CHECK(reply.header_comment == "mx.example.org: domain of u@example.com designates 192.0.2.1 as permitted sender");
  CHECK(reply.smtp_comment == reply.header_comment);
  CHECK(reply.local_explanation == "mechanism ip4:192.0.2.0/24 in the record of example.com matched");
  CHECK(reply.received_spf_header ==
        "Received-SPF: pass (mx.example.org: domain of u@example.com designates 192.0.2.1 as permitted sender) "
        "client-ip=192.0.2.1; "
        "envelope-from=\"u@example.com\"; helo=mail.example.com; identity=mailfrom; receiver=mx.example.org; "
        "mechanism=\"ip4:192.0.2.0/24\"");
  CHECK(reply.authentication_results ==
        "Authentication-Results: mx.example.org; spf=pass (mx.example.org: domain of u@example.com designates 192.0.2.1 as "
        "permitted "
        "sender) smtp.mailfrom=example.com");
  CHECK(reply.spf_record == "v=spf1 ip4:192.0.2.0/24 -all");
  CHECK(reply.mechanism == "ip4:192.0.2.0/24");
  CHECK(reply.action == Action::accept);
  CHECK(reply.smtp_code == 250);
  CHECK(reply.enhanced_code == "");
  CHECK(reply.error == "");
}

TEST_CASE("spf_domain is the checked domain, and empty if none could be checked") {
  World known = world();
  known.txt("xn--bcher-kva.example", "v=spf1 -all");
  const auto domain = [&](std::string_view sender, std::string_view helo = "Mail.Example.COM.") {
    return reply_to(request("192.0.2.1", sender, helo), known).spf_domain;
  };
  CHECK(domain("u@Example.com.") == "example.com");
  CHECK(domain("\"a@b\"@redirect.example") == "redirect.example");
  CHECK(domain("u@b\xc3\xbc"
               "cher.example") == "xn--bcher-kva.example");
  CHECK(domain("") == "mail.example.com");
  CHECK(domain("u@no-record.example") == "no-record.example");
  CHECK(domain("u@[192.0.2.1]") == "");
  CHECK(domain("u@localhost") == "");
  CHECK(domain("u@a..example") == "");

  Request asked = request("192.0.2.1", "u@example.com");
  asked.scope = Scope::helo;
  CHECK(reply_to(asked, known).spf_domain == "mail.example.com");
  asked.is_authenticated = true;
  CHECK(reply_to(asked, known).spf_domain == "");
  CHECK(receiver::bad_request(plain_policy(), "why").spf_domain == "");

  Policy helo_first = plain_policy();
  helo_first.rules.check_helo = receiver::HeloCheck::first;
  CHECK(reply_to(request("192.0.2.1", "u@example.com"), known, helo_first).spf_domain == "example.com");
  CHECK(reply_to(request("192.0.2.2", "u@example.com"), known, helo_first).spf_domain == "mail.example.com");
}

TEST_CASE("RFC 7372 §3.2: fail is refused with 550 5.7.23, and the default explanation is our own text, unmarked") {
  const Reply reply = reply_to(request("198.51.100.7", "<u@example.com>"), world());
  check_form(reply);
  CHECK(reply.result == Result::fail);
  CHECK(reply.action == Action::reject);
  CHECK(reply.smtp_code == 550);
  CHECK(reply.enhanced_code == "5.7.23");
  CHECK(reply.header_comment == "mx.example.org: domain of u@example.com does not designate 198.51.100.7 as permitted sender");
  CHECK(reply.smtp_comment.starts_with("example.com does not allow 198.51.100.7 to send its mail (SPF). "));
  CHECK(reply.authority_explanation == "");
  CHECK(reply.local_explanation == "mechanism -all in the record of example.com matched");
  CHECK(reply.received_spf_header.find("envelope-from=\"u@example.com\"") != std::string::npos);
  CHECK(reply.received_spf_header.ends_with("; mechanism=-all"));
}

TEST_CASE("the default explanation asks to add the client only where that makes sense") {
  World known = world();
  known.txt("silent.example", "v=spf1 -ALL").txt("via.example", "v=spf1 redirect=silent.example");
  const auto comment = [&](std::string_view client, std::string_view sender, const Policy& by = plain_policy()) {
    return reply_to(request(client, sender, "silent.example"), known, by).smtp_comment;
  };
  const std::string usual = "example.com does not allow 198.51.100.7 to send its mail (SPF). Ask postmaster@example.com to add";
  CHECK(comment("198.51.100.7", "u@example.com").starts_with(usual));
  CHECK(comment("198.51.100.7", "u@silent.example") ==
        "silent.example does not allow 198.51.100.7 to send its mail (SPF). silent.example sends no mail at all. Use a sender "
        "address of another domain.");
  CHECK(comment("198.51.100.7", "u@via.example")
            .ends_with("via.example sends no mail at all. Use a sender address of another domain."));
  CHECK(comment("198.51.100.7", "<>").ends_with("silent.example sends no mail at all. Use another HELO name."));
  for (const std::string_view client :
       {"10.1.2.3", "127.0.0.1", "172.16.0.1", "172.31.0.1", "192.168.0.1", "169.254.0.1", "::1", "fd00::1", "fe80::1"}) {
    CAPTURE(client);
    CHECK(comment(client, "u@example.com") ==
          fmt::format("example.com does not allow {0} to send its mail (SPF). {0} is a private "
                      "address. Ask the operator of this mail server to exempt it from SPF.",
                      client));
  }
  for (const std::string_view client : {"172.32.0.1", "172.15.0.1", "192.169.0.1", "169.253.0.1", "fec0::1", "2001:db8::1"}) {
    CAPTURE(client);
    CHECK(comment(client, "u@example.com").find("Ask postmaster@example.com to add") != std::string::npos);
  }
  // A domain that accepts no mail has no senders; the SMTP client itself may be such a host (RFC 7505 §4.2). Nothing is asked to
  // find it out: the record's own mx says it.
  known.txt("null.example", "v=spf1 mx -all").mx("null.example", "").txt("above.example", "v=spf1 include:null.example -all");
  known.txt("unasked.example", "v=spf1 ip4:192.0.2.1 -all").mx("unasked.example", "");
  CHECK(comment("198.51.100.7", "u@null.example") ==
        "null.example does not allow 198.51.100.7 to send its mail (SPF). null.example accepts no mail (null MX). Use a sender "
        "address of another domain.");
  // Domains with a null MX that do send mail.
  known.txt("hosts.example", "v=spf1 mx ip4:192.0.2.1 -all").mx("hosts.example", "");
  known.txt("moved.example", "v=spf1 mx redirect=unasked.example").mx("moved.example", "");
  known.txt("other.example", "v=spf1 ip4:192.0.2.1 include:_spf.other.example -all").mx("other.example", "");
  known.txt("_spf.other.example", "v=spf1 mx:other.example -all");
  for (const std::string_view sender :
       {"u@above.example", "u@unasked.example", "u@hosts.example", "u@moved.example", "u@other.example"})
    CHECK(comment("198.51.100.7", sender).find(" to add") != std::string::npos);
  CHECK(comment("10.1.2.3", "u@null.example").find("is a private address") != std::string::npos);
  CHECK(reply_to(request("198.51.100.7", "<>", "null.example"), known).smtp_comment.find(" to add") != std::string::npos);
  // The site's own explanation has no such cases.
  Policy own = plain_policy();
  own.spf.default_explanation = *spf::MacroString::parse("ask %{o}", spf::MacroContext::explanation);
  CHECK(comment("10.1.2.3", "u@silent.example", own) == "ask silent.example");
  CHECK(comment("198.51.100.7", "u@null.example", own) == "ask null.example");
}

TEST_CASE("RFC 7208 §6.2, §8.4: the domain's explanation is marked as the words of the domain") {
  Reply reply = reply_to(request("192.0.2.1", "u@exp.example"), world());
  check_form(reply);
  CHECK(reply.smtp_comment == "exp.example explains: u@exp.example may 'not' use 192.0.2.1 (100%)");
  CHECK(reply.authority_explanation == "u@exp.example may \"not\" use 192.0.2.1 (100%)");

  World longer = world();
  longer.txt("long.example", "v=spf1 -all exp=why.long.example").txt("why.long.example", std::string(1500, 'x'));
  reply = reply_to(request("192.0.2.1", "u@long.example"), longer);
  check_form(reply);
  CHECK(reply.smtp_comment.size() == receiver::kMaxSmtpComment);
  CHECK(reply.smtp_comment.ends_with("xxx..."));
}

TEST_CASE("RFC 7372 §3.2: temperror is deferred with 451 4.7.24, with the reason and the advice to try again") {
  const Reply reply = reply_to(request("192.0.2.1", "u@temp.example"), world());
  check_form(reply);
  CHECK(reply.result == Result::temperror);
  CHECK(reply.action == Action::defer);
  CHECK(reply.smtp_code == 451);
  CHECK(reply.enhanced_code == "4.7.24");
  CHECK(reply.smtp_comment.starts_with("The SPF record of temp.example could not be looked up now ("));
  CHECK(reply.smtp_comment.find("SERVFAIL") != std::string::npos);
  CHECK(reply.smtp_comment.ends_with("). Please try again later."));
  CHECK(reply.header_comment.starts_with(
      "mx.example.org: encountered temporary error during SPF processing of domain of u@temp.example: "));
  CHECK(reply.received_spf_header.find("; problem=\"") != std::string::npos);
  CHECK(reply.received_spf_header.find("mechanism=") == std::string::npos);
  CHECK(reply.ttl == 0);
}

TEST_CASE("permerror is accepted, and names the domain and its mistake") {
  const Reply reply = reply_to(request("192.0.2.1", "u@broken.example"), world());
  check_form(reply);
  CHECK(reply.result == Result::permerror);
  CHECK(reply.action == Action::accept);
  CHECK(reply.smtp_comment.starts_with("The SPF record of broken.example cannot be used: "));
  CHECK(reply.smtp_comment.find("foo:bar") != std::string::npos);
  CHECK(reply.header_comment.starts_with("mx.example.org: permanent error in processing during lookup of u@broken.example: "));
  CHECK(reply.local_explanation == reply.problem);
  CHECK(reply.received_spf_header.find("; problem=\"") != std::string::npos);
}

TEST_CASE("the wording of softfail, neutral and none") {
  Reply reply = reply_to(request("192.0.2.1", "u@soft.example"), world());
  check_form(reply);
  CHECK(reply.header_comment ==
        "mx.example.org: transitioning domain of u@soft.example does not designate 192.0.2.1 as permitted sender");
  CHECK(reply.action == Action::accept);

  reply = reply_to(request("2001:db8::1", "u@neutral.example"), world());
  check_form(reply);
  CHECK(reply.header_comment == "mx.example.org: 2001:db8::1 is neither permitted nor denied by domain of u@neutral.example");
  CHECK(reply.smtp_comment == reply.header_comment);
  CHECK(reply.local_explanation == "no mechanism in the record of neutral.example matched");
  CHECK(reply.received_spf_header.ends_with("; mechanism=default"));
  CHECK(reply.received_spf_header.find("client-ip=\"2001:db8::1\"") != std::string::npos);

  reply = reply_to(request("192.0.2.1", "u@plain.example"), world());
  check_form(reply);
  CHECK(reply.header_comment == "mx.example.org: domain of u@plain.example does not designate permitted sender hosts");
  CHECK(reply.local_explanation == "plain.example has no SPF record");
  CHECK(reply.authentication_results.find("; spf=none (") != std::string::npos);
}

TEST_CASE("local_explanation names the record that holds the mechanism") {
  Reply reply = reply_to(request("192.0.2.1", "u@redirect.example"), world());
  CHECK(reply.local_explanation == "mechanism ip4:192.0.2.0/24 in the record of example.com matched");
  reply = reply_to(request("192.0.2.1", "u@include.example"), world());
  CHECK(reply.local_explanation == "mechanism include:example.com in the record of include.example matched");
}

TEST_CASE("Exim's ACL of 2004 reads \\n in a value as a line end, and puts the header's comment between parentheses") {
  const Reply reply = reply_to(request("192.0.2.1", "a)\\nX-Evil: 1(\\@example.com"), world());
  check_form(reply);
  CHECK(reply.header_comment == "mx.example.org: domain of a]/nX-Evil: 1[/@example.com designates 192.0.2.1 as permitted sender");
  World hostile = world();
  hostile.txt("exp2.example", "v=spf1 -all exp=why.exp2.example").txt("why.exp2.example", "no\\n250 fine (really)\\");
  const Reply fail = reply_to(request("192.0.2.1", "u@exp2.example"), hostile);
  check_form(fail);
  CHECK(fail.smtp_comment == "exp2.example explains: no/n250 fine (really)/");
  CHECK(fail.authority_explanation == "no\\n250 fine (really)\\");
}

TEST_CASE("RFC 8616: an internationalized sender is shown by its A-labels") {
  World eai;
  eai.txt("xn--bcher-kva.example", "v=spf1 +all");
  const Reply reply = reply_to(request("192.0.2.1",
                                       "u@b\xc3\xbc"
                                       "cher.example"),
                               eai);
  check_form(reply);
  CHECK(reply.result == Result::pass);
  CHECK(reply.header_comment.find("domain of u@xn--bcher-kva.example designates") != std::string::npos);
  CHECK(reply.authentication_results.ends_with(" smtp.mailfrom=xn--bcher-kva.example"));
}

}  // namespace
