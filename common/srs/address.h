// Mailboxes as SRS sees them: a local part and a domain. Not a full parser of RFC 5321: much mail is sent from local parts
// that it does not allow, and they too must come home.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/srs/error.h"

namespace srs {

inline constexpr std::size_t kMaxDomain = 255;   // octets, RFC 5321 §4.5.3.1.2
inline constexpr std::size_t kMaxAddress = 254;  // octets: a path (RFC 5321 §4.5.3.1.3) without its angle brackets

struct Address {
  std::string_view local;
  std::string_view domain;
};

// The views point into the text. A local part with an "@" inside its quotes is an error: SRS has no form for it that all
// implementations read alike.
base::Result<Address, Error> parse_address(std::string_view text);

// A domain name, in U-labels or not (RFC 6531 §3.3), or the literal of an IP address; never with "=", which separates fields.
bool is_domain(std::string_view text);
// A domain as it is compared: lower case, A-labels, no dot at its end.
std::string comparable_domain(std::string_view domain);
// The part behind the last "@", or all of it.
std::string_view domain_of(std::string_view alias);

// What a quoted-string stands for (RFC 5321 §4.1.2); nothing when the local part is none, or not one as a whole.
std::optional<std::string> unquoted(std::string_view local);
// The mailbox that a local part names, however it is written: without quotes, also where they enclose a part of it only, and
// without the backslashes within them. Quotes that do not close stay.
std::string content_of(std::string_view local);
// The local part that names this mailbox: a dot-string where the content is one, else a quoted-string (RFC 5321 §4.1.2).
// content_of() gives the content back.
std::string local_part_of(std::string_view content);

}  // namespace srs
