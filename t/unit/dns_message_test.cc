#include "common/dns/message.h"

#include <string>
#include <tuple>
#include <utility>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "t/support/dns_wire.h"
#include "t/support/show.h"

namespace {

using dns::ReadError;
using dns::Type;
using support::WireWriter;
using Kind = dns::Response::Kind;

constexpr std::uint16_t kId = 0x1234;
constexpr unsigned kA = 1, kNs = 2, kCname = 5, kPtr = 12, kMx = 15, kTxt = 16, kAaaa = 28, kOpt = 41;

dns::Question question(std::string_view name, Type type) { return {*dns::Name::parse(name), type}; }
const dns::Question kTxtQuestion = question("example.com", Type::txt);
const dns::Question kAQuestion = question("example.com", Type::a);

WireWriter response(const dns::Question& to, unsigned answers, unsigned authority = 0, unsigned additional = 0,
                    unsigned flags = WireWriter::kResponse) {
  WireWriter writer;
  writer.header(kId, flags, 1, answers, authority, additional);
  writer.question(to.name.text(), static_cast<unsigned>(to.type));
  return writer;
}

dns::Response read(const WireWriter& message, const dns::Question& to) {
  const auto result = dns::decode_response(message.out(), to, kId);
  REQUIRE(result.ok());
  return *result;
}

dns::Answer answer(const WireWriter& message, const dns::Question& to) {
  const auto result = read(message, to);
  REQUIRE(result.kind == Kind::answer);
  return result.answer;
}

ReadError error(const WireWriter& message, const dns::Question& to) {
  const auto result = dns::decode_response(message.out(), to, kId);
  REQUIRE_FALSE(result.ok());
  return result.error();
}

void txt(WireWriter& writer, std::string_view owner, std::string_view text, std::uint32_t ttl = 300) {
  writer.begin_record(owner, kTxt, ttl).strings(text).end_record();
}

void address(WireWriter& writer, std::string_view owner, unsigned last, std::uint32_t ttl = 300) {
  writer.begin_record(owner, kA, ttl).u8(192).u8(0).u8(2).u8(last).end_record();
}

void cname(WireWriter& writer, std::string_view owner, std::string_view target, std::uint32_t ttl = 300) {
  writer.begin_record(owner, kCname, ttl).name(target).end_record();
}

TEST_CASE("RFC 1035 §4.1: a query has one question and requests recursion") {
  WireWriter expected;
  expected.header(kId, 0x0100, 1, 0).question("example.com", kTxt);
  CHECK(dns::encode_query(kTxtQuestion, kId, false) == expected.out());
}

TEST_CASE("RFC 6891 §6.1.2: a query with EDNS0 offers 1232 octets") {
  WireWriter expected;
  expected.header(kId, 0x0100, 1, 0, 0, 1).question("example.com", kTxt);
  expected.u8(0).u16(kOpt).u16(1232).u32(0).u16(0);
  CHECK(dns::encode_query(kTxtQuestion, kId, true) == expected.out());
}

TEST_CASE("names are not master-file text: a backslash and a blank are written as they are; the root is one byte") {
  WireWriter odd, root;
  odd.header(1, 0x0100, 1, 0).question("a\\032 b.example", kA);
  CHECK(dns::encode_query(question("a\\032 b.example", Type::a), 1, false) == odd.out());
  root.header(1, 0x0100, 1, 0).question("", kMx);
  CHECK(dns::encode_query(question("", Type::mx), 1, false) == root.out());
}

TEST_CASE("the longest name fits into a query, and its answer is accepted") {
  const std::string label(63, 'x');
  const auto asked = question(fmt::format("{0}.{0}.{0}.{1}", label, label.substr(0, 61)), Type::a);
  auto message = response(asked, 1);
  address(message, asked.name.text(), 7);
  CHECK(answer(message, asked).addresses.size() == 1);
}

TEST_CASE("RFC 7208 §3.3: the character-strings of a TXT record are joined, records stay apart and in order") {
  auto message = response(kTxtQuestion, 4);
  message.begin_record("example.com", kTxt, 300).bytes("\6v=spf1\5 -all").end_record();
  txt(message, "example.com", "second", 200);
  message.begin_record("example.com", kTxt, 900).end_record();
  message.begin_record("example.com", kTxt, 900).bytes(std::string_view("\1\xef\0\1\0", 5)).end_record();
  const auto got = answer(message, kTxtQuestion);
  CHECK(got.texts == std::vector<std::string>{"v=spf1 -all", "second", "", std::string("\xef\0", 2)});
  CHECK(got.ttl == 200);
  CHECK_FALSE(got.is_void());
}

TEST_CASE("RFC 7208 §3.3: an answer says where the character-strings of an SPF record meet, and nothing about other texts") {
  auto message = response(kTxtQuestion, 3);
  message.begin_record("example.com", kTxt, 300).bytes(std::string_view("\3abc\3def", 8)).end_record();
  message.begin_record("example.com", kTxt, 300).bytes(std::string_view("\0\7V=spf1 \0\1a\4 all\0", 18)).end_record();
  txt(message, "example.com", "v=spf1 mx -all");
  const auto got = answer(message, kTxtQuestion);
  REQUIRE(got.borders.get() != nullptr);
  CHECK(*got.borders.get() == std::vector<dns::Border>{{1, 7}, {1, 8}});
  dns::Answer copy = got;
  CHECK(copy == got);
  copy.borders.make().pop_back();
  CHECK_FALSE(copy == got);
  auto single = response(kTxtQuestion, 1);
  txt(single, "example.com", "v=spf1 mx -all");
  CHECK(answer(single, kTxtQuestion).borders.get() == nullptr);
}

TEST_CASE("A and AAAA records") {
  auto four = response(kAQuestion, 2);
  address(four, "example.com", 1);
  address(four, "EXAMPLE.com", 2);
  const auto got = answer(four, kAQuestion);
  REQUIRE(got.addresses.size() == 2);
  CHECK(got.addresses[0].text() == "192.0.2.1");
  CHECK(got.addresses[1].text() == "192.0.2.2");

  const auto asked = question("example.com", Type::aaaa);
  auto six = response(asked, 1);
  six.begin_record("example.com", kAaaa, 60).u32(0x20010db8).u32(0).u32(0).u32(1).end_record();
  REQUIRE(answer(six, asked).addresses.size() == 1);
  CHECK(answer(six, asked).addresses[0].text() == "2001:db8::1");
}

TEST_CASE("an address of the wrong length is malformed") {
  for (const std::size_t length : {0U, 3U, 5U, 16U}) {
    auto message = response(kAQuestion, 1);
    message.begin_record("example.com", kA, 60).bytes(std::string(length, 'x')).end_record();
    CHECK(error(message, kAQuestion) == ReadError::malformed);
  }
  const auto asked = question("example.com", Type::aaaa);
  auto message = response(asked, 1);
  message.begin_record("example.com", kAaaa, 60).u32(1).end_record();
  CHECK(error(message, asked) == ReadError::malformed);
}

TEST_CASE("RFC 5321 §5.1: MX hosts are sorted by preference, then by order; the root host is a null MX (RFC 7505)") {
  const auto asked = question("example.com", Type::mx);
  auto message = response(asked, 5);
  for (const auto& [preference, host] :
       {std::pair{20U, "c.example"}, {10U, "b.Example"}, {10U, "a.example"}, {65535U, ""}, {0U, "z.example"}}) {
    message.begin_record("example.com", kMx, 60).u16(preference).name(host).end_record();
  }
  CHECK(answer(message, asked).names == std::vector<std::string>{"z.example", "b.example", "a.example", "c.example", ""});
}

TEST_CASE("a PTR or MX name that Name cannot hold is \"?\"") {
  const auto asked = question("1.2.0.192.in-addr.arpa", Type::ptr);
  auto message = response(asked, 4);
  message.begin_record(asked.name.text(), kPtr, 60).bytes(std::string_view("\3a.b\7example\0", 13)).end_record();
  message.begin_record(asked.name.text(), kPtr, 60).bytes(std::string_view("\2\xc3\xa4\7example\0", 12)).end_record();
  message.begin_record(asked.name.text(), kPtr, 60).bytes(std::string_view("\1\0\7example\0", 11)).end_record();
  message.begin_record(asked.name.text(), kPtr, 60).bytes(std::string_view("\3a\\b\7example\0", 13)).end_record();
  CHECK(answer(message, asked).names == std::vector<std::string>{"?", "?", "?", "a\\b.example"});
}

TEST_CASE("names in answers may be compressed") {
  const auto asked = question("example.com", Type::mx);
  auto message = response(asked, 1);
  message.pointer(12).u16(kMx).u16(1).u32(60).u16(7).u16(10).u8(2).bytes("mx").pointer(12);
  CHECK(answer(message, asked).names == std::vector<std::string>{"mx.example.com"});
}

TEST_CASE("RFC 1034 §3.6.2: CNAMEs are followed within the answer section, in any order of the records") {
  auto message = response(kAQuestion, 4);
  address(message, "c.example", 9, 500);
  cname(message, "b.example", "C.example", 50);
  cname(message, "example.com", "b.EXAMPLE", 100);
  address(message, "unrelated.example", 8, 1);
  const auto got = answer(message, kAQuestion);
  REQUIRE(got.addresses.size() == 1);
  CHECK(got.addresses[0].text() == "192.0.2.9");
  CHECK(got.ttl == 50);
}

TEST_CASE("a CNAME whose target does not exist is a void answer") {
  auto message = response(kAQuestion, 1, 1);
  cname(message, "example.com", "gone.example", 100);
  message.soa("example", 900, 600);
  CHECK(answer(message, kAQuestion).is_void());
  CHECK(answer(message, kAQuestion).ttl == 100);
}

TEST_CASE("RFC 2308 §2.2: a CNAME whose target was left out is unfinished, not void: the target must be asked for") {
  const auto unfinished = [](std::string_view target, std::uint32_t ttl, std::uint8_t cnames = 1) {
    return dns::alias_answer(*dns::Name::parse(target), ttl, cnames);
  };
  auto alone = response(kAQuestion, 2);
  cname(alone, "Example.com", "b.example", 100);
  cname(alone, "b.example", "Left-Out.example", 50);
  CHECK(answer(alone, kAQuestion) == unfinished("left-out.example", 50, 2));
  CHECK_FALSE(answer(alone, kAQuestion).is_void());

  auto elsewhere = response(kAQuestion, 1, 1);  // the SOA is that of the zone of the alias
  cname(elsewhere, "example.com", "left-out.example", 100);
  elsewhere.soa("com", 900, 600);
  CHECK(answer(elsewhere, kAQuestion) == unfinished("left-out.example", 100));

  auto other_type = response(kAQuestion, 2);
  cname(other_type, "example.com", "left-out.example", 100);
  txt(other_type, "left-out.example", "x");
  CHECK(answer(other_type, kAQuestion) == unfinished("left-out.example", 100));

  auto missing = response(kAQuestion, 1, 0, 0, WireWriter::kResponse | 3);  // RFC 6604 §3
  cname(missing, "example.com", "gone.example", 3);
  CHECK(answer(missing, kAQuestion).status == dns::Status::name_error);
  CHECK(answer(missing, kAQuestion).ttl == 3);

  auto itself = response(kAQuestion, 1);
  cname(itself, "example.com", "example.com");
  CHECK(answer(itself, kAQuestion) == dns::failure_answer("CNAME loop"));

  for (const std::string_view target :
       {std::string_view("\3a.b\7example\0", 13), std::string_view("\2\xc3\xa4\7example\0", 12)}) {
    auto odd = response(kAQuestion, 1);
    odd.begin_record("example.com", kCname, 60).bytes(target).end_record();
    CHECK(answer(odd, kAQuestion).status == dns::Status::failure);
  }
  auto slash = response(kAQuestion, 1);
  cname(slash, "example.com", "a\\b;c.example", 60);
  CHECK(answer(slash, kAQuestion) == unfinished("a\\b;c.example", 60));
}

TEST_CASE("RFC 6672 §3.1: a DNAME without its CNAME is followed like one") {
  const auto asked = question("host.Sub.example.com", Type::a);
  const auto dname = [](WireWriter& writer, std::string_view owner, std::string_view target, std::uint32_t ttl) {
    writer.begin_record(owner, 39, ttl).name(target).end_record();
  };
  auto whole = response(asked, 2);
  dname(whole, "sub.EXAMPLE.com", "other.example", 80);
  address(whole, "host.other.example", 7, 300);
  CHECK(answer(whole, asked).addresses.size() == 1);
  CHECK(answer(whole, asked).ttl == 80);

  auto alone = response(asked, 1);
  dname(alone, "example.com", "other.example", 80);
  CHECK(answer(alone, asked) == dns::alias_answer(*dns::Name::parse("host.sub.other.example"), 80));

  auto with_cname = response(asked, 2);
  dname(with_cname, "example.com", "other.example", 80);
  cname(with_cname, "host.sub.example.com", "host.sub.other.example", 70);
  CHECK(answer(with_cname, asked) == dns::alias_answer(*dns::Name::parse("host.sub.other.example"), 70));

  // Does not apply to the name itself (RFC 6672 §2.3), nor to a name that ends with the same letters.
  for (const std::string_view owner : {"host.sub.example.com", "ub.example.com", "ample.com", "below.host.sub.example.com"}) {
    auto none = response(asked, 1);
    dname(none, owner, "other.example", 80);
    CHECK(answer(none, asked).is_void());
  }
  auto dot_in_label = response(question("b.example.com", Type::a), 1);
  dot_in_label.begin_record("c", 39, 60).name("other.example").end_record();
  CHECK(answer(dot_in_label, question("b.example.com", Type::a)).is_void());

  auto loop = response(asked, 1);
  dname(loop, "com", "a.com", 80);
  CHECK(answer(loop, asked) == dns::failure_answer("CNAME loop"));

  const auto longest = question(fmt::format("{0}.{0}.{0}.{1}.b", std::string(63, 'x'), std::string(57, 'y')), Type::a);
  auto too_long = response(longest, 1);
  dname(too_long, "b", "longer", 80);
  CHECK(answer(too_long, longest).status == dns::Status::failure);
}

TEST_CASE("RFC 1034 §3.6.2: a CNAME loop is a failure; so is a chain of more than 16") {
  auto loop = response(kAQuestion, 2);
  cname(loop, "example.com", "b.example");
  cname(loop, "b.example", "example.com");
  CHECK(answer(loop, kAQuestion) == dns::failure_answer("CNAME loop"));

  for (const unsigned links : {16U, 17U}) {
    auto chain = response(kAQuestion, links + 1);
    cname(chain, "example.com", "c1.example");
    for (unsigned i = 1; i < links; ++i) cname(chain, fmt::format("c{}.example", i), fmt::format("c{}.example", i + 1));
    address(chain, fmt::format("c{}.example", links), 1);
    CHECK(answer(chain, kAQuestion).status == (links == 16 ? dns::Status::ok : dns::Status::failure));
  }
}

TEST_CASE("records of other names, types and classes in the answer section do not count") {
  auto message = response(kTxtQuestion, 4);
  txt(message, "www.example.com", "v=spf1 +all");
  address(message, "example.com", 1);
  message.name("example.com").u16(kTxt).u16(3).u32(60).u16(2).bytes("\1x");
  txt(message, "example.com", "v=spf1 -all");
  CHECK(answer(message, kTxtQuestion).texts == std::vector<std::string>{"v=spf1 -all"});
}

TEST_CASE("cache poisoning: records in the authority and additional sections do not count") {
  auto message = response(kTxtQuestion, 0, 2, 2);
  message.soa("example.com", 700, 800);
  txt(message, "example.com", "v=spf1 +all");
  txt(message, "example.com", "v=spf1 +all");
  cname(message, "example.com", "evil.example");
  const auto got = answer(message, kTxtQuestion);
  CHECK(got.is_void());
  CHECK(got.status == dns::Status::ok);
  CHECK(got.ttl == 700);
}

TEST_CASE("RFC 2308 §5: a negative TTL is the smaller one of the SOA's TTL and MINIMUM; without an SOA it is short") {
  constexpr unsigned kNameError = WireWriter::kResponse | 3;
  auto minimum = response(kTxtQuestion, 0, 1, 0, kNameError);
  minimum.soa("com", 900, 120);
  CHECK(answer(minimum, kTxtQuestion).status == dns::Status::name_error);
  CHECK(answer(minimum, kTxtQuestion).ttl == 120);
  auto own = response(kTxtQuestion, 0, 1);
  own.soa("com", 90, 120);
  CHECK(answer(own, kTxtQuestion).status == dns::Status::ok);
  CHECK(answer(own, kTxtQuestion).ttl == 90);
  CHECK(answer(response(kTxtQuestion, 0), kTxtQuestion).ttl == dns::kUnsaidTtl);
  auto empty = response(kTxtQuestion, 0, 1);
  empty.begin_record("com", 6, 900).end_record();
  CHECK(answer(empty, kTxtQuestion).ttl == dns::kUnsaidTtl);
  auto zero = response(kTxtQuestion, 0, 1);
  zero.soa("com", 0, 120);
  CHECK(answer(zero, kTxtQuestion).ttl == 0);
}

TEST_CASE("a name error has no records, even if the message contains some") {
  auto message = response(kTxtQuestion, 1, 0, 0, WireWriter::kResponse | 3);
  txt(message, "example.com", "v=spf1 +all");
  CHECK(answer(message, kTxtQuestion).status == dns::Status::name_error);
  CHECK(answer(message, kTxtQuestion).texts.empty());
}

TEST_CASE("RFC 2181 §8: a TTL with the top bit set is zero") {
  auto message = response(kTxtQuestion, 2);
  txt(message, "example.com", "a", 0x80000001U);
  txt(message, "example.com", "b", 300);
  CHECK(answer(message, kTxtQuestion).ttl == 0);
}

TEST_CASE("TC: the question must be asked over TCP, even if the message is cut in the middle of a record") {
  auto message = response(kTxtQuestion, 5, 0, 0, WireWriter::kResponse | WireWriter::kTruncated);
  message.name("example.com").u16(kTxt);
  CHECK(read(message, kTxtQuestion).kind == Kind::truncated);
}

TEST_CASE("other RCODEs") {
  for (const unsigned rcode : {1U, 2U, 4U, 5U, 9U, 15U}) {
    const auto got = read(response(kTxtQuestion, 0, 0, 0, WireWriter::kResponse | rcode), kTxtQuestion);
    CHECK(got.kind == Kind::refused);
    CHECK(got.rcode == static_cast<int>(rcode));
  }
  CHECK(dns::rcode_name(2) == "SERVFAIL");
  CHECK(dns::rcode_name(5) == "REFUSED");
  CHECK(dns::rcode_name(17) == "RCODE 17");
}

TEST_CASE("RFC 6891 §6.1.3: the upper bits of the RCODE are in the OPT record") {
  auto message = response(kTxtQuestion, 0, 0, 1);
  message.u8(0).u16(kOpt).u16(1232).u32(0x01000000).u16(0);
  CHECK(read(message, kTxtQuestion).kind == Kind::refused);
  CHECK(read(message, kTxtQuestion).rcode == 16);
}

TEST_CASE("RFC 6891 §7: FORMERR without the question is accepted, an answer without it is not") {
  WireWriter refused, empty;
  refused.header(kId, WireWriter::kResponse | 1, 0, 0);
  CHECK(read(refused, kTxtQuestion).rcode == 1);
  empty.header(kId, WireWriter::kResponse, 0, 0);
  CHECK(error(empty, kTxtQuestion) == ReadError::not_ours);
}

TEST_CASE("a referral is not an answer: the server does not recurse") {
  auto message = response(kTxtQuestion, 0, 1, 0, 0x8100);
  message.begin_record("com", kNs, 60).name("a.gtld-servers.net").end_record();
  CHECK(read(message, kTxtQuestion).kind == Kind::refused);
  CHECK(read(message, kTxtQuestion).rcode == 5);
}

TEST_CASE("not ours: other id, name, type, class, number of questions or opcode, or a query") {
  const auto as = [](unsigned id, unsigned flags, unsigned questions, std::string_view name, unsigned type, unsigned rr_class) {
    WireWriter writer;
    return writer.header(id, flags, questions, 0).name(name).u16(type).u16(rr_class);
  };
  CHECK(answer(as(kId, 0x8180, 1, "eXample.COM", kTxt, 1), kTxtQuestion).is_void());
  CHECK(error(as(kId + 1, 0x8180, 1, "example.com", kTxt, 1), kTxtQuestion) == ReadError::not_ours);
  CHECK(error(as(kId, 0x0180, 1, "example.com", kTxt, 1), kTxtQuestion) == ReadError::not_ours);
  CHECK(error(as(kId, 0xa980, 1, "example.com", kTxt, 1), kTxtQuestion) == ReadError::not_ours);
  CHECK(error(as(kId, 0x8180, 2, "example.com", kTxt, 1), kTxtQuestion) == ReadError::not_ours);
  CHECK(error(as(kId, 0x8180, 1, "example.org", kTxt, 1), kTxtQuestion) == ReadError::not_ours);
  CHECK(error(as(kId, 0x8180, 1, "example.co", kTxt, 1), kTxtQuestion) == ReadError::not_ours);
  CHECK(error(as(kId, 0x8180, 1, "www.example.com", kTxt, 1), kTxtQuestion) == ReadError::not_ours);
  CHECK(error(as(kId, 0x8180, 1, "", kTxt, 1), kTxtQuestion) == ReadError::not_ours);
  CHECK(error(as(kId, 0x8180, 1, "example.com", kA, 1), kTxtQuestion) == ReadError::not_ours);
  CHECK(error(as(kId, 0x8180, 1, "example.com", kTxt, 3), kTxtQuestion) == ReadError::not_ours);
}

TEST_CASE("hostile: a good message is cut at every byte") {
  const auto asked = question("example.com", Type::mx);
  auto message = response(asked, 3, 1, 1);
  cname(message, "example.com", "b.example");
  message.begin_record("b.example", kMx, 60).u16(1).name("mx1.example").end_record();
  message.begin_record("b.example", kMx, 60).u16(1).name("mx2.example").end_record();
  message.soa("example", 1, 2);
  message.u8(0).u16(kOpt).u16(1232).u32(0).u16(0);
  REQUIRE(answer(message, asked).names.size() == 2);
  const std::size_t question_end = 12 + 13 + 4;
  for (std::size_t length = 0; length < message.size(); ++length) {
    CAPTURE(length);
    // A buffer of its own, so that a sanitizer notices reads after its end.
    const std::vector<std::uint8_t> cut(message.out().begin(), message.out().begin() + static_cast<std::ptrdiff_t>(length));
    const auto result = dns::decode_response(cut, asked, kId);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error() == (length < question_end ? ReadError::not_ours : ReadError::malformed));
  }
  auto longer = message;
  longer.u8(0);
  CHECK(error(longer, asked) == ReadError::malformed);
}

