#include "common/spf/record.h"

#include <doctest/doctest.h>

namespace {

bool is_valid(std::string_view text) { return spf::parse_record(text).ok(); }

// The domain-spec of redirect; "-" without one that counts.
std::string redirect_of(std::string_view text) {
  const auto record = spf::parse_record(text);
  REQUIRE(record.ok());
  const spf::MacroString* const spec = record->domain_spec(record->redirect);
  return spec == nullptr ? "-" : spec->text();
}

TEST_CASE("RFC 7208 §4.5: the version ends at a blank or at the end of the record") {
  const auto count = [](std::vector<std::string> texts) { return spf::select_record(texts).index(); };
  CHECK(std::holds_alternative<spf::NoRecord>(spf::select_record({"v=spf10", "v=spf1\tall", " v=spf1", "spf1"})));
  CHECK(count({"v=spf1"}) == 3);
  CHECK(count({"v=spf1 "}) == 3);
  CHECK(count({"v=spf10", "v=spf1 -all"}) == 3);
}

TEST_CASE("RFC 7208 §4.5: several SPF records are one problem, whatever they say") {
  const auto policy = spf::select_record({"v=spf1 -all", "other", "v=spf1 -all"});
  REQUIRE(std::holds_alternative<spf::SeveralRecords>(policy));
  CHECK(std::get<spf::SeveralRecords>(policy).count == 2);
}

TEST_CASE("RFC 5234 §2.3: version, mechanisms and modifiers in any case") {
  CHECK(is_valid("V=SPF1 A MX Include:Example.com EXISTS:x.example.com -ALL"));
  CHECK(is_valid("v=spf1 Redirect=example.com EXP=example.com"));
  CHECK_FALSE(is_valid("v=spf1 redirect=a.example.com Redirect=b.example.com"));
}

TEST_CASE("RFC 7208 §4.6.2: qualifiers") {
  const auto record = spf::parse_record("v=spf1 +a -mx ~ptr ?all");
  REQUIRE(record.ok());
  REQUIRE(record->directives.size() == 4);
  CHECK(record->directives[0].qualifier == spf::Result::pass);
  CHECK(record->directives[1].qualifier == spf::Result::fail);
  CHECK(record->directives[2].qualifier == spf::Result::softfail);
  CHECK(record->directives[3].qualifier == spf::Result::neutral);
  CHECK(record->text_of(record->directives[1]) == "-mx");
  CHECK_FALSE(is_valid("v=spf1 --all"));
  CHECK_FALSE(is_valid("v=spf1 -"));
  CHECK_FALSE(is_valid("v=spf1 -redirect=example.com"));
}

TEST_CASE("terms and domain-specs are kept as published, also in a copy") {
  const auto parsed =
      spf::parse_record("v=spf1  +A:a.example.com/24 exp=%{d}.exp.example.com ip4:192.0.2.1 ?include:B.example.com ~all");
  REQUIRE(parsed.ok());
  const spf::Record record = *parsed;
  REQUIRE(record.directives.size() == 4);
  std::string terms;
  std::string specs;
  for (const spf::Directive& directive : record.directives) {
    const spf::MacroString* const spec = record.domain_spec(directive.domain_spec);
    terms += "[" + std::string(record.text_of(directive)) + "]";
    specs += "[" + (spec == nullptr ? "" : spec->text()) + "]";
  }
  CHECK(terms == "[+A:a.example.com/24][ip4:192.0.2.1][?include:B.example.com][~all]");
  CHECK(specs == "[a.example.com][][B.example.com][]");
  REQUIRE(record.domain_spec(record.explanation) != nullptr);
  CHECK(record.domain_spec(record.explanation)->text() == "%{d}.exp.example.com");
  CHECK(record.domain_spec(record.redirect) == nullptr);
}

TEST_CASE("RFC 7208 §4.6.1: only blanks separate terms") {
  CHECK(is_valid("v=spf1   a    -all   "));
  CHECK_FALSE(is_valid("v=spf1 a\t-all"));
  CHECK_FALSE(is_valid("v=spf1 a\n-all"));
  CHECK_FALSE(is_valid(std::string_view("v=spf1 a\0 -all", 14)));
}

TEST_CASE("RFC 7208 §5.1: all takes no argument, and switches redirect off wherever it stands") {
  CHECK_FALSE(is_valid("v=spf1 all:example.com"));
  CHECK_FALSE(is_valid("v=spf1 all/8"));
  CHECK_FALSE(is_valid("v=spf1 -all."));
  CHECK(redirect_of("v=spf1 redirect=example.com -all") == "-");
  CHECK(redirect_of("v=spf1 -all redirect=example.com") == "-");
  CHECK(redirect_of("v=spf1 a redirect=example.com") == "example.com");
}

TEST_CASE("RFC 7208 §5.2, §5.7: include and exists need a domain") {
  for (const char* text :
       {"v=spf1 include", "v=spf1 include:", "v=spf1 include/24", "v=spf1 include:example.com/24", "v=spf1 exists",
        "v=spf1 exists:", "v=spf1 exists:example.com/24", "v=spf1 include:example", "v=spf1 exists:/24"}) {
    CAPTURE(text);
    CHECK_FALSE(is_valid(text));
  }
}

TEST_CASE("RFC 7208 §5.6: prefix lengths of a and mx") {
  const auto record = spf::parse_record("v=spf1 a a/24 a//64 a/24//64 a:example.com/0 mx:example.com//0 mx/32//128");
  REQUIRE(record.ok());
  const auto lengths = [&](std::size_t i) {
    return std::pair<int, int>(record->directives[i].prefix4, record->directives[i].prefix6);
  };
  CHECK(lengths(0) == std::pair(32, 128));
  CHECK(lengths(1) == std::pair(24, 128));
  CHECK(lengths(2) == std::pair(32, 64));
  CHECK(lengths(3) == std::pair(24, 64));
  CHECK(lengths(4) == std::pair(0, 128));
  CHECK(lengths(5) == std::pair(32, 0));
  for (const char* text : {"v=spf1 a/33", "v=spf1 a//129", "v=spf1 a/", "v=spf1 a//", "v=spf1 a/024", "v=spf1 a/24/64",
                           "v=spf1 a///64", "v=spf1 a:/24", "v=spf1 a:example.com/x", "v=spf1 a/-1", "v=spf1 ptr/0",
                           "v=spf1 ptr:example.com/24", "v=spf1 a/99999999999999999999", "v=spf1 mx:"}) {
    CAPTURE(text);
    CHECK_FALSE(is_valid(text));
  }
}

TEST_CASE("RFC 7208 §5.6: networks of ip4 and ip6") {
  for (const char* text : {"v=spf1 ip4:192.0.2.1", "v=spf1 ip4:192.0.2.0/24", "v=spf1 ip4:0.0.0.0/0", "v=spf1 ip6:2001:db8::/32",
                           "v=spf1 ip6:::1", "v=spf1 ip6:::ffff:1.2.3.4", "v=spf1 ip6:::/0"}) {
    CAPTURE(text);
    CHECK(is_valid(text));
  }
  for (const char* text :
       {"v=spf1 ip4", "v=spf1 ip4:", "v=spf1 ip4/24", "v=spf1 ip4:192.0.2", "v=spf1 ip4:192.0.2.256", "v=spf1 ip4:192.0.2.0/33",
        "v=spf1 ip4:192.0.2.0/", "v=spf1 ip4:192.0.2.0//24", "v=spf1 ip4:192.0.02.0", "v=spf1 ip4:example.com",
        "v=spf1 ip4:2001:db8::1", "v=spf1 ip6:192.0.2.1", "v=spf1 ip6:2001:db8::/129", "v=spf1 ip6:2001:db8::1::2",
        "v=spf1 ip6:2001:db8::/032", "v=spf1 ip6", "v=spf1 ip6:[2001:db8::1]"}) {
    CAPTURE(text);
    CHECK_FALSE(is_valid(text));
  }
}

TEST_CASE("RFC 7208 §6: unknown modifiers are ignored, known ones stand once") {
  CHECK(is_valid("v=spf1 foo=bar foo=bar x-y_z.1=%{d} op=%{c}"));
  CHECK(is_valid("v=spf1 foo="));
  CHECK_FALSE(is_valid("v=spf1 foo=%{z}"));
  CHECK_FALSE(is_valid("v=spf1 foo=%"));
  CHECK_FALSE(is_valid("v=spf1 =foo"));
  CHECK_FALSE(is_valid("v=spf1 1foo=bar"));
  CHECK_FALSE(is_valid("v=spf1 exp=a.example.com exp=b.example.com"));
  CHECK_FALSE(is_valid("v=spf1 redirect="));
  CHECK_FALSE(is_valid("v=spf1 exp="));
  CHECK_FALSE(is_valid("v=spf1 redirect=example"));
}

TEST_CASE("RFC 7208 §4.6: an error anywhere spoils the whole record, also behind a match") {
  for (const char* text : {"v=spf1 +all a:%{a}.example.com", "v=spf1 +all exists:%{c}.example.com",
                           "v=spf1 +all a:%{d0}.example.com", "v=spf1 -all moo", "v=spf1 -all a:"}) {
    CAPTURE(text);
    CHECK_FALSE(is_valid(text));
  }
}

TEST_CASE("RFC 8616 §4: a record is ASCII") {
  CHECK_FALSE(
      is_valid("v=spf1 a:b\xc3\xbc"
               "cher.example -all"));
  CHECK_FALSE(is_valid("v=spf1 foo=\xef -all"));
}

TEST_CASE("the error names the term and what is wrong with it") {
  const auto record = spf::parse_record("v=spf1 a foo:bar -all");
  REQUIRE_FALSE(record.ok());
  CHECK(record.error().term == "foo:bar");
  CHECK(record.error().message == "unknown mechanism");
}

}  // namespace
