// Converts values to printable text of limited size for messages, answers and headers.
//
// Most functions return a string. Their append_...() forms, for texts written with every answer, do not allocate when the string
// has room.
#pragma once

#include <string>
#include <string_view>

namespace base {

// Replaces every byte that is not printable US-ASCII by "\xNN", with two hexadecimal digits in lower case, so that the text fits
// in one line of a log, an answer or a header. In quotes, where a backslash has a meaning of its own, the caller escapes these
// backslashes like all others; texts that must not contain any use "/" instead (receiver/wording.h).
std::string printable(std::string_view text);
void append_printable(std::string& out, std::string_view text);
// Replaces only US-ASCII control characters by "\xNN": the text fits in one line, and UTF-8 stays unchanged.
std::string without_controls(std::string_view text);

// Cut the printable text to at most `limit` (3 or more) bytes. "..." marks the cut at the end; no "\xNN" is divided.
std::string clip(std::string_view text, std::size_t limit);
void append_clipped(std::string& out, std::string_view text, std::size_t limit);
// Like clip(), but the cut is within the text: for addresses and names, whose end is the most significant part.
std::string clip_middle(std::string_view text, std::size_t limit);
void append_clipped_middle(std::string& out, std::string_view text, std::size_t limit);

// Returns the clipped text in quotes, where a quote within it is "\xNN": the form of foreign values in messages.
std::string in_quotes(std::string_view text, std::size_t limit = 100, char quote = '"');
// Returns the whole text in double quotes, with a backslash before each '"' and '\': a quoted-string of RFC 5322 §3.2.4 and, if
// the text is printable, a string of JSON (RFC 8259 §7) and TOML.
std::string quoted_string(std::string_view text);
void append_quoted_string(std::string& out, std::string_view text);

}  // namespace base
