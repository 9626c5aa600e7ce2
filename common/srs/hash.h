// The hashes that sign SRS addresses, by libcrypto, and their comparison.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_mac_ctx_st;  // libcrypto's

namespace srs {

inline constexpr std::size_t kMaxHash = 27;  // characters: base64 of 160 bits without "="
inline constexpr char kNoSlash = '_';        // in the place of "/", which is in no base64
inline constexpr std::size_t kEximHash = 4;  // characters: 16 bits of MD5

// A secret, ready to sign. Copies share it; many threads may use one.
class Key {
 public:
  enum class Form : std::uint8_t {
    mail_srs,  // base64(HMAC-SHA1), kMaxHash characters
    exim,      // ${srs_encode}: the first kEximHash digits of HMAC-MD5 in hexadecimal
  };
  // Nothing when libcrypto refuses (MD5 is off in FIPS mode).
  static std::optional<Key> make(Form form, std::string_view secret);

  // Of the text in lower case. Nothing when libcrypto fails.
  [[nodiscard]] std::optional<std::string> sign(std::string_view text) const;

  // Both sign alike.
  friend bool operator==(const Key& a, const Key& b) { return a.form_ == b.form_ && a.sign("") == b.sign(""); }

 private:
  Key(Form form, std::shared_ptr<const evp_mac_ctx_st> keyed) : form_(form), keyed_(std::move(keyed)) {}

  Form form_;
  std::shared_ptr<const evp_mac_ctx_st> keyed_;
};

// Compares in a time that depends on the length of `given` only. All its characters must be those of `full`; upper and lower
// case are the same to a mail system (someone may have changed the case of the local part), and kNoSlash counts as "/".
bool matches_ignoring_case(std::string_view given, std::string_view full);
bool matches(std::string_view given, std::string_view full);

}  // namespace srs
