// The hashes that sign SRS addresses, by libcrypto, and their comparison.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace srs {

inline constexpr std::size_t kMaxHash = 27;  // characters: base64 of 160 bits without "="
inline constexpr std::size_t kEximHash = 4;  // characters: 16 bits of MD5

// base64(HMAC-SHA1(secret, text in lower case)), kMaxHash characters. Nothing when libcrypto refuses.
std::optional<std::string> sign(std::string_view secret, std::string_view text);
// Exim's ${srs_encode}: the first digits of HMAC-MD5 in hexadecimal. Nothing when libcrypto refuses (MD5 is off in FIPS mode).
std::optional<std::string> sign_as_exim(std::string_view secret, std::string_view text);

// Compares in a time that depends on the length of `given` only. All its characters must be those of `full`; upper and lower
// case are the same to a mail system (someone may have changed the case of the local part).
bool matches_ignoring_case(std::string_view given, std::string_view full);
bool matches(std::string_view given, std::string_view full);

}  // namespace srs
