// One option of a program: everything that its command line, its configuration file, --help and the manual pages say about it.
//
// A Row is plain data. A program's table is an array of RowOf<Options>, which adds the access to the program's options. To add an
// option, see "a new option" in CONTRIBUTING.md.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace options {

// The values given for one option, in the order given. Empty: the option was given without a value.
using Values = std::vector<std::string>;
// The fault of a value, a sentence; none: the value is valid.
using Problem = std::optional<std::string>;

enum class Kind : std::uint8_t {
  act,       // takes no value
  flag,      // true or false; true without a value
  level,     // a flag that may be followed by a number as the next word
  optional,  // may have a value after "="
  last,      // the next word is its value, if there is one
  number,    // one value, written without quotes in a configuration file
  text,      // one value
  list,      // any number of values
};

enum class When : std::uint8_t {
  start,         // read when the program starts; a change needs a restart
  reload,        // put in force by a reload
  command_line,  // not allowed in a configuration file
};

struct Row {
  std::string_view name;          // --name, and the key in the configuration file; empty: only a letter
  std::string_view aliases = {};  // further long names, separated by blanks
  char letter = 0;                // short name
  Kind kind = Kind::text;
  std::string_view argument = {};  // the name of the value in --help
  std::string_view heading = {};   // heading of the group that begins with this row, in --help and manual pages
  std::string_view help = {};      // empty: an old option without effect, not shown
  When when = When::reload;
  bool for_domains = false;     // allowed in a section for a domain
  bool is_table = false;        // a list of "key=value" that the configuration file may also give as a table
  std::string_view topic = {};  // on the command line it replaces all options of its topic in the file; empty: the name

  // Returns the name, then the aliases.
  [[nodiscard]] std::vector<std::string_view> names() const;
  [[nodiscard]] std::string_view topic_or_name() const { return topic.empty() ? name : topic; }
};

// Functions between values and the options of a program.
template <class O>
struct Access {
  // Stores the values. If there are several, the last one counts, unless the row is a list. Null: the option has no effect.
  Problem (*set)(O& options, const Values& values) = nullptr;
  // Returns the values in force, in a form that `set` takes. Null: the option is another form of other options.
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

// The rows of a program with one table.
template <const auto& table>
const Rows& rows_of() {
  static const Rows rows = [] {
    Rows out;
    add_rows(out, table);
    return out;
  }();
  return rows;
}

// Returns the rows of a program whose table has several parts.
Rows joined(std::initializer_list<void (*)(Rows& rows)> parts);

// Returns the access of a row; the program's table must consist of RowOf<O>.
template <class O>
const Access<O>& access_of(const Row& row) {
  return static_cast<const RowOf<O>&>(row).access;
}

// Returns the row with that long name, or null.
const Row* find(const Rows& rows, std::string_view name);

// Values given for a row, and their place.
struct Setting {
  const Row* row = nullptr;  // null: a word that does not belong to an option
  Values values;
  std::string place;  // for messages: "--timeout", "/etc/spfd/spfd.conf:12: timeout"
};

// Stores the values of a setting; returns "PLACE: what" if they are wrong.
template <class O>
Problem apply(const Setting& setting, O& options) {
  const auto set = access_of<O>(*setting.row).set;
  if (set == nullptr) return {};
  Problem problem = set(options, setting.values);
  if (problem) problem->insert(0, setting.place + ": ");
  return problem;
}

}  // namespace options
