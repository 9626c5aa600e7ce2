// Compares --help and the manual page of a program with its table of options: names and defaults.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/options/row.h"
#include "t/support/show.h"

namespace support {

// Returns the row of an option. Fails if there is none.
inline const options::Row& row_named(const options::Rows& table, std::string_view name) {
  const options::Row* row = options::find(table, name);
  CAPTURE(name);
  REQUIRE(row != nullptr);
  return *row;
}

// Returns the default in "(default: ...)" of a row's help, up to the first comma or semicolon. Empty: it has none.
inline std::string default_in_help(const options::Row& row) {
  constexpr std::string_view kMark = "(default: ";
  const std::size_t at = row.help.find(kMark);
  if (at == std::string_view::npos) return "";
  const std::string_view rest = row.help.substr(at + kMark.size());
  return std::string(rest.substr(0, rest.find_first_of(",;)")));
}

// Returns the long names that a page mentions as options in this text.
inline std::vector<std::string> options_in(std::string_view text) {
  constexpr std::string_view kMark = "Fl Fl ";
  std::vector<std::string> names;
  for (std::size_t at = text.find(kMark); at != std::string_view::npos; at = text.find(kMark, at + 1)) {
    const std::string_view rest = text.substr(at + kMark.size());
    const auto end = std::find_if(rest.begin(), rest.end(), [](char c) { return !base::is_alphanumeric(c) && c != '-'; });
    if (end != rest.begin()) names.emplace_back(rest.begin(), end);
  }
  return names;
}

// Checks that a page has an entry for each option that --help shows, and no entry of an option that does not exist.
inline void check_names_in_page(const std::string& page, const options::Rows& table) {
  std::set<std::string, std::less<>> in_page;
  for (const std::string_view line : base::split(page, '\n')) {
    if (!line.starts_with(".It Fl ")) continue;
    for (std::string& name : options_in(line)) in_page.insert(std::move(name));
  }
  for (const options::Row* row : table) {
    if (row->help.empty()) continue;
    for (const std::string_view name : row->names()) {
      CAPTURE(name);
      CHECK(in_page.contains(name));
    }
  }
  for (const std::string& name : in_page) {
    CAPTURE(name);
    CHECK(options::find(table, name) != nullptr);
  }
}

// Checks that --help states the defaults in force, where it states one word and the row can show the value. `fresh`: the options
// if none is given.
template <class O>
void check_defaults_in_help(const options::Rows& table, const O& fresh) {
  for (const options::Row* row : table) {
    const std::string stated = default_in_help(*row);
    const options::Access<O>& access = options::access_of<O>(*row);
    if (stated.empty() || stated.find(' ') != std::string::npos || access.get == nullptr) continue;
    const options::Values defaults = access.get(fresh);
    // Words that explain an empty value.
    if (std::all_of(defaults.begin(), defaults.end(), [](const std::string& value) { return value.empty(); })) continue;
    CAPTURE(row->name);
    O changed;
    CHECK(options::apply({row, {stated}, "help"}, changed).value_or("") == "");
    for (const std::string& value : access.get(changed)) CHECK(std::count(defaults.begin(), defaults.end(), value) == 1);
  }
}

// Calls use(row, default) for each option of the page's entries that state a default in one word: "Default: 20s."
template <class Use>
void for_defaults_in_page(const std::string& page, const options::Rows& table, Use&& use) {
  constexpr std::string_view kMark = "Default: ";
  std::vector<std::string> names;
  for (std::string_view line : base::split(page, '\n')) {
    if (line.starts_with(".It ")) names = options_in(line);
    if (!line.starts_with(kMark)) continue;
    line.remove_prefix(kMark.size());
    const std::size_t end = line.find_first_of(" ,;");
    if (end == std::string_view::npos ? !line.ends_with('.') : line[end] == ' ') continue;
    const std::string stated(line.substr(0, end == std::string_view::npos ? line.size() - 1 : end));
    for (const std::string& name : names) {
      CAPTURE(name);
      use(row_named(table, name), stated);
    }
  }
}

// Checks that these defaults are those of --help, where it states one. Returns the number of options compared.
inline int check_defaults_in_page(const std::string& page, const options::Rows& table) {
  int compared = 0;
  for_defaults_in_page(page, table, [&](const options::Row& row, const std::string& stated) {
    const std::string in_help = default_in_help(row);
    if (in_help.empty() || in_help.find(' ') != std::string::npos) return;
    CHECK(stated == in_help);
    ++compared;
  });
  return compared;
}

// Checks that these defaults are in force in `fresh`, the options if none is given. Returns the number of options compared.
template <class O>
int check_default_values_in_page(const std::string& page, const options::Rows& table, const O& fresh) {
  int compared = 0;
  for_defaults_in_page(page, table, [&](const options::Row& row, const std::string& stated) {
    const options::Access<O>& access = options::access_of<O>(row);
    if (access.get == nullptr) return;
    const options::Values in_force = access.get(fresh);
    ++compared;
    if (stated == "none") {
      for (const std::string& value : in_force) CHECK(value == "");
      return;
    }
    O changed;
    CHECK(options::apply({&row, {stated}, "page"}, changed).value_or("") == "");
    CHECK(access.get(changed) == in_force);
  });
  return compared;
}

}  // namespace support
