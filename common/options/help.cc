#include "common/options/help.h"

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/base/text.h"

namespace options {

std::string wrapped(std::string_view text) {
  constexpr std::size_t kIndent = 8;
  constexpr std::size_t kWidth = 79;
  std::string lines;
  std::size_t column = 0;
  for (const std::string_view word : base::split(text, ' ')) {
    const bool fits = column != 0 && column + 1 + word.size() <= kWidth;
    if (fits) {
      lines += ' ';
      ++column;
    } else {
      if (column != 0) lines += '\n';
      lines.append(kIndent, ' ');
      column = kIndent;
    }
    lines += word;
    column += word.size();
  }
  return lines + '\n';
}

std::string help(const Rows& rows, char before_argument) {
  std::string text;
  for (const Row* row : rows) {
    if (row->help.empty()) continue;
    if (!row->heading.empty()) text += fmt::format("{}{}:\n", text.empty() ? "" : "\n", row->heading);
    text += "  ";
    if (row->letter != 0) text += fmt::format("-{}, ", row->letter);
    std::string_view between;
    for (const std::string_view name : row->names()) {
      text += fmt::format("{}--{}", between, name);
      between = ", ";
    }
    if (!row->argument.empty()) base::append(text, std::string_view(&before_argument, 1), row->argument);
    text += '\n' + wrapped(row->help);
  }
  return text;
}

std::string toml_line(const Row& row, const Values& values) {
  std::string written;
  if (row.kind == Kind::list) {
    for (const std::string& value : values) written += (written.empty() ? "" : ", ") + base::quoted_string(value);
    written = "[" + written + "]";
  } else {
    const bool is_bare = row.kind == Kind::flag || row.kind == Kind::number;
    written = is_bare ? values.back() : base::quoted_string(values.back());
  }
  return fmt::format("{} = {}\n", row.name, written);
}

}  // namespace options
