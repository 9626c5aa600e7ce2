// IP addresses and prefixes.
//
// An IPv4-mapped IPv6 address becomes IPv4 when it is read (RFC 7208 §5), so later code need not check for it.
// Bytes are in network order.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

class IpAddress {
 public:
  static IpAddress v4(std::array<std::uint8_t, 4> bytes);
  // Returns an IPv4 address for an IPv4-mapped one (::ffff:a.b.c.d).
  static IpAddress v6(std::array<std::uint8_t, 16> bytes);
  // Reads a dotted quad or RFC 4291 §2.2 text, with nothing before or after it.
  static std::optional<IpAddress> parse(std::string_view text);
  // Like parse(), but an IPv4-mapped address stays IPv6, as an "ip6" network requires (RFC 7208 §5.6).
  static std::optional<IpAddress> parse_as_written(std::string_view text);

  [[nodiscard]] bool is_v4() const { return !is_v6_; }
  [[nodiscard]] bool is_v6() const { return is_v6_; }
  // Returns 4 or 16 bytes.
  [[nodiscard]] std::basic_string_view<std::uint8_t> bytes() const {
    return {bytes_.data(), is_v6_ ? std::size_t{16} : std::size_t{4}};
  }
  [[nodiscard]] int bits() const { return is_v6_ ? 128 : 32; }

  // Returns a dotted quad or RFC 5952 text: the value of %{c}.
  [[nodiscard]] std::string text() const;
  using TextBuffer = std::array<char, 46>;  // INET6_ADDRSTRLEN
  [[nodiscard]] std::string_view text(TextBuffer& buffer) const;
  // Returns the value of %{i}: a dotted quad, or 32 nibbles separated by dots (RFC 7208 §7.3).
  [[nodiscard]] std::string dotted() const;
  // Returns the name that holds the PTR records of this address: "10.2.0.192.in-addr.arpa".
  [[nodiscard]] std::string reverse_name() const;

  // Returns whether the family and the first `length` bits are equal. `length`: 0 to bits().
  [[nodiscard]] bool in_prefix(const IpAddress& network, int length) const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  bool is_v6_ = false;
};

}  // namespace base
