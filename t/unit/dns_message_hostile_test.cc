// DNS messages from a hostile server: unsolicited records, wrong questions, truncated messages, loops, wrong lengths.
#include "common/dns/message.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "t/support/dns_wire.h"
#include "t/support/show.h"
#include "t/unit/dns_response.h"

namespace {

using dns::ReadError;
using dns::Type;
using support::WireWriter;
using namespace dns_response;  // NOLINT(google-build-using-namespace)

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

}  // namespace
