// Functions on ASCII text. They do not depend on the locale.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/blocks.h"

namespace base {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_alphanumeric(char c) { return is_digit(c) || is_alpha(c); }
// Returns whether the byte is printable US-ASCII, blank included.
constexpr bool is_printable(char c) { return c >= ' ' && c <= '~'; }
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text);
// Writes the lower-case text to `out`, which must have room for text.size() bytes.
void copy_lower(std::string_view text, char* out);
bool equals_ignoring_case(std::string_view a, std::string_view b);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
// Returns whether every byte is US-ASCII (below 0x80), control characters included.
bool is_ascii(std::string_view text);
// Returns whether the text is well-formed UTF-8 (RFC 3629): no surrogates, no overlong forms, nothing above U+10FFFF.
bool is_utf8(std::string_view text);
// Returns whether every byte is printable US-ASCII and none is in kExcept.
template <char... kExcept>
bool all_printable(std::string_view text);
// Remove blanks, tabs and CRs from the end, or from both ends.
std::string_view strip_right(std::string_view text);
std::string_view strip(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
template <std::same_as<std::string> Temporary>
void split(Temporary&& text, char separator) = delete;  // the parts would outlive it
// Reads a decimal number that consists of digits only and is at most `maximum`.
std::optional<unsigned long> parse_number(std::string_view text, unsigned long maximum);

// Appends the pieces in order.
template <class... Pieces>
void append(std::string& out, const Pieces&... pieces) {
  (out.append(std::string_view(pieces)), ...);
}

// ---- details ---------------------------------------------------------------------------------------------------------------

template <char... kExcept>
bool all_printable(std::string_view text) {
  // The text of an answer is checked more than once, so this must be fast.
  return !has_any(text, [](Block block) { return ~is_between(block, ' ', '~') | (Block{} | ... | is_byte(block, kExcept)); });
}

}  // namespace base
