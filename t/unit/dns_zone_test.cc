#include "common/dns/zone.h"

#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace {

using dns::Type;

dns::Name name(std::string_view text) { return *dns::Name::parse(text); }

dns::Zone zone(std::string_view text) {
  dns::Zone out;
  const auto added = out.add_file(text);
  if (!added) FAIL(fmt::format("line {}: {}", added.error().line, added.error().message));
  return out;
}

dns::Answer answer(const dns::Zone& from, std::string_view owner, Type type) {
  const auto found = from.find({name(owner), type});
  REQUIRE(std::holds_alternative<dns::Answer>(found));
  return std::get<dns::Answer>(found);
}

// The name that DNS is to be asked for.
std::string unknown(const dns::Zone& from, std::string_view owner, Type type) {
  const auto found = from.find({name(owner), type});
  REQUIRE(std::holds_alternative<dns::Zone::Unknown>(found));
  CHECK(std::get<dns::Zone::Unknown>(found).question.type == type);
  return std::string(std::get<dns::Zone::Unknown>(found).question.name.text());
}

dns::ZoneError error(std::string_view text) {
  dns::Zone out;
  const auto added = out.add_file(text);
  REQUIRE_FALSE(added.ok());
  CHECK(out.empty());
  return added.error();
}

std::vector<std::string> texts(std::string_view line) { return answer(zone(line), "a", Type::txt).texts; }

TEST_CASE("each type, names relative to the root, relative to $ORIGIN and absolute") {
  const auto got = zone(R"(example.com TXT "v=spf1 mx -all"
$ORIGIN Example.com.
@     MX 20 b
@     IN MX 10 A.example.com.
@     600 IN MX 10 c
a     IN 600 A 192.0.2.1
a     A 192.0.2.2
      AAAA 2001:db8::1
$ORIGIN sub
x     A 192.0.2.3
1.2.0.192.in-addr.arpa. PTR a.example.com.
)");
  CHECK(answer(got, "example.com", Type::txt).texts == std::vector<std::string>{"v=spf1 mx -all"});
  CHECK(answer(got, "example.com", Type::mx).names ==
        std::vector<std::string>{"a.example.com", "c.example.com", "b.example.com"});
  CHECK(answer(got, "A.EXAMPLE.com", Type::a).addresses.size() == 2);
  CHECK(answer(got, "a.example.com", Type::aaaa).addresses[0].text() == "2001:db8::1");
  CHECK(answer(got, "x.sub.example.com", Type::a).addresses[0].text() == "192.0.2.3");
  CHECK(answer(got, "1.2.0.192.in-addr.arpa", Type::ptr).names == std::vector<std::string>{"a.example.com"});
}

TEST_CASE("comments, parentheses over lines, CRLF, a last line without its end") {
  const auto got = zone(
      "; a comment\r\n\r\n$ORIGIN example.com. ; another\r\n@ TXT ( \"a;(\" ; first\r\n\r\n  \"b)\" )\r\n\t\r\n"
      "b TXT c;d\r\nd TXT e");
  CHECK(answer(got, "example.com", Type::txt).texts == std::vector<std::string>{"a;(b)"});
  CHECK(answer(got, "b.example.com", Type::txt).texts == std::vector<std::string>{"c"});
  CHECK(answer(got, "d.example.com", Type::txt).texts == std::vector<std::string>{"e"});
  CHECK(zone("").empty());
  CHECK(zone("\n ; nothing\n").empty());
}

TEST_CASE("RFC 1035 §5.1: escapes in strings; strings are joined") {
  CHECK(texts(R"(a TXT "one" two "three")") == std::vector<std::string>{"onetwothree"});
  CHECK(texts(R"(a TXT "\"\\\065\239\010")") == std::vector<std::string>{"\"\\A\xef\n"});
  CHECK(texts(R"(a TXT b\ c\;d)") == std::vector<std::string>{"b c;d"});
  CHECK(texts("a TXT \"\"") == std::vector<std::string>{""});
  CHECK(texts("a TXT \"\xc3\xa4\"") == std::vector<std::string>{"\xc3\xa4"});
}

