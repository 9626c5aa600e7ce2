#include "common/spf/record.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>

#include "common/spf/query.h"
#include "common/spf/terms.h"
#include "t/support/show.h"

namespace {

bool is_valid(std::string_view text) { return spf::parse_record(text).ok(); }

// Returns the memory of the record in bytes.
std::size_t bytes_of(const spf::Record& record) {
  std::size_t bytes = sizeof(record) + record.text.capacity() + record.directives.capacity() * sizeof(spf::Directive) +
                      record.domain_specs.capacity() * sizeof(spf::MacroString);
  for (const spf::MacroString& spec : record.domain_specs) bytes += spec.text().capacity() + spec.parts_bytes();
  return bytes;
}

// Returns the domain-spec of redirect, or "-" without an effective redirect.
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

TEST_CASE("RFC 7208 §4.5: several SPF records are one problem, whatever they contain") {
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

TEST_CASE("terms and domain-specs are stored as published, also in a copy") {
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

TEST_CASE("RFC 7208 §5.1: all takes no argument, and disables redirect at any place") {
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

TEST_CASE("RFC 7208 §6: unknown modifiers are ignored, known ones may occur once") {
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

TEST_CASE("RFC 7208 §4.6: an error anywhere invalidates the whole record, also after a match") {
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

TEST_CASE("an empty value is reported as missing, in every term with a value") {
  const auto message = [](const std::string& term) {
    const auto record = spf::parse_record("v=spf1 " + term);
    return record.ok() ? "valid" : record.error().message;
  };
  for (const char* term : {"include:", "a:", "mx:", "ptr:", "exists:", "ip4:", "ip6:", "redirect=", "exp="}) {
    CHECK(message(term) == fmt::format("the value after '{}' is missing", term));
  }
  CHECK(message("-Include:") == "the value after 'include:' is missing");
  CHECK(message("a:/24") == "the value after 'a:' is missing");
  CHECK(message("ip4:/24") == "the value after 'ip4:' is missing");
  for (const char* term : {"a/", "a//", "mx/24//", "a:a.example/", "ip4:192.0.2.0/", "ip6:2001:db8::/"}) {
    CHECK(message(term) == "the value after '/' is missing");
  }
}

TEST_CASE("a record stores no unreachable term, but its syntax is still checked") {
  const auto count = [](const std::string& text) {
    const auto record = spf::parse_record(text);
    REQUIRE(record.ok());
    return std::pair(record->directives.size(), record->domain_specs.size());
  };
  CHECK(count("v=spf1 a -all a:a.example include:b.example ip4:192.0.2.1 ?all") == std::pair(2UL, 0UL));
  // exp after "all" counts (RFC 7208 §6: at any place).
  const auto record = spf::parse_record("v=spf1 -all exp=e.example redirect=r.example");
  REQUIRE(record.ok());
  REQUIRE(record->domain_spec(record->explanation) != nullptr);
  CHECK(record->domain_spec(record->explanation)->text() == "e.example");
  CHECK(record->domain_spec(record->redirect) == nullptr);
  for (const char* text :
       {"v=spf1 -all moo", "v=spf1 -all include:", "v=spf1 -all a/33", "v=spf1 -all exp=e.example exp=e.example",
        "v=spf1 -all redirect=a.example redirect=a.example", "v=spf1 -all foo=%{x}"}) {
    CAPTURE(text);
    CHECK_FALSE(is_valid(text));
  }
  // After more terms with DNS questions than any check evaluates.
  std::string many = "v=spf1";
  for (int i = 0; i < 1000; ++i) many += " a";
  CHECK(count(many + " ip4:192.0.2.1 -all").first == spf::kMaxDnsTerms + 1);
  CHECK_FALSE(is_valid(many + " moo"));
}

TEST_CASE("a record of 62 KB takes a small multiple of its text, whatever its terms are") {
  constexpr std::size_t kText = 62'000;
  for (const char* term : {"a", "mx", "ptr", "a/0", "a:%%.a", "a:%{d}", "exists:%{d}", "ip6:::", "ip4:0.0.0.0", "ip4:0.0.0.0/0",
                           "x=", "x=%{d}", "all", "+all", "-all a", "a:a.b", "include:%{l}%%a%%a%%a%%a%%a%%a.b"}) {
    for (const char* before : {"", " -all", " a a a a a a a a a a a"}) {
      std::string text = std::string("v=spf1") + before;
      while (text.size() < kText) text.append(" ").append(term);
      CAPTURE(text.substr(0, 40));
      const auto record = spf::parse_record(text);
      REQUIRE(record.ok());
      CHECK(bytes_of(*record) <= 7 * text.size());
    }
  }
  // One term of the shortest possible parts.
  for (const char* part : {"%%a", "%_", "%%", "%{d}", "%{d}a", "%{d.}"}) {
    std::string spec;
    while (spec.size() < kText) spec += part;
    const auto record = spf::parse_record("v=spf1 exists:" + spec + ".example");
    CAPTURE(part);
    REQUIRE(record.ok());
    CHECK(bytes_of(*record) <= 8 * record->text.size());
  }
  CHECK_FALSE(is_valid("v=spf1 exists:" + std::string(65536, 'a') + ".example"));
}

TEST_CASE("RFC 7208 §4.5: a text that resembles a record is not one, and the problem states why") {
  const auto near_miss = [](const std::string& text) {
    const auto policy = spf::select_record({"other", text});
    const auto* const none = std::get_if<spf::NoRecord>(&policy);
    return none == nullptr ? "a record" : none->near_miss;
  };
  CHECK(near_miss("v=spf1 -all") == "a record");
  CHECK(near_miss(" v=spf1 -all") == "it has a blank before \"v=spf1\"");
  CHECK(near_miss("\tv=spf1 -all") == "it has a tab before \"v=spf1\"");
  CHECK(near_miss("\xef\xbb\xbfv=spf1 -all") == "it has a byte order mark before \"v=spf1\"");
  CHECK(near_miss("\"v=spf1 -all\"") == "it has a quotation mark before \"v=spf1\"");
  CHECK(near_miss("\xe2\x80\x9cV=SPF1 -all\xe2\x80\x9d") == "it has a typographic quotation mark before \"v=spf1\"");
  CHECK(near_miss("v=spf1;-all") == "\"v=spf1\" must be followed by a blank, not by ';-all'");
  CHECK(near_miss("v=spf1include:a.example") == "\"v=spf1\" must be followed by a blank, not by 'include:a.example'");
  // The text of others cannot seem to end before it does.
  CHECK(near_miss("v=spf1x'; '") == "\"v=spf1\" must be followed by a blank, not by 'x\\x27; \\x27'");
  CHECK(near_miss("v=spf1\xc2\xa0-all") == "it has a no-break space where a blank must follow \"v=spf1\"");
  CHECK(near_miss("v=spf1\t-all") == "it has a tab where a blank must follow \"v=spf1\"");
  CHECK(near_miss("v = spf1 -all") == "it has a blank in \"v=spf1\"");
  CHECK(near_miss("spf1 mx -all") == "it begins with \"spf1\", not with \"v=spf1\"");
  CHECK(near_miss("v:spf1 -all") == "it begins with \"v:spf1\", not with \"v=spf1\"");
  CHECK(near_miss("v=spf2 -all") == "it begins with \"v=spf2\", not with \"v=spf1\"");
  CHECK(near_miss("v=spf -all") == "it begins with \"v=spf\", not with \"v=spf1\"");
  CHECK(near_miss("v=spf10 -all") == "it begins with \"v=spf10\", not with \"v=spf1\"");
  for (const char* text : {"", " ", "v", "v=", "v=DKIM1; p=", "v=DMARC1; p=none", "vspf1", "spf2.0/mfrom -all",
                           "v=spf2.0/mfrom -all", "v=spfx -all", "we like v=spf1"}) {
    CAPTURE(text);
    CHECK(near_miss(text).empty());
  }
}

TEST_CASE("the error names the term and its problem") {
  const auto record = spf::parse_record("v=spf1 a foo:bar -all");
  REQUIRE_FALSE(record.ok());
  CHECK(record.error().term == "foo:bar");
  CHECK(record.error().message == "unknown mechanism");
}

TEST_CASE("terms: no more are read than asked for") {
  const std::string many = "v=spf1 a mx ptr -all";
  CHECK(spf::read_terms(many).size() == 4);
  CHECK(spf::read_terms(many, 4).size() == 4);
  const auto two = spf::read_terms(many, 2);
  REQUIRE(two.size() == 2);
  CHECK(two[1].text == "mx");
  CHECK(spf::read_terms(many, 0).empty());
}

}  // namespace