TEST_CASE("hostile: compression loops") {
  WireWriter in_question;
  in_question.header(kId, 0x8180, 1, 0).pointer(12).u16(kTxt).u16(1);
  CHECK(error(in_question, kTxtQuestion) == ReadError::not_ours);

  auto in_owner = response(kTxtQuestion, 1);
  in_owner.pointer(in_owner.size()).u16(kTxt).u16(1).u32(60).u16(2).bytes("\1x");
  CHECK(error(in_owner, kTxtQuestion) == ReadError::malformed);

  const auto asked = question("example.com", Type::ptr);
  auto in_data = response(asked, 1);
  in_data.begin_record("example.com", kPtr, 60);
  const std::size_t at = in_data.size();
  in_data.u8(1).bytes("x").pointer(at).end_record();
  CHECK(error(in_data, asked) == ReadError::malformed);

  auto in_cname = response(asked, 1);
  in_cname.begin_record("example.com", kCname, 60);
  const std::size_t here = in_cname.size();
  in_cname.pointer(here + 2).pointer(here).end_record();
  CHECK(error(in_cname, asked) == ReadError::malformed);

  auto beyond = response(asked, 1);
  beyond.begin_record("example.com", kPtr, 60).pointer(0x3fff).end_record();
  CHECK(error(beyond, asked) == ReadError::malformed);
}