TEST_CASE("escapes in names: what a label can hold") {
  const auto got = zone("a\\032b\\;.example TXT x\nc\\\\.example TXT y");
  CHECK(answer(got, "a b;.example", Type::txt).texts.size() == 1);
  CHECK(answer(got, "c\\.example", Type::txt).texts.size() == 1);
  CHECK(error("a\\.b.example A 192.0.2.1").line == 1);
  CHECK(error("a\\007.example A 192.0.2.1").line == 1);
}

TEST_CASE("TTL: written, $TTL, the last one written, the SOA's MINIMUM, 3600") {
  CHECK(answer(zone("a A 192.0.2.1"), "a", Type::a).ttl == 3600);
  CHECK(answer(zone("a 1h30m IN A 192.0.2.1"), "a", Type::a).ttl == 5400);
  CHECK(answer(zone("a IN 2W A 192.0.2.1"), "a", Type::a).ttl == 1209600);
  CHECK(answer(zone("$TTL 60\na 70 A 192.0.2.1\nb A 192.0.2.1"), "b", Type::a).ttl == 60);
  CHECK(answer(zone("a 70 A 192.0.2.1\nb A 192.0.2.1"), "b", Type::a).ttl == 70);
  CHECK(answer(zone("a SOA ns h 1 2 3 4 50\nb A 192.0.2.1"), "b", Type::a).ttl == 50);
  CHECK(answer(zone("a 70 A 192.0.2.1\na 40 A 192.0.2.2"), "a", Type::a).ttl == 40);
}

TEST_CASE("outside of a zone a record overrides its name and type only") {
  const auto got = zone("a.example TXT x");
  CHECK(unknown(got, "a.example", Type::a) == "a.example");
  CHECK(unknown(got, "example", Type::txt) == "example");
  CHECK(unknown(got, "b.a.example", Type::txt) == "b.a.example");
  CHECK(unknown(dns::Zone{}, "a.example", Type::txt) == "a.example");
}

TEST_CASE("below an SOA record the overlay knows everything") {
  const auto got = zone("example 900 SOA ns host 1 2 3 4 1m\na.b.example A 192.0.2.1\nc.example NS d");
  CHECK(answer(got, "example", Type::txt).status == dns::Status::ok);
  CHECK(answer(got, "example", Type::txt).is_void());
  CHECK(answer(got, "example", Type::txt).ttl == 60);
  CHECK(answer(got, "x.example", Type::txt).status == dns::Status::name_error);
  CHECK(answer(got, "x.example", Type::txt).ttl == 60);
  CHECK(answer(got, "x.a.b.example", Type::a).status == dns::Status::name_error);
  // RFC 4592 §2.2.2: an empty non-terminal exists. So does a name of which only other types are known.
  CHECK(answer(got, "b.example", Type::a).status == dns::Status::ok);
  CHECK(answer(got, "c.example", Type::a).status == dns::Status::ok);
  CHECK(unknown(got, "other", Type::txt) == "other");
  CHECK(unknown(got, "xexample", Type::txt) == "xexample");
  CHECK(answer(zone(". SOA ns host 1 2 3 4 5"), "com", Type::txt).status == dns::Status::name_error);
}

TEST_CASE("CNAME within the overlay, out of it, into nothing, and in a loop") {
  const auto got = zone(
      "$ORIGIN example.\n@ SOA ns host 1 2 3 4 500\na 50 CNAME b\nb 100 CNAME c\nc 200 TXT x\n"
      "out CNAME www.elsewhere.\ngone 40 CNAME nobody\nl1 CNAME l2\nl2 CNAME l1\nself CNAME self");
  CHECK(answer(got, "a.example", Type::txt).texts == std::vector<std::string>{"x"});
  CHECK(answer(got, "a.example", Type::txt).ttl == 50);
  CHECK(answer(got, "a.example", Type::a).is_void());
  CHECK(unknown(got, "out.example", Type::mx) == "www.elsewhere");
  CHECK(answer(got, "gone.example", Type::txt).status == dns::Status::name_error);
  CHECK(answer(got, "gone.example", Type::txt).ttl == 40);
  CHECK(answer(got, "l1.example", Type::txt) == dns::failure_answer("CNAME loop"));
  CHECK(answer(got, "self.example", Type::a) == dns::failure_answer("CNAME loop"));
}

