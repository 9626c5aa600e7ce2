// Mailboxes for SRS: a local part and a domain. This is not a full parser of RFC 5321: much mail has local parts that it does not
// allow, and bounces to them must be delivered too.
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

// Splits an address into views of `text`. An "@" inside a quoted local part is an error, because SRS implementations do not
// agree on a form for it.
base::Result<Address, Error> parse_address(std::string_view text);

// Returns whether the text is a domain name, with or without U-labels (RFC 6531 §3.3), or an address literal. A text with "=",
// the separator of SRS fields, is neither.
bool is_domain(std::string_view text);
// Returns the form of a domain for comparisons: lower case, A-labels, no trailing dot.
std::string comparable_domain(std::string_view domain);
// Returns the part after the last "@", or all of the text.
std::string_view domain_of(std::string_view alias);

// Returns the content of a quoted-string (RFC 5321 §4.1.2), or nothing when the whole local part is not one quoted-string.
std::optional<std::string> unquoted(std::string_view local);
// Returns the local part without quotes, even where they enclose only a part of it, and without the backslashes within them.
// Local parts that name the same mailbox have the same content. Returns a local part with an unclosed quote unchanged.
std::string content_of(std::string_view local);
// Returns the local part with this content: a dot-string if possible, else a quoted-string (RFC 5321 §4.1.2). content_of()
// reverses it.
std::string local_part_of(std::string_view content);

}  // namespace srs
