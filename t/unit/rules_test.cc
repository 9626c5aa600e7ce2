// The receiver's rules: the action for each result, which mail is checked or never refused, and the texts.
#include "common/receiver/rules.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "t/support/decide.h"
#include "t/unit/rules_world.h"

namespace {

using support::Decided;
using support::plain_policy;
using support::terms;
using namespace rules_world;  // NOLINT(google-build-using-namespace)

// ---- actions -------------------------------------------------------------------------------------------------------------

TEST_CASE("each result has the action of its rule, with the right status code (RFC 7372 §3.2)") {
  struct Row {
    const char* sender;
    Result result;
    const char* rejected;
    const char* deferred;
  };
  for (const Row& row : {Row{"u@fail.example", Result::fail, "5.7.23", "4.7.0"},
                         {"u@soft.example", Result::softfail, "5.7.1", "4.7.0"},
                         {"u@neutral.example", Result::neutral, "5.7.1", "4.7.0"},
                         {"u@plain.example", Result::none, "5.7.1", "4.7.0"},
                         {"u@broken.example", Result::permerror, "5.7.24", "4.7.24"},
                         {"u@temp.example", Result::temperror, "5.7.24", "4.7.24"}}) {
    CAPTURE(row.sender);
    Policy by = plain_policy();
    on(by.rules, row.result, Identity::helo) = Action::accept;  // of the other identity, so without effect
    on(by.rules, row.result) = Action::reject;
    Reply reply = reply_to(row.sender, by);
    CHECK(reply.result == row.result);
    CHECK(reply.action == Action::reject);
    CHECK(reply.smtp_code == 550);
    CHECK(reply.enhanced_code == row.rejected);
    on(by.rules, row.result) = Action::defer;
    reply = reply_to(row.sender, by);
    CHECK(reply.action == Action::defer);
    CHECK(reply.smtp_code == 451);
    CHECK(reply.enhanced_code == row.deferred);
    on(by.rules, row.result) = Action::accept;
    reply = reply_to(row.sender, by);
    CHECK(reply.result == row.result);
    CHECK(reply.action == Action::accept);
    CHECK(reply.smtp_code == 250);
    CHECK(reply.enhanced_code == "");
    CHECK(reply.received_spf_header.starts_with("Received-SPF: " + std::string(spf::result_name(row.result))));
  }
}

TEST_CASE("each identity has its own actions") {
  Policy by = plain_policy();
  on(by.rules, Result::fail, Identity::helo) = Action::accept;
  CHECK(reply_to(request(kClient, "<>", "fail.example"), by).action == Action::accept);
  CHECK(reply_to("u@fail.example", by).action == Action::reject);
  on(by.rules, Result::fail, Identity::helo) = Action::defer;
  on(by.rules, Result::fail) = Action::accept;
  CHECK(reply_to(request(kClient, "<>", "fail.example"), by).action == Action::defer);
  CHECK(reply_to("u@fail.example", by).action == Action::accept);
}

TEST_CASE("a dry run accepts, and reports the action that it replaced; the result is unchanged") {
  Policy by = plain_policy();
  by.rules.dry_run = true;
  Reply reply = reply_to("u@fail.example", by);
  CHECK(reply.result == Result::fail);
  CHECK(reply.action == Action::accept);
  CHECK(reply.smtp_code == 250);
  CHECK(reply.enhanced_code == "");
  CHECK(reply.would == Action::reject);
  CHECK(reply_to("u@temp.example", by).would == Action::defer);
  CHECK_FALSE(reply_to("u@example.com", by).would);
}

// ---- exempt clients ------------------------------------------------------------------------------------------------------

TEST_CASE("exempt clients: none without any question, accepted whatever the rule for none; header and answer state the reason") {
  Policy by = plain_policy();
  by.rules.exempt = std::vector{*receiver::parse_network("127.0.0.0/8"), *receiver::parse_network("2001:db8::/32")};
  on(by.rules, Result::none) = Action::reject;
  for (const char* client : {"127.0.0.1", "127.9.9.9", "2001:db8:1::1", "::ffff:127.0.0.1"}) {
    const Decided decided = decide(request(client, "u@fail.example"), by, world());
    CHECK(decided.asked.empty());
    CHECK(decided.reply.result == Result::none);
    CHECK(decided.reply.action == Action::accept);
    CHECK_FALSE(decided.reply.identity);
    CHECK(decided.reply.local_policy.starts_with("exempt-clients: "));
    CHECK(holds(decided.reply.received_spf_header, "the client is exempt"));
    CHECK(decided.reply.authentication_results.starts_with("Authentication-Results: mx.example.org; none ("));
  }
  CHECK(reply_to(request("127.0.0.1", "u@fail.example"), by).local_policy == "exempt-clients: 127.0.0.0/8");
  CHECK(reply_to(request("2001:db9::1", "u@fail.example"), by).result == Result::fail);
  CHECK(reply_to("u@plain.example", by).action == Action::reject);
}

TEST_CASE("clients at loopback addresses are exempt at doors that spare them, unless the rules say otherwise") {
  for (const auto* client : {"127.0.0.1", "127.1.2.3", "::1"}) {
    CAPTURE(client);
    receiver::Policy by = plain_policy();
    Request asked = request(client, "u@fail.example");
    CHECK(decide(asked, by, world()).reply.result == Result::fail);
    asked.spares_loopback = true;
    const auto spared = decide(asked, by, world());
    CHECK(spared.reply.result == Result::none);
    CHECK(spared.reply.local_policy == "loopback client");
    CHECK(spared.asked.empty());
    by.rules.check_loopback = true;
    CHECK(decide(asked, by, world()).reply.result == Result::fail);
  }
  for (const auto* client : {"126.255.255.255", "128.0.0.0", "0.0.0.0", "::", "::2", "1::1", "::127.0.0.1", "fe80::1"}) {
    CAPTURE(client);
    Request other = request(client, "u@fail.example");
    other.spares_loopback = true;
    CHECK(decide(other, plain_policy(), world()).reply.result == Result::fail);
  }
}

TEST_CASE("nobody is exempt without configuration") {
  CHECK(reply_to(request("127.0.0.1", "u@fail.example"), plain_policy()).result == Result::fail);
}

TEST_CASE("clients that have logged in or may relay are not checked, unless a rule requires it") {
  Policy by = plain_policy();
  Request asked = request(kClient, "u@fail.example");
  asked.is_authenticated = true;
  Reply reply = reply_to(asked, by);
  CHECK(reply.result == Result::none);
  CHECK(reply.local_policy == "authenticated client");
  CHECK(holds(reply.received_spf_header, "authenticated"));
  asked.is_authenticated = false;
  asked.is_relay = true;
  CHECK(reply_to(asked, by).local_policy == "relay client");
  by.rules.check_authenticated = true;
  CHECK(reply_to(asked, by).result == Result::fail);
}

// ---- trusted forwarders --------------------------------------------------------------------------------------------------

TEST_CASE("a trusted forwarder: fail and softfail become neutral; header, answer and texts say so") {
  World relays = world();
  relays.txt("relay.example", "v=spf1 ip4:192.0.2.0/28 -all");
  Policy by = plain_policy();
  by.rules.forwarders = terms("ip4:203.0.113.0/24 include:relay.example");
  for (const auto& [sender, before] : {std::pair{"u@fail.example", "fail"}, {"u@soft.example", "softfail"}}) {
    const Reply reply = decide(request(kClient, sender), by, relays).reply;
    CHECK(reply.result == Result::neutral);
    CHECK(reply.action == Action::accept);
    CHECK(reply.identity == Identity::mailfrom);
    CHECK(reply.local_policy == "trusted-forwarders: include:relay.example, neutral instead of " + std::string(before));
    CHECK(holds(reply.header_comment, "; local policy: trusted-forwarders: include:relay.example, neutral instead of "));
    CHECK(holds(reply.received_spf_header, reply.local_policy));
    CHECK(reply.received_spf_header.starts_with("Received-SPF: neutral ("));
    CHECK(holds(reply.authentication_results, "; spf=neutral ("));
    CHECK(reply.mechanism == "include:relay.example");
    CHECK(reply.local_explanation == reply.local_policy);
    CHECK(reply.authority_explanation == "");
  }
  // Does not apply to results other than fail and softfail.
  CHECK(decide(request(kClient, "u@neutral.example"), by, relays).reply.local_policy == "");
  CHECK(decide(request(kClient, "u@broken.example"), by, relays).reply.result == Result::permerror);
  CHECK(decide(request("192.0.2.99", "u@fail.example"), by, relays).reply.result == Result::fail);
}

TEST_CASE("a trusted forwarder makes a pass only on request") {
  Policy by = plain_policy();
  by.rules.forwarders = terms(kClient);
  by.rules.forwarder_result = Result::pass;
  const Reply reply = reply_to("u@exp.example", by);
  CHECK(reply.result == Result::pass);
  CHECK(reply.local_policy == "trusted-forwarders: ip4:192.0.2.1, pass instead of fail");
}

TEST_CASE("a forwarder term that cannot be evaluated matches nobody, and later terms still count") {
  Policy by = plain_policy();
  by.rules.forwarders = terms("include:gone.example include:broken.example 192.0.2.1");
  CHECK(reply_to("u@fail.example", by).result == Result::neutral);
  by.rules.forwarders = terms("include:gone.example include:broken.example");
  CHECK(reply_to("u@fail.example", by).result == Result::fail);
  // A term with a minus excludes the client, although a later term contains it.
  by.rules.forwarders = terms("-ip4:192.0.2.1 ip4:192.0.2.0/24");
  CHECK(reply_to("u@fail.example", by).result == Result::fail);
}

TEST_CASE("nobody is rejected permanently because our own rules could not be looked up") {
  Policy by = plain_policy();
  by.rules.forwarders = terms("include:temp.example");
  Reply reply = reply_to("u@fail.example", by);
  CHECK(reply.result == Result::temperror);
  CHECK(reply.action == Action::defer);
  CHECK(reply.enhanced_code == "4.7.24");
  CHECK(reply.problem == "trusted-forwarders: TXT temp.example: SERVFAIL");
  CHECK(holds(reply.local_policy, "temperror instead of fail"));
  CHECK(reply.authority_explanation == "");
  CHECK(reply.ttl == 0);
  // A result that is accepted anyway is unchanged.
  CHECK(reply_to("u@soft.example", by).result == Result::softfail);
  // A later term matches.
  by.rules.forwarders = terms("include:temp.example 192.0.2.1");
  CHECK(reply_to("u@fail.example", by).result == Result::neutral);
}

TEST_CASE("nobody is rejected permanently because our own limits prevented the look-up of a client name") {
  const std::string own_limit = "timed out";
  const auto decide_with = [&](std::string_view record, dns::Type failing, dns::Cause cause) {
    World known = world();
    known.txt("names.example", std::string(record));
    known.txt("ptr.example", "v=spf1 ptr:example.com -all");
    known.ptr(kClient, "mail.example.com");
    known.a("mail.example.com", kClient);
    return decide(request(kClient, "u@names.example"), plain_policy(),
                  [&](const dns::Question& question) {
                    return question.type == failing ? dns::failure_answer(own_limit, cause) : known.answer(question);
                  })
        .reply;
  };
  for (const char* record :
       {"v=spf1 ptr:example.com -all", "v=spf1 include:ptr.example -all", "v=spf1 exists:%{p}.gone.example -all"}) {
    for (const dns::Type type : {dns::Type::ptr, dns::Type::a}) {
      CAPTURE(record);
      if (std::string_view(record).find("exists") != std::string_view::npos && type == dns::Type::a) continue;  // its own A
      // RFC 7208 §5.5: a DNS error is not a match.
      CHECK(decide_with(record, type, dns::Cause::reported).result == Result::fail);
      const Reply reply = decide_with(record, type, dns::Cause::local);
      CHECK(reply.result == Result::temperror);
      CHECK(reply.action == Action::defer);
      CHECK(holds(reply.problem, own_limit));
    }
  }
  // A later term matches.
  CHECK(decide_with("v=spf1 ptr:example.com ip4:192.0.2.1 -all", dns::Type::ptr, dns::Cause::local).result == Result::pass);
}

TEST_CASE("a rule whose look-up of a client name failed counts as unknown: what would be rejected becomes temperror") {
  World known = world();
  known.ptr(kClient, "mail.example.com");
  known.a("mail.example.com", kClient);
  const auto decide_by = [&](std::string_view term, dns::Type failing, auto list) {
    Policy by = plain_policy();
    by.rules.*list = terms(std::string(term));
    return decide(request(kClient, "u@fail.example"), by,
                  [&](const dns::Question& question) {
                    return question.type == failing ? dns::failure_answer("no answer", dns::Cause::no_answer)
                                                    : known.answer(question);
                  })
        .reply;
  };
  for (const auto list : {&receiver::Rules::forwarders, &receiver::Rules::secondary_mx, &receiver::Rules::local}) {
    for (const char* term : {"ptr:other.example", "exists:%{p}.gone.example"}) {
      CAPTURE(term);
      const Reply failed = decide_by(term, dns::Type::ptr, list);
      CHECK(failed.result == Result::temperror);
      CHECK(failed.action == Action::defer);
      CHECK(holds(failed.problem, "no answer"));
      // Nothing but the look-up of the name decides.
      CHECK(decide_by(term, dns::Type::mx, list).result == Result::fail);
    }
  }
}

// ---- secondary MX --------------------------------------------------------------------------------------------------------

TEST_CASE("a secondary MX is never refused, whatever the result, and the reply states the reason") {
  Policy by = plain_policy();
  for (const Result result : {Result::neutral, Result::fail, Result::softfail, Result::temperror, Result::permerror}) {
    on(by.rules, result) = Action::reject;
  }
  by.rules.secondary_mx = terms("192.0.2.0/28 a:mx2.example.org", true);
  for (const char* sender : {"u@fail.example", "u@soft.example", "u@neutral.example", "u@broken.example", "u@temp.example"}) {
    const Reply reply = reply_to(sender, by);
    CHECK(reply.result == Result::none);
    CHECK(reply.action == Action::accept);
    CHECK_FALSE(reply.identity);
    CHECK(reply.local_policy.starts_with("secondary-mx: ip4:192.0.2.0/28, none instead of "));
    CHECK(holds(reply.received_spf_header, "the client is a secondary MX, ip4:192.0.2.0/28"));
    CHECK(holds(reply.authentication_results, "; none ("));
  }
  CHECK(reply_to("u@example.com", by).result == Result::pass);
  CHECK(reply_to(request("192.0.2.99", "u@fail.example"), by).action == Action::reject);
}

TEST_CASE("secondary-mx auto: the MX hosts of the recipient's domain, looked up only if the result counts against the client") {
  World hosts = world();
  hosts.mx("our.example", "mx1.our.example").mx("our.example", "mx2.our.example");
  hosts.a("mx1.our.example", "203.0.113.1").a("mx2.our.example", kClient).a("mx2.our.example", "2001:db8::2");
  Policy by = plain_policy();
  by.rules.secondary_mx = terms("auto", true);
  Request asked = request(kClient, "u@fail.example");
  for (const char* recipient : {"x@our.example", "<x@OUR.example.>", "\"a@b\"@our.example"}) {
    asked.recipient = recipient;
    const Reply reply = decide(asked, by, hosts).reply;
    CHECK(reply.result == Result::none);
    CHECK(reply.action == Action::accept);
    CHECK(reply.local_policy == "secondary-mx: mx of our.example, none instead of fail");
  }
  asked.client = base::IpAddress::parse("2001:db8::2");
  CHECK(decide(asked, by, hosts).reply.result == Result::none);
  asked.client = base::IpAddress::parse("203.0.113.9");
  CHECK(decide(asked, by, hosts).reply.result == Result::fail);
  // Without a recipient that has a domain, no client is a secondary MX.
  for (const char* recipient : {"", "<>", "x", "x@", "x@[192.0.2.1]", "x@localhost", "x@a..b", "x@\xff"}) {
    CAPTURE(recipient);
    asked = request(kClient, "u@fail.example");
    asked.recipient = recipient;
    CHECK(decide(asked, by, hosts).reply.result == Result::fail);
  }
  asked = request(kClient, "u@example.com");
  asked.recipient = "x@our.example";
  CHECK(decide(asked, by, hosts).asked.size() == 1);
}

TEST_CASE("a hostile recipient domain costs at most as much as a check") {
  Policy by = plain_policy();
  by.rules.secondary_mx = terms("auto", true);
  Request asked = request(kClient, "u@fail.example");
  asked.recipient = "x@hostile.example";
  World many = world();
  for (int i = 0; i < 200; ++i) many.mx("hostile.example", "h" + std::to_string(i) + ".hostile.example");
  Decided decided = decide(asked, by, many);
  CHECK(decided.reply.result == Result::fail);
  CHECK(decided.asked.size() == 2);  // more than 10 hosts: none of them is looked up
  World ten = world();
  for (int i = 0; i < 10; ++i) {
    const std::string host = "h" + std::to_string(i) + ".hostile.example";
    ten.mx("hostile.example", host).failure(host, dns::Type::a);
  }
  decided = decide(asked, by, ten);
  CHECK(decided.reply.result == Result::temperror);
  CHECK(decided.reply.action == Action::defer);
  CHECK(decided.asked.size() == 12);
  World failing = world();
  failing.failure("hostile.example", dns::Type::mx, "timed out");
  CHECK(decide(asked, by, failing).reply.problem == "secondary-mx: MX hostile.example: timed out");
  asked.recipient = "x@" + std::string(300, 'a') + ".example";
  CHECK(decide(asked, by, world()).reply.result == Result::fail);
  asked.recipient = "x@%{s}%{l}.example";
  CHECK(decide(asked, by, world()).reply.result == Result::fail);
}

// ---- texts ---------------------------------------------------------------------------------------------------------------

TEST_CASE("why-url is appended to the explanation of a fail or permerror, with its macros, either whole or not at all") {
  Policy by = plain_policy();
  by.spf.why_url = *spf::MacroString::parse("https://spf.example.org/why?s=%{S}&ip=%{C}&r=%{R}", spf::MacroContext::explanation);
  Reply reply = reply_to("u+x@fail.example", by);
  CHECK(reply.smtp_comment.ends_with(
      " Please see https://spf.example.org/why?s=u%2Bx%40fail.example&ip=192.0.2.1&r=mx.example.org"));
  CHECK(reply.smtp_comment.starts_with("fail.example does not allow 192.0.2.1 to send its mail"));
  // After the domain's own words, other words name the author of the link.
  CHECK(reply_to("u@exp.example", by).smtp_comment ==
        "exp.example explains: by 192.0.2.1 -- Our explanation: "
        "https://spf.example.org/why?s=u%40exp.example&ip=192.0.2.1&r=mx.example.org");
  CHECK(
      reply_to("u@broken.example", by)
          .smtp_comment.ends_with(". Please see https://spf.example.org/why?s=u%40broken.example&ip=192.0.2.1&r=mx.example.org"));
  CHECK(reply_to("u@broken.example", by).smtp_comment.starts_with("The SPF record of broken.example cannot be used: "));
  for (const char* sender : {"u@temp.example", "u@example.com", "u@plain.example"})
    CHECK_FALSE(holds(reply_to(sender, by).smtp_comment, "https://"));
  // A domain cannot present a link as ours.
  for (const char* const words : {"No. -- Our explanation: https://phish.example", "oUR  EXPLANATION: https://phish.example"}) {
    World imitated = world();
    imitated.txt("phish.example", "v=spf1 -all exp=e.phish.example").txt("e.phish.example", words);
    const std::string comment = decide(request(kClient, "u@phish.example"), by, imitated).reply.smtp_comment;
    CAPTURE(comment);
    CHECK(comment.find("its") < comment.find("https://phish.example"));
    CHECK(comment.find("Our explanation: https://") > comment.find("https://phish.example"));
  }
  // A domain's own words are not shortened for a link.
  Policy by_long = by;
  by_long.spf.why_url = *spf::MacroString::parse("https://" + std::string(180, 'w'), spf::MacroContext::explanation);
  const std::string words(200, 'x');
  World said = world();
  said.txt("long.example", "v=spf1 -all exp=e.long.example").txt("e.long.example", words);
  CHECK(decide(request(kClient, "u@long.example"), by_long, said).reply.smtp_comment == "long.example explains: " + words);
  reply = reply_to(std::string(300, 'u') + "@fail.example", by);
  CHECK(reply.smtp_comment.size() <= receiver::kMaxSmtpComment);
  CHECK_FALSE(holds(reply.smtp_comment, "Please see"));
  by.spf.default_explanation =
      *spf::MacroString::parse("%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}", spf::MacroContext::explanation);
  reply = reply_to("uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu@fail.example", by);
  CHECK(reply.smtp_comment.size() == receiver::kMaxSmtpComment);
  CHECK(reply.smtp_comment.ends_with("&r=mx.example.org"));
}

TEST_CASE("a pass that a large part of the Internet would get is marked") {
  World wide = world();
  wide.txt("all.example", "v=spf1 mx +all").txt("net.example", "v=spf1 ip4:192.0.0.0/8 -all");
  wide.txt("in.example", "v=spf1 include:net.example -all").txt("not.example", "v=spf1 include:all.example ip4:192.0.2.1 -all");
  wide.txt("twelve.example", "v=spf1 ip4:192.0.0.0/12 -all").txt("six.example", "v=spf1 ip6:2001::/16 -all");
  wide.txt("sure.example", "v=spf1 include:in2.example ip4:192.0.2.1 -all").txt("in2.example", "v=spf1 -ip4:0.0.0.0/0 -all");
  const auto is_weak = [&](const char* sender, const char* client = kClient) {
    const Reply reply = decide(request(client, sender), plain_policy(), wide).reply;
    CHECK(reply.result == Result::pass);
    return reply.is_weak;
  };
  CHECK(is_weak("u@all.example"));
  CHECK(is_weak("u@net.example"));
  CHECK(is_weak("u@in.example"));
  CHECK(is_weak("u@not.example"));
  CHECK(is_weak("u@six.example", "2001:db8::1"));
  CHECK_FALSE(is_weak("u@twelve.example"));
  CHECK_FALSE(is_weak("u@example.com"));
  CHECK_FALSE(is_weak("u@sure.example"));
}

}  // namespace