TEST_CASE("RFC 4592: wildcards") {
  const auto got = zone("$ORIGIN example.\n*  TXT wild\na A 192.0.2.1\nb.c A 192.0.2.1\n*.d CNAME a\n");
  CHECK(answer(got, "x.example", Type::txt).texts == std::vector<std::string>{"wild"});
  CHECK(answer(got, "x.y.example", Type::txt).texts == std::vector<std::string>{"wild"});
  CHECK(answer(got, "*.example", Type::txt).texts == std::vector<std::string>{"wild"});
  CHECK(answer(got, "x.d.example", Type::a).addresses.size() == 1);
  CHECK(unknown(got, "x.example", Type::a) == "x.example");
  CHECK(unknown(got, "example", Type::txt) == "example");
  CHECK(unknown(got, "a.example", Type::txt) == "a.example");
  CHECK(unknown(got, "x.a.example", Type::txt) == "x.a.example");
  CHECK(unknown(got, "c.example", Type::txt) == "c.example");
  CHECK(answer(zone("* TXT x"), "any.name", Type::txt).texts.size() == 1);

  const auto closed = zone("$ORIGIN example.\n@ SOA ns host 1 2 3 4 5\n*  TXT wild\nb.c A 192.0.2.1");
  CHECK(answer(closed, "x.example", Type::a).status == dns::Status::ok);
  CHECK(answer(closed, "x.c.example", Type::txt).status == dns::Status::name_error);
}

TEST_CASE("RFC 2181 §5: the same record twice is one; files add to each other") {
  auto got = zone("a TXT x\na TXT x\na MX 1 b\na MX 1 b\na MX 2 b\na A 192.0.2.1\na A 192.0.2.1");
  CHECK(answer(got, "a", Type::txt).texts.size() == 1);
  CHECK(answer(got, "a", Type::mx).names.size() == 2);
  CHECK(answer(got, "a", Type::a).addresses.size() == 1);
  REQUIRE(got.add_file("a TXT y\na MX 0 c").ok());
  CHECK(answer(got, "a", Type::txt).texts == std::vector<std::string>{"x", "y"});
  CHECK(answer(got, "a", Type::mx).names == std::vector<std::string>{"c", "b", "b"});
  REQUIRE_FALSE(got.add_file("a TXT z\na TXT").ok());
  REQUIRE_FALSE(got.add_file("a TXT z\na CNAME b").ok());
  CHECK(answer(got, "a", Type::txt).texts.size() == 2);
}

TEST_CASE("add_text: one TXT record of any length") {
  dns::Zone got;
  got.add_text(name("a.example"), std::string(1000, 'x'));
  got.add_text(name("a.example"), "y");
  CHECK_FALSE(got.empty());
  CHECK(answer(got, "a.example", Type::txt).texts == std::vector<std::string>{std::string(1000, 'x'), "y"});
  CHECK(answer(got, "a.example", Type::txt).ttl == 3600);
}

TEST_CASE("remove_texts: the TXT records of a name, and nothing else") {
  dns::Zone got;
  REQUIRE(got.add_file("@ SOA a b 1 2 3 4 5\na TXT x\na TXT y\na A 192.0.2.1\nb TXT z").ok());
  got.remove_texts(name("a"));
  got.remove_texts(name("nobody"));
  CHECK(answer(got, "a", Type::txt).is_void());
  CHECK(answer(got, "a", Type::a).addresses.size() == 1);
  CHECK(answer(got, "b", Type::txt).texts.size() == 1);
  got.add_text(name("a"), "new");
  CHECK(answer(got, "a", Type::txt).texts == std::vector<std::string>{"new"});
}

