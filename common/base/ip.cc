#include "common/base/ip.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include <fmt/core.h>

namespace base {

namespace {
constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::string_view kHexDigits = "0123456789abcdef";
}  // namespace

IpAddress IpAddress::v4(std::array<std::uint8_t, 4> bytes) {
  IpAddress address;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

IpAddress IpAddress::v6(std::array<std::uint8_t, 16> bytes) {
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin())) {
    return v4({bytes[12], bytes[13], bytes[14], bytes[15]});
  }
  IpAddress address;
  address.bytes_ = bytes;
  address.is_v6_ = true;
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  auto address = parse_as_written(text);
  if (address && address->is_v6_) return v6(address->bytes_);
  return address;
}

std::optional<IpAddress> IpAddress::parse_as_written(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::copy(text.begin(), text.end(), terminated.begin());
  IpAddress address;
  if (inet_pton(AF_INET, terminated.data(), address.bytes_.data()) == 1) return address;
  if (inet_pton(AF_INET6, terminated.data(), address.bytes_.data()) != 1) return std::nullopt;
  address.is_v6_ = true;
  return address;
}

std::string IpAddress::text() const {
  TextBuffer buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): written as far as used
  return std::string(text(buffer));
}

std::string_view IpAddress::text(TextBuffer& buffer) const {
  if (is_v6_) return inet_ntop(AF_INET6, bytes_.data(), buffer.data(), static_cast<socklen_t>(buffer.size()));
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const unsigned byte = bytes_[i];
    if (byte >= 100) buffer[size++] = static_cast<char>('0' + byte / 100);
    if (byte >= 10) buffer[size++] = static_cast<char>('0' + byte / 10 % 10);
    buffer[size++] = static_cast<char>('0' + byte % 10);
    buffer[size++] = '.';
  }
  return {buffer.data(), size - 1};
}

std::string IpAddress::dotted() const {
  if (!is_v6_) return text();
  std::string out;
  out.reserve(63);
  for (const std::uint8_t byte : bytes_) {
    if (!out.empty()) out += '.';
    out += kHexDigits[byte >> 4];
    out += '.';
    out += kHexDigits[byte & 0xf];
  }
  return out;
}

std::string IpAddress::reverse_name() const {
  if (!is_v6_) return fmt::format("{}.{}.{}.{}.in-addr.arpa", bytes_[3], bytes_[2], bytes_[1], bytes_[0]);
  std::string nibbles = dotted();
  std::reverse(nibbles.begin(), nibbles.end());
  return nibbles + ".ip6.arpa";
}

bool IpAddress::in_prefix(const IpAddress& network, int length) const {
  if (is_v6_ != network.is_v6_) return false;
  const auto whole = static_cast<std::size_t>(length / 8);
  if (std::memcmp(bytes_.data(), network.bytes_.data(), whole) != 0) return false;
  const int rest = length % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return ((bytes_[whole] ^ network.bytes_[whole]) & mask) == 0;
}

}  // namespace base
