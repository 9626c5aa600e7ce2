#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "common/dns/message.h"
#include "t/support/dns_wire.h"
#include "t/support/show.h"

using support::WireWriter;

namespace {

constexpr std::uint16_t kId = 0x1234;
const dns::Question kQuestion{*dns::Name::parse("example.com"), dns::Type::txt};

dns::Cookie cookie(std::string_view bytes) {
  dns::Cookie made;
  made.size = static_cast<std::uint8_t>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), made.bytes.begin());
  return made;
}

// Reads a response without records except an OPT record with these options.
base::Result<dns::Response, dns::ReadError> read(unsigned flags, const WireWriter& options, unsigned rcode_high = 0) {
  WireWriter out;
  out.header(kId, WireWriter::kResponse | flags, 1, 0, 0, 1).question("example.com", 16);
  out.u8(0).u16(41).u16(1232).u32(rcode_high << 24).u16(static_cast<unsigned>(options.size()));
  for (const auto byte : options.out()) out.u8(byte);
  return dns::decode_response(out.out(), kQuestion, kId);
}

WireWriter cookie_option(std::string_view bytes) {
  WireWriter out;
  out.u16(10).u16(static_cast<unsigned>(bytes.size())).bytes(bytes);
  return out;
}

}  // namespace

TEST_CASE("RFC 7873 §4: a query carries the cookie as an option of its OPT record") {
  const auto query = dns::encode_query(kQuestion, kId, true, cookie("client__server__"));
  WireWriter expected;
  expected.header(kId, 0x0100, 1, 0, 0, 1).question("example.com", 16);
  expected.u8(0).u16(41).u16(dns::kUdpPayload).u32(0).u16(20).u16(10).u16(16).bytes("client__server__");
  CHECK(query == expected.out());
  CHECK(dns::encode_query(kQuestion, kId, false, cookie("client__")) == dns::encode_query(kQuestion, kId, false));
}

TEST_CASE("RFC 7873 §5.3: cookies are read from every kind of response, among other options") {
  for (const unsigned flags : {0U, 3U, 1U, 2U, WireWriter::kTruncated}) {
    CAPTURE(flags);
    WireWriter options;
    options.u16(3).u16(2).bytes("ab");
    const WireWriter second = cookie_option("client__server__");
    for (const auto byte : second.out()) options.u8(byte);
    const auto response = read(flags, options);
    REQUIRE(response.ok());
    CHECK(std::string(response->cookie.bytes.begin(), response->cookie.bytes.begin() + 16) == "client__server__");
    CHECK(response->cookie.size == 16);
    CHECK(response->cookie.has_server_part());
  }
  CHECK(read(0, WireWriter{})->cookie.size == 0);
}

TEST_CASE("RFC 7873 §5.3: a response with a cookie of an invalid length is not ours") {
  for (std::size_t size = 0; size <= 48; ++size) {
    CAPTURE(size);
    const bool is_possible = size == 8 || (size >= 16 && size <= 40);
    const auto response = read(0, cookie_option(std::string(size, 'c')));
    CHECK(response.ok() == is_possible);
    if (!is_possible) CHECK(response.error() == dns::ReadError::not_ours);
  }
}

TEST_CASE("RFC 7873 §8: BADCOOKIE is RCODE 23, whose upper bits are in OPT") {
  const auto response = read(7, cookie_option("client__server__"), 1);
  REQUIRE(response.ok());
  CHECK(response->kind == dns::Response::Kind::refused);
  CHECK(response->rcode == dns::kBadCookie);
  CHECK(dns::rcode_name(response->rcode) == "BADCOOKIE");
  CHECK(response->cookie.size == 16);
}

TEST_CASE("RFC 6891 §6.1.2: options that end too early are not read to the end") {
  WireWriter options;
  options.u16(10).u16(100).bytes("client__");
  const auto response = read(0, options);
  REQUIRE(response.ok());
  CHECK(response->cookie.size == 0);
}
