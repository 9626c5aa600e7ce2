// The receiver's rules for single domains of senders and recipients.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "common/receiver/rules.h"
#include "t/support/decide.h"
#include "t/unit/rules_world.h"

namespace {

using receiver::HeloCheck;
using support::pattern;
using support::plain_policy;
using support::terms;
using namespace rules_world;  // NOLINT(google-build-using-namespace)

// ---- rules for domains ---------------------------------------------------------------------------------------------------

TEST_CASE("rules for domains: the sender's, then the recipient's, then the general ones, per key; exact before wildcard") {
  Policy by = plain_policy();
  on(by.rules, Result::softfail) = Action::reject;
  on(by.rules, Result::neutral) = Action::reject;
  Rules wide, narrow, exact, recipient;
  on(wide, Result::softfail) = Action::defer;
  on(wide, Result::fail) = Action::defer;
  on(narrow, Result::softfail) = Action::accept;
  on(exact, Result::neutral) = Action::defer;
  on(recipient, Result::neutral) = Action::accept;
  on(recipient, Result::fail) = Action::accept;
  on(recipient, Result::softfail) = Action::reject;
  by.senders.add(pattern("*.example"), wide);
  by.senders.add(pattern("*.soft.example"), narrow);
  by.senders.add(pattern("neutral.example"), exact);
  by.recipients.add(pattern("our.org"), recipient);
  World more = world();
  more.txt("a.soft.example", "v=spf1 ~all").txt("soft.other", "v=spf1 ~all").txt("neutral.other", "v=spf1 ?all");
  const auto action = [&](const char* sender, const char* recipient_of_mail) {
    Request asked = request(kClient, sender);
    asked.recipient = recipient_of_mail;
    return decide(asked, by, more).reply.action;
  };
  CHECK(action("u@soft.example", "") == Action::defer);     // *.example
  CHECK(action("u@a.soft.example", "") == Action::accept);  // *.soft.example, the longer one
  CHECK(action("u@soft.other", "") == Action::reject);      // general
  CHECK(action("u@soft.other", "x@our.org") == Action::reject);
  CHECK(action("u@soft.example", "x@our.org") == Action::defer);  // the sender's before the recipient's
  CHECK(action("u@neutral.other", "x@OUR.org.") == Action::accept);
  CHECK(action("u@neutral.other", "x@a.our.org") == Action::reject);
  CHECK(action("u@neutral.example", "x@our.org") == Action::defer);
  CHECK(action("u@fail.example", "x@our.org") == Action::defer);  // not in the exact section, but in the wildcard above it
}

TEST_CASE("the null sender has the rules of its HELO name; every kind of rule may apply to a single domain") {
  Policy by = plain_policy();
  Rules rules;
  rules.dry_run = true;
  rules.explanation = *spf::MacroString::parse("No, %{o}.", spf::MacroContext::explanation);
  rules.why_url = *spf::MacroString::parse("http://why", spf::MacroContext::explanation);
  rules.forwarders = terms("203.0.113.0/24");
  rules.check_helo = HeloCheck::first;
  rules.exempt = std::vector{*receiver::parse_network("203.0.114.1")};
  by.senders.add(pattern("fail.example"), rules);
  CHECK(reply_to(request(kClient, "<>", "fail.example"), by).would == Action::reject);
  const Reply reply = reply_to("u@fail.example", by);
  CHECK(reply.smtp_comment == "No, fail.example. Please see http://why");
  CHECK(reply.helo);
  CHECK(reply_to(request("203.0.113.1", "u@fail.example"), by).result == Result::neutral);
  CHECK(reply_to(request("203.0.114.1", "u@fail.example"), by).local_policy == "exempt-clients: 203.0.114.1");
  CHECK(reply_to("u@never.example", by).smtp_comment.starts_with("never.example does not allow"));
}

TEST_CASE("domains of rules and senders are compared in A-labels, without case") {
  Policy by = plain_policy();
  Rules rules;
  on(rules, Result::none) = Action::reject;
  by.senders.add(pattern("B\xc3\xbc"
                         "cher.Example"),
                 rules);
  CHECK(reply_to("u@b\xc3\xbc"
                 "cher.example",
                 by)
            .action == Action::reject);
  CHECK(reply_to("u@XN--BCHER-KVA.example", by).action == Action::reject);
  for (const char* bad : {"", "*.", "a..b", "*a.example", "a.*.example", "u@example.com", "[192.0.2.1]", "**"}) {
    CAPTURE(bad);
    CHECK_FALSE(receiver::DomainPattern::parse(bad));
  }
  CHECK(receiver::DomainPattern::parse("*")->text() == "*");
  CHECK(receiver::DomainPattern::parse("*.Example.COM.")->text() == "*.example.com");
}

}  // namespace
