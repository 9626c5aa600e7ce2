// A rule replaces the verdict on the domain's record: each member of the new verdict is compared.
#include "common/receiver/judge.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "t/support/known_answers.h"
#include "t/support/single.h"
#include "t/unit/rules_world.h"

namespace {

using spf::Verdict;
using support::plain_policy;
using support::terms;
using namespace rules_world;  // NOLINT(google-build-using-namespace)

constexpr std::string_view kSoft = "v=spf1 a:none.example a:host.example ~all";
constexpr std::string_view kFail = "v=spf1 a:host.example a:none.example -all exp=why.exp.example";

// The name of the client is unknown, as its PTR records cannot be looked up.
World records() {
  World out = world();
  out.txt("softer.example", std::string(kSoft));
  out.txt("refuses.example", std::string(kFail));
  out.a("host.example", "198.51.100.1");
  out.a("unknown.hit.example", "127.0.0.2");
  out.failure("silent.example", dns::Type::a);
  out.failure("1.2.0.192.in-addr.arpa", dns::Type::ptr);
  return out;
}

Policy policy() {
  Policy by = plain_policy();
  by.spf.trace = true;
  by.spf.why_url = *spf::MacroString::parse("http://why", spf::MacroContext::explanation);
  by.spf.default_explanation = *spf::MacroString::parse("%{d}!", spf::MacroContext::explanation);
  return by;
}

Verdict judge(std::string_view sender, const Policy& by) {
  const World answers = records();
  const Request asked = request(kClient, sender);
  const receiver::RulesInForce rules(by, asked);
  const spf::Query query = support::mailfrom_query(*base::IpAddress::parse(kClient), sender, "h.example");
  support::KnownAnswers known;
  for (int round = 0; round < 100; ++round) {
    receiver::Judge judge(asked, by, rules, nullptr, by.spf, known, receiver::Judge::Turn::last);
    receiver::Judgement out;
    const spf::Needs needs = judge.evaluate(query, out);
    if (needs.empty()) {
      CHECK_FALSE(out.verdict.trace.empty());
      out.verdict.trace.clear();  // the record's steps come first, then those of the terms: see the tests of the trace
      return out.verdict;
    }
    for (const dns::Question& question : needs.needed) known.add(question, answers.answer(question));
  }
  FAIL("no end");
  return {};
}

// The verdict on softer.example without rules.
Verdict softfail() {
  Verdict out;
  out.result = Result::softfail;
  out.mechanism = "~all";
  out.domain = "softer.example";
  out.record = kSoft;
  out.lookups = 2;
  out.void_lookups = 1;
  out.ttl = 60;
  out.at_last_word = true;
  return out;
}

}  // namespace

TEST_CASE("a local term decides: its verdict counts, with record and counters of the domain") {
  CHECK(judge("a@softer.example", policy()) == softfail());
  Policy by = policy();
  Verdict expected = softfail();
  expected.at_last_word = false;

  by.rules.local = terms("-ip4:192.0.2.0/24");
  expected.result = Result::fail;
  expected.mechanism = "-ip4:192.0.2.0/24";
  expected.default_explanation = "softer.example!";
  expected.why_url = "http://why";
  CHECK(judge("a@softer.example", by) == expected);

  by.rules.local = terms("ip4:192.0.0.0/8");
  expected.result = Result::pass;
  expected.mechanism = "ip4:192.0.0.0/8";
  expected.default_explanation = expected.why_url = "";
  expected.is_wide = true;
  CHECK(judge("a@softer.example", by) == expected);
}

TEST_CASE("a trusted forwarder lifts a fail: nothing that was said about the fail stays") {
  Policy by = policy();
  Verdict expected = softfail();
  expected.result = Result::fail;
  expected.mechanism = "-all";
  expected.domain = "refuses.example";
  expected.record = kFail;
  expected.authority_explanation = "by 192.0.2.1";
  expected.why_url = "http://why";
  CHECK(judge("a@refuses.example", by) == expected);
  by.rules.forwarders = terms("ip4:192.0.0.0/8");
  by.rules.forwarder_result = Result::neutral;
  expected.result = Result::neutral;
  expected.mechanism = "ip4:192.0.0.0/8";
  expected.authority_explanation = expected.why_url = "";
  expected.at_last_word = false;
  CHECK(judge("a@refuses.example", by) == expected);
}

TEST_CASE("terms refuse a client, but one was not looked up that might have spared it: a deferral") {
  Policy by = policy();
  on(by.rules, Result::fail) = Action::reject;
  const auto result_with = [&](std::string_view local) {
    by.rules.local = terms(local);
    return judge("a@softer.example", by).result;
  };
  CHECK(result_with("-exists:%{i}.none.example -all") == Result::fail);
  CHECK(result_with("exists:silent.example -all") == Result::temperror);
  CHECK(result_with("exists:%{p}.none.example -all") == Result::temperror);
  CHECK(result_with("exists:silent.example ip4:192.0.2.0/24 -all") == Result::pass);
  // The term itself was looked up with a name that stands for one that is not known.
  CHECK(result_with("-exists:%{p}.hit.example") == Result::temperror);
}