TEST_CASE("hostile: label types 0x40 and 0x80 (RFC 1035 §4.1.4: reserved)") {
  const auto asked = question("example.com", Type::ptr);
  for (const unsigned type : {0x40U, 0x41U, 0x80U, 0xbfU}) {
    auto message = response(asked, 1);
    message.begin_record("example.com", kPtr, 60).u8(type).bytes(std::string(70, 'x')).u8(0).end_record();
    CHECK(error(message, asked) == ReadError::malformed);
  }
}

TEST_CASE("hostile: names longer than 255 bytes; data that ends before or after its name") {
  const auto asked = question("example.com", Type::ptr);
  auto longest = response(asked, 1);
  longest.begin_record("example.com", kPtr, 60);
  for (int i = 0; i < 5; ++i) longest.u8(63).bytes(std::string(63, 'x'));
  longest.u8(0).end_record();
  CHECK(error(longest, asked) == ReadError::malformed);

  auto more = response(asked, 1);
  more.begin_record("example.com", kPtr, 60).name("a.example").u8(0).end_record();
  CHECK(error(more, asked) == ReadError::malformed);
  auto none = response(asked, 1);
  none.begin_record("example.com", kPtr, 60).end_record();
  CHECK(error(none, asked) == ReadError::malformed);

  const auto mx = question("example.com", Type::mx);
  for (const std::size_t length : {0U, 1U, 2U}) {
    auto host = response(mx, 1);
    host.begin_record("example.com", kMx, 60).bytes(std::string(length, '\0')).end_record();
    CHECK(error(host, mx) == ReadError::malformed);
  }
}

