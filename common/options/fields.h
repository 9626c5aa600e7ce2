// Accesses of rows whose option is one member of the program's options, named by the path to it:
//   kTime<&Options::in_force, &Snapshot::timeouts, &Timeouts::check>
// A std::optional member has no value until the option is given; until then the access shows its own default.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "common/options/row.h"
#include "common/options/values.h"

namespace options {

template <class M>
struct MemberOf;
template <class C, class T>
struct MemberOf<T C::*> {
  using Owner = C;
};
template <auto first>
using OwnerOf = typename MemberOf<decltype(first)>::Owner;

template <auto... path, class O>
auto& at(O& owner) {
  return (owner.*....*path);
}

template <class T>
T& filled(T& member) {
  return member;
}
template <class T>
T& filled(std::optional<T>& member) {
  return member.emplace();
}
template <class T>
const T& filled_or(const T& member, const T& /*absent*/) {
  return member;
}
template <class T>
const T& filled_or(const std::optional<T>& member, const T& absent) {
  return member ? *member : absent;
}

template <auto first, auto... rest>
inline constexpr Access<OwnerOf<first>> kTruth = {
    [](OwnerOf<first>& o, const Values& v) { return read_truth(filled(at<first, rest...>(o)), v); },
    [](const OwnerOf<first>& o) { return truth_text(filled_or(at<first, rest...>(o), false)); }};

// The member is the opposite of the option.
template <auto first, auto... rest>
inline constexpr Access<OwnerOf<first>> kUntruth = {[](OwnerOf<first>& o, const Values& v) {
                                                      bool truth = false;
                                                      Problem problem = read_truth(truth, v);
                                                      if (!problem) at<first, rest...>(o) = !truth;
                                                      return problem;
                                                    },
                                                    [](const OwnerOf<first>& o) { return truth_text(!at<first, rest...>(o)); }};

template <int most_hours, auto first, auto... rest>
inline constexpr Access<OwnerOf<first>> kTimeUpTo = {
    [](OwnerOf<first>& o, const Values& v) { return read_time(at<first, rest...>(o), v, std::chrono::hours(most_hours)); },
    [](const OwnerOf<first>& o) { return Values{time_text(at<first, rest...>(o))}; }};
template <auto first, auto... rest>
inline constexpr Access<OwnerOf<first>> kTime = kTimeUpTo<24, first, rest...>;

template <auto first, auto... rest>
inline constexpr Access<OwnerOf<first>> kSize = {
    [](OwnerOf<first>& o, const Values& v) { return read_size(at<first, rest...>(o), v); },
    [](const OwnerOf<first>& o) { return Values{size_text(at<first, rest...>(o))}; }};

template <auto first, auto... rest>
inline constexpr Access<OwnerOf<first>> kText = {
    [](OwnerOf<first>& o, const Values& v) { return read_text(filled(at<first, rest...>(o)), v); },
    [](const OwnerOf<first>& o) { return Values{filled_or(at<first, rest...>(o), std::string())}; }};

template <auto first, auto... rest>
inline constexpr Access<OwnerOf<first>> kNeededText = {
    [](OwnerOf<first>& o, const Values& v) { return read_needed_text(filled(at<first, rest...>(o)), v); },
    kText<first, rest...>.get};

// The last value, unchecked: it is checked where it is used.
template <auto first, auto... rest>
inline constexpr Access<OwnerOf<first>> kAny = {[](OwnerOf<first>& o, const Values& v) -> Problem {
                                                  at<first, rest...>(o) = v.back();
                                                  return {};
                                                },
                                                nullptr};

// All values, unchecked.
template <auto first, auto... rest>
inline constexpr Access<OwnerOf<first>> kTexts = {[](OwnerOf<first>& o, const Values& v) -> Problem {
                                                    at<first, rest...>(o) = v;
                                                    return {};
                                                  },
                                                  [](const OwnerOf<first>& o) { return at<first, rest...>(o); }};

template <unsigned long least, unsigned long most, auto first, auto... rest>
inline constexpr Access<OwnerOf<first>> kNumber = {
    [](OwnerOf<first>& o, const Values& v) {
      unsigned long number = 0;
      Problem problem = read_number(number, v, least, most);
      auto& member = at<first, rest...>(o);
      if (!problem) member = static_cast<std::remove_reference_t<decltype(member)>>(number);
      return problem;
    },
    [](const OwnerOf<first>& o) { return Values{std::to_string(at<first, rest...>(o))}; }};

// words: an array of Word. A member without value is shown as the first of them.
template <const auto& words, auto first, auto... rest>
inline constexpr Access<OwnerOf<first>> kWord = {
    [](OwnerOf<first>& o, const Values& v) { return read_word(filled(at<first, rest...>(o)), v, words); },
    [](const OwnerOf<first>& o) { return word_text(filled_or(at<first, rest...>(o), words[0].meaning), words); }};

// Assigns a constant.
template <auto meaning, auto first, auto... rest>
inline constexpr Access<OwnerOf<first>> kChoice = {[](OwnerOf<first>& o, const Values&) -> Problem {
                                                     at<first, rest...>(o) = meaning;
                                                     return {};
                                                   },
                                                   nullptr};

// Chooses what the program does; it cannot do two things. --help and --version win over all others.
template <class T>
Problem choose(T& member, T meaning) {
  if (member == T::help || member == T::version) return {};
  if (member != T{} && member != meaning) return "this option and an earlier one exclude each other";
  member = meaning;
  return {};
}
template <auto meaning, auto first, auto... rest>
inline constexpr Access<OwnerOf<first>> kTask = {
    [](OwnerOf<first>& o, const Values&) { return choose(at<first, rest...>(o), meaning); }, nullptr};

// The rows that every program has. `letter`: the short name; 0: none.
template <auto action, auto meaning, char letter = 'V'>
inline constexpr RowOf<OwnerOf<action>> kVersionRow = {
    {.name = "version", .letter = letter, .kind = Kind::act, .help = "print the version, and exit", .when = When::command_line},
    kChoice<meaning, action>};
template <auto action, auto meaning, char letter = 'h'>
inline constexpr RowOf<OwnerOf<action>> kHelpRow = {
    {.name = "help", .letter = letter, .kind = Kind::act, .help = "print this help, and exit", .when = When::command_line},
    kChoice<meaning, action>};

}  // namespace options
