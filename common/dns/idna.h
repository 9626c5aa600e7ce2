// U-labels to A-labels (RFC 5890, RFC 8616 §4), by libidn2.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace dns {

// Returns how many bytes the dot at the begin of the text has, 0 without one. Besides U+002E, these are dots in a domain with
// U-labels: U+3002, U+FF0E and U+FF61 (UTS 46 §4.5).
std::size_t dot_size(std::string_view text);

// A domain of which some labels may be UTF-8, as A-labels; ASCII labels stay as they are, and all dots are U+002E. Nothing when a
// label cannot be converted.
std::optional<std::string> to_a_labels(std::string_view domain);

}  // namespace dns
