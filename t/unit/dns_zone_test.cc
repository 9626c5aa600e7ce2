#include "common/dns/zone.h"

#include <string>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "t/support/show.h"

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

// Returns the name for which DNS must be asked.
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

TEST_CASE("a zone reports where the strings of a record meet, and how many CNAMEs lead to an answer; it supports type SPF") {
  const auto got =
      zone("a TXT \"v=spf1 a\" \" -all\"\nb CNAME c\nc CNAME a\nd CNAME c.example.net.\na SPF \"v=spf1 -all\"\na SPF one\n");
  const dns::Answer aliased = answer(got, "b", Type::txt);
  CHECK(aliased.cnames == 2);
  REQUIRE(aliased.borders.get() != nullptr);
  CHECK(*aliased.borders.get() == std::vector<dns::Border>{{0, 8}});
  CHECK(answer(got, "a", Type::txt).cnames == 0);
  CHECK(std::get<dns::Zone::Unknown>(got.find({name("d"), Type::txt})).cnames == 1);
  CHECK(answer(got, "a", Type::spf).texts == std::vector<std::string>{"v=spf1 -all", "one"});
}

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

TEST_CASE("comments, parentheses over several lines, CRLF, a last line without a line end") {
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

TEST_CASE("RFC 1035 §5.1: strings with and without quotes may be mixed; any character can occur within quotes") {
  CHECK(texts("a TXT v=spf1 \" -all\"") == std::vector<std::string>{"v=spf1 -all"});
  CHECK(texts("a TXT v=spf1 \" a\" \" -all\"") == std::vector<std::string>{"v=spf1 a -all"});
  CHECK(texts("a TXT ( v=spf1 ; comment\n \" a\"\\032-all )") == std::vector<std::string>{"v=spf1 a -all"});
  CHECK(texts("a TXT \"v=spf1\" \\032-all") == std::vector<std::string>{"v=spf1 -all"});
  CHECK(texts("a TXT v=spf1\\032-all") == std::vector<std::string>{"v=spf1 -all"});
  CHECK(texts("a TXT v=spf1\\ -all") == std::vector<std::string>{"v=spf1 -all"});
  CHECK(texts("a TXT v=spf1\" -all\"") == std::vector<std::string>{"v=spf1 -all"});
  CHECK(texts(std::string("a TXT \"x\0\x01\x7f\ty\"", 14)) == std::vector<std::string>{std::string("x\0\x01\x7f\ty", 6)});
  dns::Zone got;
  const auto notes = got.add_file("a TXT \"one\r\n;two(\n\" ; comment\nb TXT three\n");
  REQUIRE(notes.ok());
  CHECK(notes->lines("FILE") ==
        std::vector<std::string>{"FILE:1: a quoted string goes on in the next line: is a quotation mark missing?"});
  CHECK(answer(got, "a", Type::txt).texts == std::vector<std::string>{"one\r\n;two(\n"});
  CHECK(answer(got, "b", Type::txt).texts == std::vector<std::string>{"three"});
}

TEST_CASE("RFC 1035 §5.1: fields in every legal place") {
  for (const std::string_view text : {"a 300 IN A 192.0.2.1",
                                      "a IN 300 A 192.0.2.1",
                                      "a 5m in a 192.0.2.1",
                                      "a in 5M a 192.0.2.1",
                                      "a 300 A 192.0.2.1",
                                      "a 300 A (192.0.2.1)",
                                      "a 300 (A) 192.0.2.1",
                                      "a ( 300 ) ( IN ) A ( ) 192.0.2.1 ( )",
                                      "(\na 300\nIN ; c\nA\n192.0.2.1\n)",
                                      "a 300 A(192.0.2.1)",
                                      "a 300 A 192.0.2.1;c",
                                      "a\t300\tIN\tA\t192.0.2.1\r\n",
                                      "$ORIGIN a.\n@ 300 A 192.0.2.1",
                                      "$TTL 5m ; c\na A 192.0.2.1 ; c",
                                      "$ttl 300\na CLASS1 TYPE1 192.0.2.1",
                                      "\xef\xbb\xbf"
                                      "a 300 A 192.0.2.1",
                                      "a 300 TXT x\n\n ; c\n \t\n\tA 192.0.2.1",
                                      "a 300 TXT x\n( )\n\tIN A 192.0.2.1",
                                      "a. 300 A \\# ( 4 c000\n0201 )",
                                      "\\097 300 A 192.0.2.1",
                                      "\\a 300 A 192.0.2.1"}) {
    CAPTURE(text);
    const auto got = answer(zone(text), "a", Type::a);
    REQUIRE(got.addresses.size() == 1);
    CHECK(got.addresses[0].text() == "192.0.2.1");
    CHECK(got.ttl == 300);
  }
}

TEST_CASE("escapes in names: characters that a label can hold") {
  const auto got = zone("a\\032b\\;.example TXT x\nc\\\\.example TXT y");
  CHECK(answer(got, "a b;.example", Type::txt).texts.size() == 1);
  CHECK(answer(got, "c\\.example", Type::txt).texts.size() == 1);
}

TEST_CASE("a record whose owner cannot be stored is skipped with a note, and so are later records with the same owner") {
  dns::Zone got;
  const auto notes = got.add_file(
      "$ORIGIN example.\n@ SOA ns john\\.doe 1 2 3 4 5\nb TXT here\na\\.b.c TXT x\n      TXT y\nd\\007 A 192.0.2.1\n"
      "e\\195\\164 A 192.0.2.1\nf TXT z\n");
  REQUIRE(notes.ok());
  CHECK(notes->count == 4);
  CHECK(notes->lines("FILE")[1] ==
        "FILE:5: skipped: an owner name with an unsupported label (one with a dot or an unprintable byte)");
  CHECK(answer(got, "b.example", Type::txt).texts == std::vector<std::string>{"here"});
  CHECK(answer(got, "f.example", Type::txt).texts == std::vector<std::string>{"z"});
  CHECK(answer(got, "c.example", Type::txt).status == dns::Status::ok);  // RFC 4592 §2.2.2
  CHECK(answer(got, "b.c.example", Type::txt).status == dns::Status::name_error);
  // Relative to an origin that cannot be stored.
  CHECK(answer(zone("@ SOA a b 1 2 3 4 5\n$ORIGIN a\\.b\nc TXT x\n$ORIGIN d.\nc TXT y"), "c.d", Type::txt).texts.size() == 1);
}

TEST_CASE("names in SOA, MX, PTR and CNAME data may be any name of DNS") {
  const auto got =
      zone("m MX 10 a\\.b\n  MX 5 c\np PTR a\\000b\nn NS a\\.b\nalias CNAME a\\.b\ns SOA a\\.b john\\.doe 1 2 3 4294967295 5\n");
  CHECK(answer(got, "m", Type::mx).names == std::vector<std::string>{"c", "?"});
  CHECK(answer(got, "p", Type::ptr).names == std::vector<std::string>{"?"});
  CHECK(answer(got, "alias", Type::txt).status == dns::Status::failure);
  CHECK(answer(got, "s", Type::txt).is_void());
}

TEST_CASE("U-labels become A-labels (RFC 5890)") {
  const auto got = zone(
      "$ORIGIN b\xc3\xbc"
      "cher.example.\n@ TXT x\n\xc3\xa4 MX 1 \xc3\xb6.example.\n");
  CHECK(answer(got, "xn--bcher-kva.example", Type::txt).texts.size() == 1);
  CHECK(answer(got, "xn--4ca.xn--bcher-kva.example", Type::mx).names == std::vector<std::string>{"xn--nda.example"});
  // UTS 46 §4.5: U+3002, U+FF0E and U+FF61 are dots too, also at the end.
  const auto dots = zone(
      "b\xc3\xbc"
      "cher\xe3\x80\x82"
      "a\xef\xbc\x8e"
      "example\xef\xbd\xa1 TXT x\nplain MX 1 mx\xe3\x80\x82"
      "example\xe3\x80\x82\n");
  CHECK(answer(dots, "xn--bcher-kva.a.example", Type::txt).texts.size() == 1);
  CHECK(answer(dots, "plain", Type::mx).names == std::vector<std::string>{"mx.example"});
  dns::Zone other;
  const auto notes = other.add_file("a\xff.example TXT x\nb TXT y");
  REQUIRE(notes.ok());
  CHECK(notes->count == 1);
  CHECK(answer(other, "b", Type::txt).texts.size() == 1);
}

TEST_CASE("unknown types and other classes are skipped with a note; CLASS1 is IN") {
  dns::Zone got;
  const auto notes = got.add_file(
      "@ SOA a b 1 2 3 4 5\na FUTURE 1 2 \"x\"\nb CH TXT x\nc CLASS3 1h TXT x\nd 1h class1 TXT y\ne CLASS1 1h TXT y\n"
      "f TYPE65280 \\# 1 00\nin TXT owner\n");
  REQUIRE(notes.ok());
  CHECK(notes->lines("F") == std::vector<std::string>{"F:2: skipped: a record of the unknown type \"FUTURE\"",
                                                      "F:3: skipped: a record of another class than IN",
                                                      "F:4: skipped: a record of another class than IN"});
  CHECK(answer(got, "a", Type::txt).status == dns::Status::ok);
  CHECK(answer(got, "b", Type::txt).status == dns::Status::name_error);
  CHECK(answer(got, "d", Type::txt).texts.size() == 1);
  CHECK(answer(got, "e", Type::txt).ttl == 3600);
  CHECK(answer(got, "f", Type::txt).status == dns::Status::ok);
  CHECK(answer(got, "in", Type::txt).texts.size() == 1);
}

TEST_CASE("notes are bounded") {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "a CH TXT x\n";
  dns::Zone got;
  const auto notes = got.add_file(many);
  REQUIRE(notes.ok());
  CHECK(notes->count == 1000);
  CHECK(notes->lines("F").size() == 21);
  CHECK(notes->lines("F").back() == "F: 980 more of these");
}

TEST_CASE("RFC 3597 §5: data as \\# LENGTH HEX, types as TYPEn") {
  const auto got = zone(
      "a TXT \\# 4 03616263\nb TYPE16 \\# 7 ( 03 616263 ; abc\n 02 6465 )\nc TYPE16 \"text\"\nd A \\# 4 C0000201\n"
      "e TYPE28 \\# 16 20010db8 00000000 00000000 00000001\nf MX \\# 9 000a 01 62 03 636F6D 00\ng TYPE5 \\# 3 016100\n"
      "h PTR \\# 5 03612e6200\ni TXT \"\\#\" 4\nj SOA \\# 22 0000 00000001 00000002 00000003 00000004 00000005\n");
  CHECK(answer(got, "a", Type::txt).texts == std::vector<std::string>{"abc"});
  CHECK(answer(got, "b", Type::txt).texts == std::vector<std::string>{"abcde"});
  CHECK(answer(got, "c", Type::txt).texts == std::vector<std::string>{"text"});
  CHECK(answer(got, "d", Type::a).addresses[0].text() == "192.0.2.1");
  CHECK(answer(got, "e", Type::aaaa).addresses[0].text() == "2001:db8::1");
  CHECK(answer(got, "f", Type::mx).names == std::vector<std::string>{"b.com"});
  CHECK(answer(got, "g", Type::txt).texts == std::vector<std::string>{"abc"});
  CHECK(answer(got, "h", Type::ptr).names == std::vector<std::string>{"?"});
  CHECK(answer(got, "i", Type::txt).texts == std::vector<std::string>{"#4"});
  CHECK(answer(got, "x.j", Type::txt).ttl == 5);

  const auto check = [](std::string_view text, std::string_view message) {
    CAPTURE(text);
    CHECK(error(text).message == message);
  };
  check("a TXT \\# 4 036162", "\\# 4 must be followed by 8 hexadecimal digits");
  check("a TXT \\# 2 0g61", "\\# 2 must be followed by 4 hexadecimal digits");
  check("a TXT \\#", "the length after \\# is missing");
  check("a TXT \\# x", "the length after \\# should be a number up to 65535, not \"x\"");
  check("a TXT \\# 2 0261", "the bytes after \\# are not TXT data");
  check("a TXT \\# 0", "the bytes after \\# are not TXT data");
  check("a A \\# 3 c00002", "the bytes after \\# are not A data");
  check("a AAAA \\# 4 c0000201", "the bytes after \\# are not AAAA data");
  check("a MX \\# 2 000a", "the bytes after \\# are not MX data");
  check("a CNAME \\# 3 c00c00", "the bytes after \\# are not CNAME data");
  check("a CNAME \\# 4 01610000", "the bytes after \\# are not CNAME data");
  check("a SOA \\# 2 0000", "the bytes after \\# are not SOA data");
}

TEST_CASE("an NS record below the apex is a delegation: the names below it are asked for in DNS") {
  const auto got = zone(
      "$ORIGIN example.\n@ SOA ns host 1 2 3 4 5\n@ NS ns.sub\n* TXT wild\nsub NS ns.sub\nns.sub A 192.0.2.1\nc.d.sub TXT mine\n"
      "*.w NS elsewhere.\nown SOA ns host 1 2 3 4 5\nown NS ns\n");
  CHECK(answer(got, "example", Type::a).is_void());
  CHECK(unknown(got, "sub.example", Type::txt) == "sub.example");
  CHECK(unknown(got, "x.sub.example", Type::txt) == "x.sub.example");
  CHECK(unknown(got, "d.sub.example", Type::txt) == "d.sub.example");
  CHECK(unknown(got, "x.w.example", Type::txt) == "x.w.example");
  // As everywhere outside of a zone, a record overrides its name and type.
  CHECK(answer(got, "ns.sub.example", Type::a).addresses.size() == 1);
  CHECK(unknown(got, "ns.sub.example", Type::txt) == "ns.sub.example");
  CHECK(answer(got, "c.d.sub.example", Type::txt).texts.size() == 1);
  CHECK(answer(got, "x.own.example", Type::txt).status == dns::Status::name_error);
  CHECK(answer(got, "y.example", Type::txt).texts.size() == 1);
}

TEST_CASE("RFC 6672: a DNAME renames the names below its owner") {
  const auto got = zone(
      "$ORIGIN example.\n@ SOA ns host 1 2 3 4 500\nd 50 DNAME t\n  TXT own\n*.d TXT no\nx.d A 192.0.2.1\na.t 70 TXT y\nb.a.t "
      "TXT z\n"
      "x.t TXT xt\nout DNAME elsewhere.net.\nlong DNAME " +
      std::string(63, 'l') + "." + std::string(63, 'l') + "." + std::string(63, 'l') + "\nloop DNAME x.loop\nu DNAME a\\.b\n");
  CHECK(answer(got, "a.d.example", Type::txt).texts == std::vector<std::string>{"y"});
  CHECK(answer(got, "a.d.example", Type::txt).ttl == 50);
  CHECK(answer(got, "b.a.d.example", Type::txt).texts == std::vector<std::string>{"z"});
  CHECK(answer(got, "d.example", Type::txt).texts == std::vector<std::string>{"own"});
  CHECK(answer(got, "d.example", Type::a).is_void());
  CHECK(answer(got, "c.d.example", Type::txt).status == dns::Status::name_error);
  CHECK(answer(got, "x.d.example", Type::txt).texts == std::vector<std::string>{"xt"});
  CHECK(unknown(got, "a.b.out.example", Type::mx) == "a.b.elsewhere.net");
  CHECK(answer(got, std::string(60, 'x') + ".long.example", Type::txt) == dns::failure_answer("YXDOMAIN"));
  CHECK(answer(got, "a.loop.example", Type::txt).status == dns::Status::failure);
  CHECK(answer(got, "a.u.example", Type::txt).status == dns::Status::failure);
  CHECK(answer(zone(". DNAME net.\na.net TXT x"), "a", Type::txt).texts.size() == 1);
  CHECK(unknown(zone("a DNAME ."), "x.a", Type::txt) == "x");
  CHECK(unknown(zone("a.example DNAME b.example"), "a.example", Type::txt) == "a.example");
}

TEST_CASE("a byte order mark is not part of the first name") {
  CHECK(answer(zone("\xef\xbb\xbf$TTL 60\na TXT x"), "a", Type::txt).ttl == 60);
}

TEST_CASE("the TTL is the written one, $TTL, the last one written, the SOA's MINIMUM, or 3600") {
  CHECK(answer(zone("a A 192.0.2.1"), "a", Type::a).ttl == 3600);
  CHECK(answer(zone("a 1h30m IN A 192.0.2.1"), "a", Type::a).ttl == 5400);
  CHECK(answer(zone("a IN 2W A 192.0.2.1"), "a", Type::a).ttl == 1209600);
  CHECK(answer(zone("$TTL 60\na 70 A 192.0.2.1\nb A 192.0.2.1"), "b", Type::a).ttl == 60);
  CHECK(answer(zone("a 70 A 192.0.2.1\nb A 192.0.2.1"), "b", Type::a).ttl == 70);
  CHECK(answer(zone("a SOA ns h 1 2 3 4 50\nb A 192.0.2.1"), "b", Type::a).ttl == 50);
  CHECK(answer(zone("a 70 A 192.0.2.1\na 40 A 192.0.2.2"), "a", Type::a).ttl == 40);
  CHECK(answer(zone("a 3000000000 A 192.0.2.1"), "a", Type::a).ttl == 0);  // RFC 2181 §8
}

TEST_CASE("outside of a zone a record overrides only its name and type") {
  const auto got = zone("a.example TXT x");
  CHECK(unknown(got, "a.example", Type::a) == "a.example");
  CHECK(unknown(got, "example", Type::txt) == "example");
  CHECK(unknown(got, "b.a.example", Type::txt) == "b.a.example");
  CHECK(unknown(dns::Zone{}, "a.example", Type::txt) == "a.example");
}

TEST_CASE("below an SOA record the overlay is authoritative for every name") {
  const auto got = zone("example 900 SOA ns host 1 2 3 4 1m\na.b.example A 192.0.2.1\nc.example SPF d");
  CHECK(answer(got, "example", Type::txt).status == dns::Status::ok);
  CHECK(answer(got, "example", Type::txt).is_void());
  CHECK(answer(got, "example", Type::txt).ttl == 60);
  CHECK(answer(got, "x.example", Type::txt).status == dns::Status::name_error);
  CHECK(answer(got, "x.example", Type::txt).ttl == 60);
  CHECK(answer(got, "x.a.b.example", Type::a).status == dns::Status::name_error);
  // RFC 4592 §2.2.2: an empty non-terminal exists. A name with records of other types exists too.
  CHECK(answer(got, "b.example", Type::a).status == dns::Status::ok);
  CHECK(answer(got, "c.example", Type::a).status == dns::Status::ok);
  CHECK(unknown(got, "other", Type::txt) == "other");
  CHECK(unknown(got, "xexample", Type::txt) == "xexample");
  CHECK(answer(zone(". SOA ns host 1 2 3 4 5"), "com", Type::txt).status == dns::Status::name_error);
}

TEST_CASE("a CNAME within the overlay, out of it, to a missing name, and in a loop") {
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

TEST_CASE("RFC 2181 §5: duplicate records are one record; files add to each other") {
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

TEST_CASE("add_text adds one TXT record of any length") {
  dns::Zone got;
  got.add_text(name("a.example"), std::string(1000, 'x'));
  got.add_text(name("a.example"), "y");
  CHECK_FALSE(got.empty());
  CHECK(answer(got, "a.example", Type::txt).texts == std::vector<std::string>{std::string(1000, 'x'), "y"});
  CHECK(answer(got, "a.example", Type::txt).ttl == 3600);
}

TEST_CASE("remove_texts removes the TXT records of a name, and nothing else") {
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

TEST_CASE("errors have a line number and a sentence") {
  const auto check = [](std::string_view text, std::size_t line, std::string_view message) {
    CAPTURE(text);
    const auto got = error(text);
    CHECK(got.line == line);
    CHECK(got.message == message);
  };
  check("a A 192.0.2.1\n\nb A 192.0.2", 3, "\"192.0.2\" is not an IPv4 address");
  check("a A 2001:db8::1", 1, "\"2001:db8::1\" is not an IPv4 address");
  check("a AAAA 192.0.2.1", 1, "\"192.0.2.1\" is not an IPv6 address");
  check("a A 192.0.2.1 192.0.2.2", 1, "\"192.0.2.2\" is too much after the A record");
  check("a A", 1, "an IPv4 address is missing");
  check("a TXT", 1, "the text of the TXT record is missing");
  check("a TXT (\n\n", 1, "this \"(\" is never closed");
  check("a TXT x\nb TXT y )", 2, "a \")\" without a \"(\" before it");
  check("a TXT ( x\n y\n \"z\n )", 3, "this quoted string is never closed");
  check("a TXT \"x\nb TXT \"y\"\nc TXT \"z\"\n", 1, "this quoted string is never closed");
  check("a TXT \"x\"\nb TXT \"y", 2, "this quoted string is never closed");
  check("a TXT \"x\ny\"\nb A 192.0.2\n", 3, "\"192.0.2\" is not an IPv4 address");
  check("a TXT ( \"x\"\n \"\\25\" )", 2, "an escape that is neither \\X nor \\DDD up to \\255");
  check("a TXT \"\\256\"", 1, "an escape that is neither \\X nor \\DDD up to \\255");
  check("a TXT x\\", 1, "an escape that is neither \\X nor \\DDD up to \\255");
  check("a TXT v=spf1 -all", 1, "a text with blanks must be in quotes");
  check("a TXT \"" + std::string(256, 'x') + '"', 1,
        "a string of 256 bytes: 255 are allowed; write several strings, they are joined");
  check("a \"TXT\" x", 1, "\"TXT\" is not a record type");
  check("a v=spf1 -all", 1, "\"v=spf1\" is not a record type");
  check("a TYPE65536 x 1", 1, "\"TYPE65536\" is not a record type");
  check("a 300 IN", 1, "the record type is missing");
  check("a IN CH TXT x", 1, "\"CH\" is not a record type");
  check("a 3x TXT y", 1, "the TTL should be seconds or a time like 1h30m, not \"3x\"");
  check("a MX mail", 1, "the preference of the MX record should be a number up to 65535, not \"mail\"");
  check("a MX 10", 1, "the host of the MX record is missing");
  check("a SOA ns host 1 2 3 4", 1, "the minimum of the SOA record is missing");
  check("a SOA ns host (1 2\n3 x)", 2, "the expire of the SOA record should be seconds or a time like 1h30m, not \"x\"");
  check(" A 192.0.2.1", 1, "the line begins with a blank, but there is no record before it to take the name from");
  check("a..b A 192.0.2.1", 1, "the owner name: \"a..b\" is not a domain name (labels of 1 to 63 bytes, 253 in all)");
  check("a\\300.b A 192.0.2.1", 1, "the owner name: \"a\\300.b\" is not a domain name (labels of 1 to 63 bytes, 253 in all)");
  check("a\nb NS", 1, "the record type is missing");
  check("b NS", 1, "the name of the NS record is missing");
  check("b DNAME a..b", 1, "the name of the DNAME record: \"a..b\" is not a domain name (labels of 1 to 63 bytes, 253 in all)");
  check("$INCLUDE other", 1, "\"$INCLUDE\" is not supported here");
  check("a TXT x\n$GENERATE 1-9 a$ A 192.0.2.$", 2, "\"$GENERATE\" is not supported here");
  check("$TTL 1y", 1, "the number of $TTL should be seconds or a time like 1h30m, not \"1y\"");
  check("$TTL 99999999999999999999", 1,
        "the number of $TTL should be seconds or a time like 1h30m, not \"99999999999999999999\"");
  check("$ORIGIN a b", 1, "\"b\" is too much after $ORIGIN");
  check(std::string_view("a TXT x\0y", 9), 1, "a control character; outside of quotes it must be written as \\DDD");
  check("a TXT x\n\na CNAME b", 3, "\"a\" has a CNAME and other records");
  check("a CNAME b\na TXT x", 2, "\"a\" has a CNAME and other records");
  check("a CNAME b\na CNAME c", 2, "\"a\" has two CNAME records");
  check("a DNAME b\na DNAME c", 2, "\"a\" has two DNAME records");
  check("a DNAME b\na CNAME b", 2, "\"a\" has a CNAME and other records");
  check("a CNAME b\na NS b", 2, "\"a\" has a CNAME and other records");
}

TEST_CASE("hostile: a file of one repeated byte, too many records, a very long text") {
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