TEST_CASE("hostile: counts larger than the content") {
  for (const auto& [answers, authority, additional] :
       {std::tuple{1U, 0U, 0U}, {0U, 1U, 0U}, {0U, 0U, 1U}, {65535U, 65535U, 65535U}}) {
    CHECK(error(response(kTxtQuestion, answers, authority, additional), kTxtQuestion) == ReadError::malformed);
  }
}

TEST_CASE("an answer has as many records as 64 KiB hold") {
  // The addresses of the 4,000 authority records are not the answer.
  for (const unsigned count : {1000U, 1025U, 4000U}) {
    auto message = response(kAQuestion, count);
    for (unsigned i = 0; i < count; ++i) message.pointer(12).u16(kA).u16(1).u32(60).u16(4).u32(i);
    CHECK(answer(message, kAQuestion).addresses.size() == count);
  }
  const auto asked = question("example.com", Type::ptr);
  auto names = response(asked, 3000, 0, 1000);
  for (unsigned i = 0; i < 3000; ++i) names.pointer(12).u16(kPtr).u16(1).u32(60).u16(2).pointer(12);
  for (unsigned i = 0; i < 999; ++i) names.pointer(12).u16(kA).u16(1).u32(60).u16(4).u32(i);
  names.u8(0).u16(kOpt).u16(1232).u32(0).u16(0);
  CHECK(answer(names, asked).names == std::vector<std::string>(3000, "example.com"));

  auto texts = response(kTxtQuestion, 4000);
  for (unsigned i = 1; i < 4000; ++i) texts.pointer(12).u16(kTxt).u16(1).u32(60).u16(2).bytes("\1x");
  txt(texts, "example.com", "v=spf1 -all");
  CHECK(answer(texts, kTxtQuestion).texts.back() == "v=spf1 -all");

  // Roots: the shortest records.
  constexpr unsigned kMost = (65535 - 12 - 17) / 11;
  auto shortest = response(kAQuestion, 0, kMost);
  for (unsigned i = 0; i < kMost; ++i) shortest.u8(0).u16(kNs).u16(1).u32(60).u16(0);
  CHECK(shortest.out().size() <= 65535);
  CHECK(read(shortest, kAQuestion).kind == Kind::answer);
}

TEST_CASE("hostile: a character-string longer than its record") {
  auto message = response(kTxtQuestion, 1);
  message.begin_record("example.com", kTxt, 60).bytes("\5four").end_record();
  CHECK(error(message, kTxtQuestion) == ReadError::malformed);
}

TEST_CASE("49 TXT records of 4,295 bytes in all, and a TXT record of 60 KB") {
  auto many = response(kTxtQuestion, 49);
  std::size_t total = 0;
  for (unsigned i = 0; i < 49; ++i) {
    const std::string text(i < 32 ? 88 : 87, static_cast<char>('a' + i % 26));
    total += text.size();
    txt(many, "example.com", text);
  }
  REQUIRE(total == 4295);
  CHECK(answer(many, kTxtQuestion).texts.size() == 49);

  const std::string text(60000, 'x');
  auto large = response(kTxtQuestion, 1);
  txt(large, "example.com", text);
  CHECK(answer(large, kTxtQuestion).texts == std::vector<std::string>{text});
}

}  // namespace
