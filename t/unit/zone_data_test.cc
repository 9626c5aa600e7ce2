#include "t/support/zone_data.h"

#include <stdexcept>

#include <doctest/doctest.h>

#include "t/support/show.h"

namespace {

using dns::Type;

constexpr const char* kSuite = R"(description: first
tests:
  one:
    description: >-
      folded
      text
    spec: 4.6.4/1, 5/2
    helo: mail.example
    host: ::FFFF:1.2.3.4
    mailfrom: ""
    result: [pass, none]
  two:
    spec: 4.3/1
    helo: mail.example
    host: 1.2.3.4
    mailfrom: a@example
    result: fail
    explanation: "\xEF no"
zonedata:
  Example.:
    - SPF: "v=spf1 a:\xEF\x80\0 -all"
    - A: 1.2.3.4
    - MX: [20, 'Two.']
    - MX: [10, one]
    - MX: [0, '']
    - MX: [30, a..b]
  both:
    - SPF: v=spf1 -all
    - TXT: [v=spf1, ' +all']
    - TXT: [ ]
  none:
    - SPF: v=spf1 -all
    - TXT: NONE
  slow:
    - TIMEOUT
  partly:
    - TXT: x
    - TIMEOUT
  no-a:
    - A: TIMEOUT
    - AAAA: CAFE:BABE::1
  alias:
    - CNAME: BOTH.
  dangling:
    - CNAME: nobody
  loop:
    - CNAME: LOOP.
  a..b%{x}:
    - A: 1.2.3.4
---
description: second
tests: {}
zonedata: {}
)";

dns::Answer answer(const support::Scenario& scenario, std::string_view name, Type type) {
  return scenario.zone.answer({*dns::Name::parse(name), type});
}

TEST_CASE("the suite's tests") {
  const auto suite = support::parse_suite(kSuite);
  REQUIRE(suite.size() == 2);
  CHECK(suite[0].description == "first");
  REQUIRE(suite[0].tests.size() == 2);
  const auto& one = suite[0].tests[0];
  CHECK(one.id == "one");
  CHECK(one.description == "folded text");
  CHECK(one.spec == "4.6.4/1, 5/2");
  CHECK(one.host == "::FFFF:1.2.3.4");
  CHECK(one.mailfrom.empty());
  CHECK(one.results == std::vector<std::string>{"pass", "none"});
  CHECK_FALSE(one.explanation.has_value());
  CHECK(suite[0].tests[1].results == std::vector<std::string>{"fail"});
  CHECK(suite[0].tests[1].explanation == "\xEF no");
  CHECK_THROWS_AS(support::read_suite("/nonexistent"), std::runtime_error);
  CHECK_THROWS_AS(support::read_suite("/dev/null"), std::runtime_error);
}

TEST_CASE("the suite's zone data as a recursive resolver answers it") {
  const auto suite = support::parse_suite(kSuite);
  const auto& zone = suite[0];
  const auto timed_out = dns::failure_answer("timed out");
  CHECK(answer(zone, "example", Type::txt).texts == std::vector<std::string>{std::string("v=spf1 a:\xEF\x80\0 -all", 17)});
  CHECK(answer(zone, "EXAMPLE", Type::a).addresses[0].text() == "1.2.3.4");
  CHECK(answer(zone, "example", Type::mx).names == std::vector<std::string>{"", "one", "two", "?"});
  CHECK(answer(zone, "example", Type::ptr).status == dns::Status::ok);
  CHECK(answer(zone, "example", Type::ptr).is_void());
  CHECK(answer(zone, "x.example", Type::a).status == dns::Status::name_error);
  CHECK(answer(zone, "both", Type::txt).texts == std::vector<std::string>{"v=spf1 +all", ""});
  CHECK(answer(zone, "none", Type::txt).is_void());
  CHECK(answer(zone, "slow", Type::txt) == timed_out);
  CHECK(answer(zone, "partly", Type::txt).texts == std::vector<std::string>{"x"});
  CHECK(answer(zone, "partly", Type::mx) == timed_out);
  CHECK(answer(zone, "no-a", Type::a) == timed_out);
  CHECK(answer(zone, "no-a", Type::aaaa).addresses[0].text() == "cafe:babe::1");
  CHECK(answer(zone, "no-a", Type::txt).is_void());
  CHECK(answer(zone, "alias", Type::txt).texts.size() == 2);
  CHECK(zone.zone.resolve({*dns::Name::parse("alias"), Type::txt}).cnames == std::vector<std::string>{"both"});
  CHECK(answer(zone, "dangling", Type::txt).status == dns::Status::name_error);
  CHECK(answer(zone, "loop", Type::txt) == dns::failure_answer("SERVFAIL"));
}

}  // namespace
