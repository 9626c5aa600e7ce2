#include "common/base/ip.h"

#include <string>

#include <doctest/doctest.h>

#include "t/support/show.h"

namespace {

using base::IpAddress;

IpAddress ip(std::string_view text) {
  const auto parsed = IpAddress::parse(text);
  REQUIRE(parsed.has_value());
  return *parsed;
}

TEST_CASE("IPv4 text") {
  CHECK(ip("192.0.2.1").is_v4());
  CHECK(ip("192.0.2.1").text() == "192.0.2.1");
  CHECK(ip("0.0.0.0").text() == "0.0.0.0");
  CHECK(ip("255.255.255.255").bits() == 32);
  CHECK(ip("192.0.2.1") == IpAddress::v4({192, 0, 2, 1}));
}

TEST_CASE("RFC 4291 §2.2: IPv6 text in, RFC 5952 text out") {
  CHECK(ip("2001:DB8:0:0:0:0:0:1").text() == "2001:db8::1");
  CHECK(ip("::").text() == "::");
  CHECK(ip("::1").bits() == 128);
  CHECK(ip("2001:db8::192.0.2.1").text() == "2001:db8::c000:201");
  CHECK(ip("2001:db8:0:1:0:0:0:1").text() == "2001:db8:0:1::1");
  CHECK(ip("cafe:babe::1").is_v6());
}

TEST_CASE("RFC 7208 §5: an IPv4-mapped IPv6 address is IPv4; other addresses that resemble it are not") {
  CHECK(ip("::FFFF:1.2.3.4") == ip("1.2.3.4"));
  CHECK(ip("::ffff:102:304").is_v4());
  CHECK(ip("::ffff:0:102:304").is_v6());
  CHECK(ip("::1.2.3.4").is_v6());
  CHECK(ip("64:ff9b::1.2.3.4").is_v6());
}

TEST_CASE("texts that are not addresses") {
  for (const char* text : {"",         " ",          "1.2.3",         "1.2.3.4.5",         "1.2.3.256", "1.2.3.-4", " 1.2.3.4",
                           "1.2.3.4 ", "1.2.3.4/24", "01.2.3.4",      "0x1.2.3.4",         "1.2.3.4\n", "[::1]",    "::1%lo",
                           ":::",      "1::2::3",    "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::",   "::1.2.3",  "g::"}) {
    CAPTURE(text);
    CHECK_FALSE(IpAddress::parse(text).has_value());
  }
  CHECK_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0", 8)).has_value());
  CHECK_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0.5", 10)).has_value());
  CHECK_FALSE(IpAddress::parse(std::string(100000, '1')).has_value());
}

TEST_CASE("RFC 7208 §7.3: %{i} and the names of the reverse zones") {
  CHECK(ip("192.0.2.3").dotted() == "192.0.2.3");
  CHECK(ip("192.0.2.3").reverse_name() == "3.2.0.192.in-addr.arpa");
  CHECK(ip("2001:db8::cb01").dotted() == "2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.b.0.1");
  CHECK(ip("2001:db8::cb01").reverse_name() == "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST_CASE("prefixes of every length") {
  CHECK(ip("192.0.2.1").in_prefix(ip("192.0.2.1"), 32));
  CHECK_FALSE(ip("192.0.2.1").in_prefix(ip("192.0.2.0"), 32));
  CHECK(ip("192.0.2.1").in_prefix(ip("192.0.2.0"), 31));
  CHECK(ip("10.255.0.1").in_prefix(ip("10.0.0.0"), 8));
  CHECK_FALSE(ip("11.0.0.0").in_prefix(ip("10.0.0.0"), 8));
  CHECK(ip("255.255.255.255").in_prefix(ip("0.0.0.0"), 0));
  CHECK_FALSE(ip("128.0.0.0").in_prefix(ip("0.0.0.0"), 1));
  CHECK(ip("2001:db8::1").in_prefix(ip("2001:db8::"), 127));
  CHECK_FALSE(ip("2001:db8::1").in_prefix(ip("2001:db8::"), 128));
  CHECK(ip("2001:db8:7fff::").in_prefix(ip("2001:db8::"), 33));
  CHECK_FALSE(ip("2001:db8:8000::").in_prefix(ip("2001:db8::"), 33));
  // Bits of the network after the prefix do not count (RFC 7208 §5.6).
  CHECK(ip("192.0.2.1").in_prefix(ip("192.0.2.77"), 24));

  const IpAddress network = ip("255.255.255.255");
  for (int bit = 0; bit < 32; ++bit) {
    std::array<std::uint8_t, 4> bytes = {255, 255, 255, 255};
    bytes[static_cast<std::size_t>(bit / 8)] = static_cast<std::uint8_t>(0xff ^ (0x80 >> (bit % 8)));
    for (int length = 0; length <= 32; ++length) {
      CHECK(IpAddress::v4(bytes).in_prefix(network, length) == (length <= bit));
    }
  }
}

TEST_CASE("RFC 7208 §5.6: an address is never in a prefix of the other family") {
  CHECK_FALSE(ip("1.2.3.4").in_prefix(ip("::"), 0));
  CHECK_FALSE(ip("::1").in_prefix(ip("0.0.0.0"), 0));
}

}  // namespace
