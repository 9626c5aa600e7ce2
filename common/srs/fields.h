// The fields of the local part of an SRS address.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace srs {

inline constexpr std::string_view kSeparators = "=+-";

enum class Tag : std::uint8_t { none, srs0, srs1 };

// In any case of its letters, and only with a separator behind it.
Tag tag_of(std::string_view local);
// What follows the tag: its first character is the separator.
std::string_view behind_tag(std::string_view local);

// SRS0=HASH=TT=domain=local; `local` may have "=" in it.
struct Srs0 {
  std::string_view hash, stamp, domain, local;
};
// SRS1=HASH=host=rest; `rest` begins with the separator of the SRS0 address.
struct Srs1 {
  std::string_view hash, host, rest;
};

// Nothing: a field is missing, or `rest` has no separator. Fields may be empty.
std::optional<Srs0> parse_srs0(std::string_view local);
std::optional<Srs1> parse_srs1(std::string_view local);

}  // namespace srs
