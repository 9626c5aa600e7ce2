#include "common/options/row.h"

#include <algorithm>

#include "common/base/text.h"

namespace options {

std::vector<std::string_view> Row::names() const {
  std::vector<std::string_view> all;
  if (!name.empty()) all.push_back(name);
  if (!aliases.empty()) {
    for (const std::string_view alias : base::split(aliases, ' ')) all.push_back(alias);
  }
  return all;
}

Rows joined(std::initializer_list<void (*)(Rows& rows)> parts) {
  Rows rows;
  for (const auto add : parts) add(rows);
  return rows;
}

const Row* find(const Rows& rows, std::string_view name) {
  for (const Row* row : rows) {
    const auto names = row->names();
    if (std::find(names.begin(), names.end(), name) != names.end()) return row;
  }
  return nullptr;
}

}  // namespace options
