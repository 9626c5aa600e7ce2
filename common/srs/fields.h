// The fields of the local part of an SRS address.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace srs {

inline constexpr std::string_view kSeparators = "=+-";

enum class Tag : std::uint8_t { none, srs0, srs1 };

// Returns the tag at the beginning of the local part, in upper or lower case. A separator must follow it.
Tag tag_of(std::string_view local);
// Returns the text after the tag, which begins with the separator. The local part must have a tag.
std::string_view behind_tag(std::string_view local);

// SRS0=HASH=TT=domain=local; `local` may contain "=".
struct Srs0 {
  std::string_view hash, stamp, domain, local;
};
// SRS1=HASH=host=rest; `rest` begins with the separator of the SRS0 address.
struct Srs1 {
  std::string_view hash, host, rest;
};

// Return nothing when a field is missing or `rest` does not begin with a separator. Fields may be empty.
std::optional<Srs0> parse_srs0(std::string_view local);
std::optional<Srs1> parse_srs1(std::string_view local);

}  // namespace srs
