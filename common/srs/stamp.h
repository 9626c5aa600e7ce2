// The day stamp of an SRS address: two characters of base32 that count days modulo 1024.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace srs {

inline constexpr unsigned kStampDays = 1024;

// Returns the days since 1970 for seconds since 1970, in UTC.
constexpr std::uint64_t day_of(std::uint64_t seconds) { return seconds / 86400; }

std::string make_stamp(std::uint64_t day);
// Returns the value of a stamp, in upper or lower case, or nothing unless it is exactly two characters of base32: postsrsd
// processed stamps of any length (CVE-2020-35573).
std::optional<unsigned> parse_stamp(std::string_view stamp);
// Returns the number of days from the stamp to `day`, modulo kStampDays: a stamp in the future yields a number close to it.
unsigned stamp_age(unsigned stamp, std::uint64_t day);

}  // namespace srs