TEST_CASE("errors: the line and a sentence") {
  const auto check = [](std::string_view text, std::size_t line, std::string_view message) {
    CAPTURE(text);
    const auto got = error(text);
    CHECK(got.line == line);
    CHECK(got.message == message);
  };
  check("a A 192.0.2.1\n\nb A 192.0.2", 3, "\"192.0.2\" is not an IPv4 address");
  check("a A 2001:db8::1", 1, "\"2001:db8::1\" is not an IPv4 address");
  check("a AAAA 192.0.2.1", 1, "\"192.0.2.1\" is not an IPv6 address");
  check("a A 192.0.2.1 192.0.2.2", 1, "\"192.0.2.2\" is too much behind the A record");
  check("a A", 1, "an IPv4 address is missing");
  check("a TXT", 1, "the text of the TXT record is missing");
  check("a TXT (\n\n", 1, "this \"(\" is never closed");
  check("a TXT x\nb TXT y )", 2, "a \")\" without a \"(\" before it");
  check("a TXT ( x\n y\n \"z\n )", 3, "the quoted string does not end on this line");
  check("a TXT ( \"x\"\n \"\\25\" )", 2, "an escape that is neither \\X nor \\DDD up to \\255");
  check("a TXT \"\\256\"", 1, "an escape that is neither \\X nor \\DDD up to \\255");
  check("a TXT x\\", 1, "an escape that is neither \\X nor \\DDD up to \\255");
  check("a TXT v=spf1 -all", 1, "a text with blanks must stand in quotes");
  check("a TXT \"" + std::string(256, 'x') + '"', 1,
        "a string of 256 bytes: 255 are allowed; write several strings, they are joined");
  check("a TEXT x", 1, "\"TEXT\" is no record type known here");
  check("a TYPE16 x", 1, "\"TYPE16\" is no record type known here");
  check("a 300 IN", 1, "the record type is missing");
  check("a CH TXT x", 1, "class CH is not supported; leave it out or write IN");
  check("a 3x TXT y", 1, "the TTL should be seconds or a time like 1h30m, not \"3x\"");
  check("a MX mail", 1, "the preference of the MX record should be a number up to 65535, not \"mail\"");
  check("a MX 10", 1, "the host of the MX record is missing");
  check("a SOA ns host 1 2 3 4", 1, "the minimum of the SOA record is missing");
  check("a SOA ns host (1 2\n3 x)", 2, "the expire of the SOA record should be seconds or a time like 1h30m, not \"x\"");
  check(" A 192.0.2.1", 1, "the line begins with a blank, but there is no record before it to take the name from");
  check("a..b A 192.0.2.1", 1, "the owner name: \"a..b\" is no domain name (labels of 1 to 63 printable characters, 253 in all)");
  check("\xc3\xa4 A 192.0.2.1", 1,
        "the owner name: \"??\" is no domain name (labels of 1 to 63 printable characters, 253 in all)");
  check("$INCLUDE other", 1, "\"$INCLUDE\" is not supported here");
  check("$TTL 1y", 1, "the number of $TTL should be seconds or a time like 1h30m, not \"1y\"");
  check("$TTL 99999999999999999999", 1,
        "the number of $TTL should be seconds or a time like 1h30m, not \"99999999999999999999\"");
  check("$ORIGIN a b", 1, "\"b\" is too much behind $ORIGIN");
  check(std::string_view("a TXT x\0y", 9), 1, "a control character; in a string it can be written as \\DDD");
  check("a TXT x\n\na CNAME b", 3, "\"a\" has a CNAME and other records");
  check("a CNAME b\na TXT x", 2, "\"a\" has a CNAME and other records");
  check("a CNAME b\na CNAME c", 2, "\"a\" has two CNAME records");
}

TEST_CASE("hostile: a file of one kind of byte, too many records, a very long text") {
  for (const char c : {'(', ')', '"', '\\', '\n', ' ', '@', '.', '$', '0', '\0', '\xff'}) {
    dns::Zone got;
    CHECK_NOTHROW(static_cast<void>(got.add_file(std::string(20000, c))));
  }
  std::string many;
  for (int i = 0; i <= 1000; ++i) many += fmt::format("a TXT {}\n", i);
  CHECK(error(many) == dns::ZoneError{1001, "\"a\" has more than 1000 TXT records"});
  std::string large = "a TXT (\n";
  for (int i = 0; i < 256; ++i) large += std::string(255, 'x') + "\n";
  CHECK(error(large + ")") == dns::ZoneError{257, "a TXT record of more than 65535 bytes"});
}

}  // namespace
