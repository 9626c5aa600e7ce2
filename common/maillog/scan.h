// Functions that take fields from the front of a text. They remove what they took, and leave the text as it is if it does not
// fit.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/ip.h"

namespace maillog {

// Maximum size of a sender in bytes; a longer one loses the beginning of its local part, as in requests to spfd.
inline constexpr std::size_t kMaxSender = 1024;
inline constexpr std::size_t kMaxHelo = 255;

// Takes this literal text.
bool take(std::string_view& text, std::string_view literal);
// Takes the text before the separator, and the separator. If it is missing: takes nothing, and returns none.
std::optional<std::string_view> take_until(std::string_view& text, std::string_view separator);
// Takes a mailbox up to `end`, or to the end of the text if `end` is missing and `needs_end` is not set. Quotes, in any word of a
// local part (RFC 5322 §4.4), and backslashes may protect `end`. Takes nothing if a quote is not closed.
std::optional<std::string_view> take_mailbox(std::string_view& text, char end, bool needs_end);
// Takes "<mailbox>"; returns what is within.
std::optional<std::string_view> take_bracketed(std::string_view& text);
// Takes "[ADDRESS]", also "[IPv6:ADDRESS]", and a port after it (":25").
std::optional<base::IpAddress> take_address(std::string_view& text);

// Returns the number of times that a text contains another, which is not empty.
std::size_t count_of(std::string_view text, std::string_view part);

// Returns the sender as a Message has it: at most kMaxSender bytes, without the brackets of "<>".
std::string sender_text(std::string_view mailbox);
// Returns the HELO name, cut after kMaxHelo + 1 bytes: it is then not a name.
std::string helo_text(std::string_view helo);

}  // namespace maillog
