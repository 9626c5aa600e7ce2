// Values in messages, answers and headers: what bytes are shown as, and at most how many.
//
// Most functions return a string. append_...() gives the same without allocating where the string has room, for what is written
// with each answer.
#pragma once

#include <string>
#include <string_view>

namespace base {

// Shows every byte that is not printable US-ASCII as "\xNN", with two hexadecimal digits in lower case, so that the text fits in
// one line of a log, an answer or a header. Where a backslash has a meaning of its own (in quotes), the caller escapes it as any
// other backslash; texts without backslash show it as "/" (receiver/wording.h).
std::string printable(std::string_view text);
void append_printable(std::string& out, std::string_view text);
// Shows only US-ASCII control characters as "\xNN": the text fits in one line, and UTF-8 stays.
std::string without_controls(std::string_view text);

// Cuts the printable text to at most `limit` (3 or more) bytes, with "..." at its end, and no "\xNN" cut in two.
std::string clip(std::string_view text, std::size_t limit);
void append_clipped(std::string& out, std::string_view text, std::size_t limit);
// The same with "..." within the text: for an address or a name, of which the end says most.
std::string clip_middle(std::string_view text, std::size_t limit);
void append_clipped_middle(std::string& out, std::string_view text, std::size_t limit);

// Returns the clipped text between two of `quote`: how messages show a value that somebody gave.
std::string in_quotes(std::string_view text, std::size_t limit = 100, char quote = '"');
// Returns all of the text in double quotes, with a backslash before each '"' and '\': a quoted-string of RFC 5322 §3.2.4 and, of
// printable text, a string of JSON (RFC 8259 §7) and TOML.
std::string quoted_string(std::string_view text);

}  // namespace base
