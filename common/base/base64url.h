// Base 64 with the alphabet for URLs and file names, without padding (RFC 4648 §5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace base {

std::string base64url(std::string_view bytes);
// Returns the bytes. Returns nothing for a text that base64url() does not write.
std::optional<std::string> bytes_of_base64url(std::string_view text);

}  // namespace base
