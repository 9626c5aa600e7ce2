// The syntax of rules in the configuration: terms, networks, fallback records.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/receiver/rules.h"
#include "t/support/decide.h"

namespace {

TEST_CASE("terms: directives, and addresses, networks and hosts without a mechanism") {
  const auto text = [](std::string_view written, bool with_auto = false) {
    std::string out;
    const auto parsed = receiver::parse_terms({std::string(written)}, with_auto);
    if (!parsed) return "error: " + parsed.error();
    for (const auto& term : *parsed)
      out += (out.empty() ? "" : " ") +
             std::string(term.is_recipient ? "auto" : term.record.text_of(term.record.directives.front()));
    return out;
  };
  CHECK(text("include:a.example -mx/24  a") == "include:a.example -mx/24 a");
  CHECK(text("192.0.2.1 192.0.2.0/24 2001:db8::/32 ::1") == "ip4:192.0.2.1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ip6:::1");
  CHECK(text("mx2.example.net") == "a:mx2.example.net");
  CHECK(text("AUTO ptr", true) == "auto ptr");
  CHECK(text("") == "");
  CHECK(text("auto") == "error: \"auto\": unknown mechanism");
  CHECK(text("redirect=a.example").starts_with("error: "));
  CHECK(text("x=y").starts_with("error: "));
  CHECK(text("-a.example").starts_with("error: "));
  CHECK(text("192.0.2.0/33").starts_with("error: "));
  std::string many;
  for (int i = 0; i < 101; ++i) many += " a";
  CHECK(text(many) == "error: more than 100 terms");
}

TEST_CASE("networks") {
  const auto text = [](std::string_view written) {
    const auto parsed = receiver::parse_network(written);
    return parsed ? parsed->text() : "error";
  };
  CHECK(text("127.0.0.0/8") == "127.0.0.0/8");
  CHECK(text("192.0.2.1") == "192.0.2.1");
  CHECK(text("::1/128") == "::1");
  CHECK(text("::ffff:127.0.0.0/104") == "127.0.0.0/8");
  CHECK(text("::ffff:127.0.0.1") == "127.0.0.1");
  for (const char* bad :
       {"", "/8", "127.0.0.1/", "127.0.0.1/33", "::1/129", "::ffff:127.0.0.1/8", "localhost", "1.2.3.4/x", "1.2.3/8"}) {
    CAPTURE(bad);
    CHECK(text(bad) == "error");
  }
}

TEST_CASE("fallback records: DOMAIN=RECORD") {
  const auto good = receiver::parse_fallback(" *.Example.com = v=spf1 mx -all ");
  REQUIRE(good);
  CHECK(good->pattern == "*.example.com");
  CHECK(good->record.text == "v=spf1 mx -all");
  for (const char* bad :
       {"", "example.com", "example.com=", "=v=spf1 -all", "example.com=v=spf1 foo", "a..b=v=spf1 -all", "x=-all"}) {
    CAPTURE(bad);
    CHECK_FALSE(receiver::parse_fallback(bad));
  }
}

}  // namespace
