#include "common/options/file_settings.h"

#include <fmt/core.h>

#include <optional>
#include <utility>

namespace options {

namespace {

// Returns the values of a key; none: the option cannot take them.
std::optional<Values> values_of(const TomlRow& given, const Row& row) {
  switch (given.kind) {
    case TomlRow::Kind::value: return given.values;
    case TomlRow::Kind::list:
      if (row.kind == Kind::list) return given.values;
      return {};
    case TomlRow::Kind::table: {
      // [fallback] "example.com" = "v=spf1 ..." becomes a list of "example.com=v=spf1 ...".
      if (!row.is_table) return {};
      Values values;
      for (const TomlRow& one : given.rows) {
        if (one.kind != TomlRow::Kind::value) return {};
        values.push_back(one.key + "=" + one.values.front());
      }
      return values;
    }
    case TomlRow::Kind::other: break;
  }
  return {};
}

}  // namespace

const Row* find_key(const Rows& rows, std::string_view key) {
  const Row* const row = find(rows, key);
  return row == nullptr || row->when == When::command_line ? nullptr : row;
}

base::Result<Setting, std::string> read_setting(const Row& row, const TomlRow& given, std::string place) {
  auto values = values_of(given, row);
  if (values) return Setting{&row, std::move(*values), std::move(place)};
  return base::failure(fmt::format("{}: the value must be a {}", place,
                                   row.is_table             ? "list of strings, or a table with domains in quotes"
                                   : row.kind == Kind::list ? "string or a list of strings"
                                                            : "string, a whole number, true or false"));
}

}  // namespace options
