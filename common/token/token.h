// The token in the link of a refusal (why-url with {token}): what was decided about one message, signed by this site.
//
// The page that the link names can trust it without any storage, on each member of a pool that has the same keys. Base 64 (RFC
// 4648 §5) of:
//   version and flags   1 byte: 0x10, and 0x8 IPv6, 0x4 HELO identity
//   result and cause    1 byte: 4 bits each
//   minute              4 bytes, since 1970
//   client              4 or 16 bytes
//   local part          4 bytes: a keyed hash, so that the link does not reveal it
//   names               domain and HELO name, three characters in two bytes
//   code                16 bytes: HMAC-SHA-256 of everything before, truncated (RFC 2104 §5)
// A HELO name that does not fit is left out. It says nothing about the recipient. Pure: the time is an argument.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip.h"
#include "common/base/result.h"
#include "common/crypto/hmac.h"
#include "common/spf/query.h"
#include "common/spf/result.h"

namespace token {

inline constexpr std::size_t kMaxToken = 120;                            // octets
inline constexpr std::uint64_t kLifetime = std::uint64_t{30} * 24 * 60;  // minutes
inline constexpr std::uint64_t kMaxEarly = 60;                           // minutes: how far the clocks of a pool may differ
inline constexpr std::string_view kPlaceholder = "{token}";              // in why-url

// The reason for the result.
enum class Cause : std::uint8_t {
  none,           // an error, or no record
  last_word,      // only the record's last "all", or its end
  sends_no_mail,  // a record that consists of "-all"
  term,           // another term of the record
  site_rule,      // a rule of this site
};
inline constexpr std::size_t kCauses = static_cast<std::size_t>(Cause::site_rule) + 1;

struct Facts {
  std::uint64_t minute = 0;  // since 1970
  spf::Identity identity = spf::Identity::mailfrom;
  base::IpAddress client;
  std::string domain;  // of the identity
  std::string helo;    // empty: it was not a name, or did not fit
  spf::Result result = spf::Result::none;
  Cause cause = Cause::none;

  friend bool operator==(const Facts&, const Facts&) = default;
};

struct Opened : Facts {
  std::string local_hash = {};
};

enum class Refusal : std::uint8_t {
  malformed,
  forged,  // no key of ours has signed it
  expired,
};

class Keys {
 public:
  // The first secret signs, all verify. The error is a sentence.
  static base::Result<Keys, std::string> make(const std::vector<std::string>& secrets);

  // Returns the token, or an empty text if the domain does not fit or libcrypto fails.
  [[nodiscard]] std::string write(const Facts& facts, std::string_view local_part) const;
  // Returns the facts if one of the keys has signed them within the last 30 days. `now`: minutes since 1970.
  [[nodiscard]] base::Result<Opened, Refusal> read(std::string_view token, std::uint64_t now) const;
  // Returns whether the token was made for this local part. Case does not count.
  [[nodiscard]] bool is_for(const Opened& opened, std::string_view local_part) const;

  // Keys are equal if they write the same tokens.
  friend bool operator==(const Keys& a, const Keys& b);

 private:
  std::vector<crypto::Hmac> keys_;
};

}  // namespace token
