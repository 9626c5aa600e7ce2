// The day stamp of an SRS address: two characters of base32 that count days modulo 1024.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace srs {

inline constexpr unsigned kStampDays = 1024;

// Days since 1970, UTC.
constexpr std::uint64_t day_of(std::uint64_t seconds) { return seconds / 86400; }

std::string make_stamp(std::uint64_t day);
// The number it stands for, in any case of its letters. Nothing for anything but two characters of base32: postsrsd
// computed on while there were characters (CVE-2020-35573).
std::optional<unsigned> parse_stamp(std::string_view stamp);
// Days from the stamp to the day, below kStampDays: the days ahead are those longest ago.
unsigned stamp_age(unsigned stamp, std::uint64_t day);

}  // namespace srs
