// IP addresses and prefixes.
//
// An IPv4-mapped IPv6 address is IPv4 from the moment it is read (RFC 7208 §5), so no later code has to ask.
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
  // Becomes IPv4 when the address is IPv4-mapped (::ffff:a.b.c.d).
  static IpAddress v6(std::array<std::uint8_t, 16> bytes);
  // Dotted quad or RFC 4291 §2.2 text; nothing before or behind it.
  static std::optional<IpAddress> parse(std::string_view text);
  // The same, but an IPv4-mapped address stays the IPv6 address as which it is written (an "ip6" network, RFC 7208 §5.6).
  static std::optional<IpAddress> parse_as_written(std::string_view text);

  [[nodiscard]] bool is_v4() const { return !is_v6_; }
  [[nodiscard]] bool is_v6() const { return is_v6_; }
  // 4 or 16 bytes.
  [[nodiscard]] std::basic_string_view<std::uint8_t> bytes() const {
    return {bytes_.data(), is_v6_ ? std::size_t{16} : std::size_t{4}};
  }
  [[nodiscard]] int bits() const { return is_v6_ ? 128 : 32; }

  // Dotted quad, or RFC 5952 text: what %{c} shows.
  [[nodiscard]] std::string text() const;
  using TextBuffer = std::array<char, 46>;  // INET6_ADDRSTRLEN
  [[nodiscard]] std::string_view text(TextBuffer& buffer) const;
  // What %{i} expands to: dotted quad, or 32 nibbles with dots between (RFC 7208 §7.3).
  [[nodiscard]] std::string dotted() const;
  // The name whose PTR records name this address: "10.2.0.192.in-addr.arpa".
  [[nodiscard]] std::string reverse_name() const;

  // Same family and the first `length` bits equal. length: 0 to bits().
  [[nodiscard]] bool in_prefix(const IpAddress& network, int length) const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  bool is_v6_ = false;
};

}  // namespace base
