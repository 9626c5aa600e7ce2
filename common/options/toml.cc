// The only file that includes toml++.
#include "common/options/toml.h"

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

namespace options {

namespace {

std::optional<std::string> value_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  return {};
}

std::vector<TomlRow> rows_of(const toml::table& table);

TomlRow row_of(const toml::key& key, const toml::node& node) {
  TomlRow row{.key = std::string(key.str()), .line = key.source().begin.line, .column = key.source().begin.column};
  if (auto text = value_text(node)) {
    row.kind = TomlRow::Kind::value;
    row.values.push_back(std::move(*text));
  } else if (const auto* table = node.as_table()) {
    row.kind = TomlRow::Kind::table;
    row.rows = rows_of(*table);
  } else if (const auto* array = node.as_array()) {
    row.kind = TomlRow::Kind::list;
    for (const toml::node& element : *array) {
      auto element_text = value_text(element);
      if (!element_text) {
        row.kind = TomlRow::Kind::other;
        break;
      }
      row.values.push_back(std::move(*element_text));
    }
  }
  return row;
}

// Restores the order of the file, since toml++ sorts by key.
std::vector<TomlRow> rows_of(const toml::table& table) {
  std::vector<TomlRow> rows;
  for (const auto& [key, node] : table) rows.push_back(row_of(key, node));
  std::stable_sort(rows.begin(), rows.end(),
                   [](const TomlRow& a, const TomlRow& b) { return std::tie(a.line, a.column) < std::tie(b.line, b.column); });
  return rows;
}

}  // namespace

base::Result<std::vector<TomlRow>, TomlError> parse_toml(std::string_view text) {
  const toml::parse_result parsed = toml::parse(text);
  if (parsed) return rows_of(parsed.table());
  const toml::parse_error& error = parsed.error();
  const toml::source_position at = error.source().begin;
  return base::failure(TomlError{at.line, at.column, std::string(error.description())});
}

}  // namespace options
