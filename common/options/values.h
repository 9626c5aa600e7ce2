// The types of the values of options: from text to value and back.
//
// Each read_...() function stores the last of the values given, and returns what is wrong with it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/options/row.h"

namespace options {

Problem read_number(unsigned long& target, const Values& values, unsigned long least, unsigned long most);
// Reads "20s", "500ms", "2m", "1h"; a bare number is in seconds. Must be above zero.
Problem read_time(std::chrono::milliseconds& target, const Values& values, std::chrono::hours most);
std::string time_text(std::chrono::milliseconds time);
// Reads "4096", "64K", "64M", "1G", in bytes; at most 1 TiB.
Problem read_size(std::uint64_t& target, const Values& values);
std::string size_text(std::uint64_t bytes);
// Reads "true", "yes", "on", "1" and their opposites.
Problem read_truth(bool& target, const Values& values);
inline Values truth_text(bool value) { return {value ? "true" : "false"}; }
// Reads text without control characters, such as a path or the name of a user.
Problem read_text(std::string& target, const Values& values);
// Reads text that must not be empty.
Problem read_needed_text(std::string& target, const Values& values);
// Reads one of the characters in `allowed`.
Problem read_character(char& target, const Values& values, std::string_view allowed);

// A word that an option takes, and its meaning.
template <class T>
struct Word {
  std::string_view word;
  T meaning;
};
Problem not_one_of(std::string_view value, const Values& words);

template <class T, std::size_t N>
Problem read_word(T& target, const Values& values, const Word<T> (&words)[N]) {  // NOLINT(modernize-avoid-c-arrays)
  for (const Word<T>& one : words) {
    if (values.back() != one.word) continue;
    target = one.meaning;
    return {};
  }
  Values known;
  for (const Word<T>& one : words) known.emplace_back(one.word);
  return not_one_of(values.back(), known);
}

template <class T, std::size_t N>
Values word_text(const T& value, const Word<T> (&words)[N]) {  // NOLINT(modernize-avoid-c-arrays)
  for (const Word<T>& one : words) {
    if (one.meaning == value) return {std::string(one.word)};
  }
  return {};
}

}  // namespace options
