// The hashes that sign SRS addresses, and their comparison.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/crypto/hmac.h"

namespace srs {

inline constexpr std::size_t kMaxHash = 27;  // characters: base64 of 160 bits without "="
inline constexpr char kNoSlash = '_';        // replaces "/"; not a character of base64
inline constexpr std::size_t kEximHash = 4;  // characters: 16 bits of MD5

// A secret, ready to sign. Copies share its state. Safe for use by several threads.
class Key {
 public:
  enum class Form : std::uint8_t {
    mail_srs,  // base64(HMAC-SHA1), kMaxHash characters
    exim,      // ${srs_encode}: the first kEximHash hexadecimal digits of HMAC-MD5
  };
  // Returns nothing when libcrypto lacks the algorithm (MD5 in FIPS mode).
  static std::optional<Key> make(Form form, std::string_view secret);

  // Returns the hash of the text in lower case, or nothing when libcrypto fails.
  [[nodiscard]] std::optional<std::string> sign(std::string_view text) const;

  // Keys are equal if they produce the same signatures.
  friend bool operator==(const Key& a, const Key& b) { return a.form_ == b.form_ && a.sign("") == b.sign(""); }

 private:
  Key(Form form, crypto::Hmac hmac) : form_(form), hmac_(std::move(hmac)) {}

  Form form_;
  crypto::Hmac hmac_;
};

// Like crypto::matches(), but ignores case, because mail systems may change the case of local parts, and treats kNoSlash as "/".
bool matches_ignoring_case(std::string_view given, std::string_view full);

}  // namespace srs
