// One option of a program: everything that its command line, its configuration file, --help and the manual pages say about it.
//
// A Row is plain data; a program's table is an array of RowOf<Options>, which adds how the values reach the program's options.
// To add an option, see "a new option" in CONTRIBUTING.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace options {

// The values given for one option, in their order. Empty: the option was given without a value.
using Values = std::vector<std::string>;
// What is wrong with a value, a sentence; nothing: it is right.
using Problem = std::optional<std::string>;

enum class Kind : std::uint8_t {
  act,       // takes no value
  flag,      // true or false; true without a value
  level,     // likewise, and a number may follow as the next word
  optional,  // may have a value after "="
  last,      // takes the next word if there is one
  number,    // one value, written in a configuration file without quotes
  text,      // one value
  list,      // any number of values
};

enum class When : std::uint8_t {
  start,         // read when the program starts; a change needs a new start
  reload,        // part of what a reload puts in force
  command_line,  // not allowed in a configuration file
};

struct Row {
  std::string_view name;          // --name, and the key in the configuration file; empty: the option has a letter only
  std::string_view aliases = {};  // further long names, separated by blanks
  char letter = 0;                // short name
  Kind kind = Kind::text;
  std::string_view argument = {};  // what --help calls the value
  std::string_view heading = {};   // of the group in --help and manual pages that begins with this row
  std::string_view help = {};      // empty: an old option without effect, not shown
  When when = When::reload;
  bool for_domains = false;     // allowed in a section for a domain
  bool is_table = false;        // a list of "key=value" that the configuration file may also give as a table
  std::string_view topic = {};  // given on the command line, it replaces all options of its topic in the file; empty: the name

  // The name, then the aliases.
  [[nodiscard]] std::vector<std::string_view> names() const;
  [[nodiscard]] std::string_view topic_or_name() const { return topic.empty() ? name : topic; }
};

// How values reach the options of a program.
template <class O>
struct Access {
  // Takes the values given; of several the last one counts, unless the row is a list. Null: no effect.
  Problem (*set)(O& options, const Values& values) = nullptr;
  // The values in force, in a form that `set` takes. Null: the option stands for others.
  Values (*get)(const O& options) = nullptr;
};

template <class O>
struct RowOf : Row {
  Access<O> access = {};
};

using Rows = std::vector<const Row*>;

template <class O, std::size_t N>
void add_rows(Rows& rows, const RowOf<O> (&table)[N]) {  // NOLINT(modernize-avoid-c-arrays)
  for (const RowOf<O>& row : table) rows.push_back(&row);
}

// A program's only table.
template <class O, std::size_t N>
Rows rows_of(const RowOf<O> (&table)[N]) {  // NOLINT(modernize-avoid-c-arrays)
  Rows rows;
  add_rows(rows, table);
  return rows;
}

// The access of a row of a program whose table holds RowOf<O> only.
template <class O>
const Access<O>& access_of(const Row& row) {
  return static_cast<const RowOf<O>&>(row).access;
}

// The row with that long name; null: there is none.
const Row* find(const Rows& rows, std::string_view name);

// Values given for a row, and where.
struct Setting {
  const Row* row = nullptr;  // null: a word that belongs to no option
  Values values;
  std::string place;  // for messages: "--timeout", "/etc/spfd/spfd.conf:12: timeout"
};

// Reports what is wrong with a setting: "PLACE: what".
template <class O>
Problem apply(const Setting& setting, O& options) {
  const auto set = access_of<O>(*setting.row).set;
  if (set == nullptr) return {};
  Problem problem = set(options, setting.values);
  if (problem) problem->insert(0, setting.place + ": ");
  return problem;
}

}  // namespace options
