// U-labels to A-labels (RFC 5890, RFC 8616 §4), by libidn2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dns {

// A domain of which some labels may be UTF-8, as A-labels; ASCII labels stay as they are. Nothing when a label cannot be
// converted.
std::optional<std::string> to_a_labels(std::string_view domain);

}  // namespace dns
