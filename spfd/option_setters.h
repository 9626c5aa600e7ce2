// What the rows of the option table are made of: from the text of values to what they mean, and back.
//
// A setter says what is wrong with the values; of several the last one counts.
#pragma once

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/text.h"

namespace spfd {

using Values = std::vector<std::string>;
using Problem = std::optional<std::string>;

template <class T>
Problem set_number(T& target, const Values& values, unsigned long least, unsigned long most) {
  const auto number = base::parse_number(values.back(), most);
  if (!number || *number < least)
    return fmt::format("\"{}\" is not a number from {} to {}", base::printable(values.back()), least, most);
  target = static_cast<T>(*number);
  return {};
}

Problem set_duration(std::chrono::milliseconds& target, const Values& values);
Problem set_bool(bool& target, const Values& values);
inline Values get_bool(bool value) { return {value ? "true" : "false"}; }
// A path, a user's name and the like: something that can stand in one line.
Problem set_text(std::string& target, const Values& values);
Problem set_needed_text(std::string& target, const Values& values);

// One of several words.
template <class T, std::size_t N>
using Words = std::array<std::pair<std::string_view, T>, N>;

template <class T, std::size_t N>
Problem set_word(T& target, const Values& values, const Words<T, N>& words) {
  std::string known;
  for (const auto& [word, meaning] : words) {
    if (values.back() == word) {
      target = meaning;
      return {};
    }
    known += known.empty() ? "" : ", ";
    known += word;
  }
  return fmt::format("\"{}\" is not one of: {}", base::printable(values.back()), known);
}

template <class T, std::size_t N>
Values get_word(const T& value, const Words<T, N>& words) {
  for (const auto& [word, meaning] : words) {
    if (meaning == value) return {std::string(word)};
  }
  return {};
}

}  // namespace spfd
