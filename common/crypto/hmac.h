// HMAC (RFC 2104), computed by libcrypto, and the comparison of codes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

struct evp_mac_ctx_st;  // libcrypto's

namespace crypto {

enum class Digest : std::uint8_t { md5, sha1, sha256 };

// The code of a message, as many bytes as the digest has.
struct Code {
  std::array<unsigned char, 32> bytes{};
  std::size_t size = 0;

  // Returns the bytes; valid as long as the code.
  [[nodiscard]] std::string_view text() const { return {reinterpret_cast<const char*>(bytes.data()), size}; }
};

// A secret, ready to sign. Copies share its state. Safe for use by several threads.
class Hmac {
 public:
  // Returns nothing when libcrypto lacks the digest (MD5 in FIPS mode).
  static std::optional<Hmac> make(Digest digest, std::string_view secret);

  // Returns the code of the message, or nothing when libcrypto fails.
  [[nodiscard]] std::optional<Code> sign(std::string_view message) const;

 private:
  explicit Hmac(std::shared_ptr<const evp_mac_ctx_st> keyed) : keyed_(std::move(keyed)) {}

  std::shared_ptr<const evp_mac_ctx_st> keyed_;
};

// Returns whether `given` is the beginning of `full`, in a time that depends only on the length of `given`.
bool matches(std::string_view given, std::string_view full);

}  // namespace crypto
