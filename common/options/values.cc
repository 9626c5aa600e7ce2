#include "common/options/values.h"

#include <fmt/format.h>

#include <utility>

#include "common/base/printable.h"
#include "common/base/text.h"

namespace options {

using base::in_quotes;

Problem read_number(unsigned long& target, const Values& values, unsigned long least, unsigned long most) {
  const auto number = base::parse_number(values.back(), most);
  if (!number || *number < least) return fmt::format("{} is not a number from {} to {}", in_quotes(values.back()), least, most);
  target = *number;
  return {};
}

Problem read_time(std::chrono::milliseconds& target, const Values& values, std::chrono::hours most) {
  std::string_view digits = values.back();
  unsigned long unit = 1000;
  for (const auto& [suffix, milliseconds] :
       {std::pair<std::string_view, unsigned long>{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}) {
    if (!digits.ends_with(suffix)) continue;
    digits.remove_suffix(suffix.size());
    unit = milliseconds;
    break;
  }
  const auto limit = static_cast<unsigned long>(std::chrono::milliseconds(most).count());
  const auto number = base::parse_number(digits, limit / unit);
  if (!number || *number == 0) {
    const std::string up_to = most.count() == 1 ? "an hour" : fmt::format("{} hours", most.count());
    return fmt::format("{} is not a time such as 20s, 500ms or 2m, up to {}", in_quotes(values.back()), up_to);
  }
  target = std::chrono::milliseconds(*number * unit);
  return {};
}

std::string time_text(std::chrono::milliseconds time) {
  return time.count() % 1000 == 0 ? fmt::format("{}s", time.count() / 1000) : fmt::format("{}ms", time.count());
}

Problem read_size(std::uint64_t& target, const Values& values) {
  std::string_view digits = values.back();
  unsigned shift = 0;
  switch (base::to_lower(digits.empty() ? ' ' : digits.back())) {
    case 'k': shift = 10; break;
    case 'm': shift = 20; break;
    case 'g': shift = 30; break;
    default: break;
  }
  if (shift != 0) digits.remove_suffix(1);
  const auto number = base::parse_number(digits, (1UL << 40U) >> shift);
  if (!number) return in_quotes(values.back()) + " is not a size such as 64M";
  target = std::uint64_t{*number} << shift;
  return {};
}

std::string size_text(std::uint64_t bytes) {
  for (const auto& [shift, letter] : {std::pair{30U, 'G'}, {20U, 'M'}, {10U, 'K'}}) {
    if (bytes != 0 && bytes % (std::uint64_t{1} << shift) == 0) return fmt::format("{}{}", bytes >> shift, letter);
  }
  return std::to_string(bytes);
}

Problem read_truth(bool& target, const Values& values) {
  constexpr Word<bool> kTruths[] = {{"true", true},   {"yes", true}, {"on", true},   {"1", true},
                                    {"false", false}, {"no", false}, {"off", false}, {"0", false}};
  if (!read_word(target, values, kTruths)) return {};
  return in_quotes(values.back()) + " is neither true nor false";
}

Problem read_text(std::string& target, const Values& values) {
  for (const char c : values.back()) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return "control characters are not allowed";
  }
  target = values.back();
  return {};
}

Problem read_needed_text(std::string& target, const Values& values) {
  if (values.back().empty()) return "the value is empty";
  return read_text(target, values);
}

Problem read_character(char& target, const Values& values, std::string_view allowed) {
  const std::string& value = values.back();
  if (value.size() == 1 && allowed.find(value.front()) != std::string_view::npos) {
    target = value.front();
    return {};
  }
  std::string known;
  for (const char c : allowed) base::append(known, " ", std::string_view(&c, 1));
  return fmt::format("{} is not one of:{}", in_quotes(value), known);
}

Problem not_one_of(std::string_view value, const Values& words) {
  return fmt::format("{} is not one of: {}", in_quotes(value), fmt::join(words, ", "));
}

}  // namespace options
