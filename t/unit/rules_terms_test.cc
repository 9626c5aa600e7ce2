// The site's own terms and records: local terms, the best guess, terms in a request, fallback records.
#include "common/receiver/rules.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "common/base/text.h"
#include "t/support/decide.h"
#include "t/unit/rules_world.h"

namespace {

using support::pattern;
using support::plain_policy;
using support::terms;
using namespace rules_world;  // NOLINT(google-build-using-namespace)

// ---- local terms ---------------------------------------------------------------------------------------------------------

TEST_CASE("local terms come before the last all of a record, or before its end if it has none") {
  Policy by = plain_policy();
  by.rules.local = terms("ip4:192.0.2.0/30");
  for (const char* sender : {"u@fail.example", "u@soft.example", "u@neutral.example", "u@open.example"}) {
    CAPTURE(sender);
    const Reply reply = reply_to(sender, by);
    CHECK(reply.result == Result::pass);
    CHECK(reply.local_policy.starts_with("local-terms: ip4:192.0.2.0/30, pass instead of "));
    CHECK(reply.mechanism == "ip4:192.0.2.0/30");
  }
  World redirected = world();
  redirected.txt("to.example", "v=spf1 redirect=fail.example");
  CHECK(decide(request(kClient, "u@to.example"), by, redirected).reply.result == Result::pass);
  // Does not apply to an included record, whose own all does not end the check.
  redirected.txt("in.example", "v=spf1 include:fail.example ip4:192.0.2.1 -all");
  CHECK(decide(request(kClient, "u@in.example"), by, redirected).reply.local_policy == "");
  // Does not apply if a term of the domain has decided, nor to a record that only states that the domain sends no mail.
  redirected.txt("term.example", "v=spf1 -ip4:192.0.2.1 ~all").txt("never2.example", "v=spf1 redirect=never.example");
  redirected.txt("plus.example", "v=spf1 mx +all");
  for (const char* sender : {"u@term.example", "u@never.example", "u@never2.example", "u@plus.example", "u@plain.example",
                             "u@broken.example", "u@exp.example"}) {
    CAPTURE(sender);
    CHECK(decide(request(kClient, sender), by, redirected).reply.local_policy == "");
  }
}

TEST_CASE("local terms give the result of their qualifier, and do not count against the domain's limits") {
  Policy by = plain_policy();
  by.rules.local = terms("-ip4:192.0.2.1");
  Reply reply = reply_to("u@neutral.example", by);
  CHECK(reply.result == Result::fail);
  CHECK(reply.action == Action::reject);
  CHECK(reply.smtp_comment.starts_with("neutral.example does not allow 192.0.2.1"));
  by.rules.local = terms("?ip4:192.0.2.1");
  CHECK(reply_to("u@fail.example", by).result == Result::neutral);
  // The domain has used up its ten terms.
  World full = world();
  std::string record = "v=spf1";
  for (int i = 0; i < 10; ++i) {
    record += " a:h" + std::to_string(i) + ".full.example";
    full.a("h" + std::to_string(i) + ".full.example", "198.51.100.1");
  }
  full.txt("full.example", record + " -all").a("local.example", kClient);
  by.rules.local = terms("a:local.example");
  reply = decide(request(kClient, "u@full.example"), by, full).reply;
  CHECK(reply.result == Result::pass);
  CHECK(reply.lookups == 10);
}

// ---- best guess ----------------------------------------------------------------------------------------------------------

TEST_CASE("the best guess applies only to domains without a record, and turns none into neutral unless a rule says pass") {
  Policy by = plain_policy();
  by.rules.guess = terms("a/24 mx/24 ptr");
  Reply reply = reply_to("u@plain.example", by);
  CHECK(reply.result == Result::neutral);
  CHECK(reply.local_policy == "guess: a/24, neutral instead of none");
  CHECK(holds(reply.header_comment, "local policy: guess: a/24"));
  by.rules.guess_result = Result::pass;
  CHECK(reply_to("u@plain.example", by).result == Result::pass);
  CHECK(reply_to(request("203.0.113.1", "u@plain.example"), by).result == Result::none);
  CHECK(reply_to(request("203.0.113.1", "u@fail.example"), by).result == Result::fail);
  CHECK(reply_to(request("203.0.113.1", "u@[192.0.2.1]"), by).result == Result::none);
}

TEST_CASE("the guess keys report and change nothing; guess_tf is the guess with the trusted forwarders") {
  Policy by = plain_policy();
  Request asked = request("192.0.2.5", "u@plain.example");
  CHECK_FALSE(reply_to(asked, by).guesses);
  asked.guess = true;
  Reply reply = reply_to(asked, by);
  REQUIRE(reply.guesses);
  CHECK(reply.result == Result::none);
  CHECK(reply.guesses->usual.result == "pass");
  CHECK(reply.guesses->usual.header_comment ==
        "mx.example.org: domain of u@plain.example designates 192.0.2.5 as permitted sender; local policy: best guess");
  CHECK(reply.guesses->usual.smtp_comment == reply.guesses->usual.header_comment);
  CHECK(reply.guesses->forwarders.result == "");
  by.rules.forwarders = terms("203.0.113.0/24");
  CHECK(reply_to(asked, by).guesses->forwarders.result == "neutral");
  asked.client = base::IpAddress::parse("203.0.113.1");
  reply = reply_to(asked, by);
  CHECK(reply.guesses->usual.result == "neutral");
  CHECK(reply.guesses->forwarders.result == "pass");
  CHECK(reply.result == Result::none);
  asked.sender = "u@[192.0.2.1]";
  CHECK(reply_to(asked, by).guesses->usual.result == "");
}

TEST_CASE("terms in a request count only if the policy allows it") {
  Policy by = plain_policy();
  Request asked = request(kClient, "u@fail.example");
  asked.local = "ip4:192.0.2.1";
  asked.guess_terms = "ip4:192.0.2.1";
  Reply reply = reply_to(asked, by);
  CHECK(reply.result == Result::fail);
  CHECK_FALSE(reply.guesses);
  by.allow_request_policy = true;
  reply = reply_to(asked, by);
  CHECK(reply.result == Result::pass);
  REQUIRE(reply.guesses);
  CHECK(reply.guesses->usual.result == "pass");
  for (const char* bad : {"redirect=evil.example", "ip4:192.0.2", "v=spf1", "include:", "exp=x.example", "\x01", "%", "a:%{z}"}) {
    CAPTURE(bad);
    asked.local = bad;
    reply = reply_to(asked, by);
    CHECK(reply.result == Result::temperror);
    CHECK(reply.error.starts_with("local=: "));
    CHECK(std::all_of(reply.error.begin(), reply.error.end(), base::is_printable));
  }
  asked.local = " ";
  asked.guess_terms = "nonsense";
  CHECK(reply_to(asked, by).error.starts_with("guess_mechs=: "));
}

// ---- fallback records ----------------------------------------------------------------------------------------------------

TEST_CASE("a fallback record replaces a missing record; the most specific pattern wins") {
  Policy by = plain_policy();
  by.fallback.add(pattern("*.example"), *spf::parse_record("v=spf1 ip4:192.0.2.1 -all"));
  by.fallback.add(pattern("*.plain.example"), *spf::parse_record("v=spf1 ~all"));
  Reply reply = reply_to("u@plain.example", by);
  CHECK(reply.result == Result::pass);
  CHECK(reply.local_policy == "fallback: *.example");
  CHECK(reply.spf_record == "v=spf1 ip4:192.0.2.1 -all");
  CHECK(holds(reply.received_spf_header, "local policy: fallback: *.example"));
  CHECK(reply_to("u@a.plain.example", by).result == Result::softfail);
  CHECK(reply_to(request("203.0.113.1", "u@plain.example"), by).action == Action::reject);
  // Does not apply to domains with a record, good or bad, nor to names that cannot have one.
  CHECK(reply_to("u@soft.example", by).local_policy == "");
  CHECK(reply_to("u@broken.example", by).result == Result::permerror);
  CHECK(reply_to("u@temp.example", by).result == Result::temperror);
  CHECK(reply_to("u@example", by).result == Result::none);
  by.fallback.add(pattern("plain.example"), *spf::parse_record("v=spf1 redirect=example.com"));
  reply = reply_to("u@plain.example", by);
  CHECK(reply.local_policy == "fallback: plain.example");
  CHECK(reply.result == Result::pass);
  CHECK(reply.mechanism == "ip4:192.0.2.0/24");
}

}  // namespace
