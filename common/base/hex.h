// Converts bytes to pairs of hexadecimal digits and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/text.h"

namespace base {

// Appends the two digits of a byte. `digits`: the 16 digits, in lower or upper case.
inline void append_hex(std::string& out, unsigned char byte, std::string_view digits = "0123456789abcdef") {
  out += {digits[byte >> 4U], digits[byte & 0xfU]};
}

// Converts pairs of digits, in lower or upper case, to bytes. Returns nothing when the text is not such pairs.
inline std::optional<std::string> bytes_of_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  unsigned byte = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = std::string_view("0123456789abcdef").find(to_lower(text[i]));
    if (digit == std::string_view::npos) return std::nullopt;
    byte = (byte << 4U | static_cast<unsigned>(digit)) & 0xffU;
    if (i % 2 == 1) out += static_cast<char>(byte);
  }
  return out;
}

}  // namespace base
