// DNS messages: queries, and what counts in an answer.
#include "common/dns/message.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "t/support/dns_wire.h"
#include "t/support/show.h"
#include "t/unit/dns_response.h"

namespace {

using dns::ReadError;
using dns::Type;
using support::WireWriter;
using namespace dns_response;  // NOLINT(google-build-using-namespace)

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
