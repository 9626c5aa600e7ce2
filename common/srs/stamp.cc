#include "common/srs/stamp.h"

#include "common/base/text.h"

namespace srs {

namespace {

constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz234567";

}  // namespace

std::string make_stamp(std::uint64_t day) {
  const std::size_t number = day % kStampDays;
  std::string stamp{kDigits[number / 32], kDigits[number % 32]};
  for (char& c : stamp) {
    if (base::is_alpha(c)) c = static_cast<char>(c - 'a' + 'A');
  }
  return stamp;
}

std::optional<unsigned> parse_stamp(std::string_view stamp) {
  if (stamp.size() != 2) return std::nullopt;
  unsigned number = 0;
  for (const char c : stamp) {
    const std::size_t digit = kDigits.find(base::to_lower(c));
    if (digit == std::string_view::npos) return std::nullopt;
    number = number * 32 + static_cast<unsigned>(digit);
  }
  return number;
}

unsigned stamp_age(unsigned stamp, std::uint64_t day) {
  return (static_cast<unsigned>(day % kStampDays) + kStampDays - stamp % kStampDays) % kStampDays;
}

}  // namespace srs
