// Converts U-labels to A-labels (RFC 5890, RFC 8616 §4) with libidn2.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace dns {

// Returns the size, in bytes, of the dot at the beginning of the text, or 0 if there is none. In a domain with U-labels, U+3002,
// U+FF0E and U+FF61 are dots as well as U+002E (UTS 46 §4.5).
std::size_t dot_size(std::string_view text);

// Converts the UTF-8 labels of a domain to A-labels. ASCII labels stay unchanged, and all dots become U+002E. Returns nothing if
// a label cannot be converted.
std::optional<std::string> to_a_labels(std::string_view domain);

}  // namespace dns
