// A TOML file as plain rows: keys and values with their places, for whom the library's own types are too heavy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace options {

struct TomlRow {
  enum class Kind : std::uint8_t {
    value,  // a string, an integer or a boolean ("true", "false"): one of `values`
    list,   // of such values: `values`
    table,  // `rows`
    other,  // whatever no option takes
  };

  std::string key;
  unsigned line = 0;
  unsigned column = 0;
  Kind kind = Kind::other;
  std::vector<std::string> values = {};
  std::vector<TomlRow> rows = {};
};

struct TomlError {
  unsigned line = 0;
  unsigned column = 0;
  std::string message;
};

// The keys of each table in the order of the file.
base::Result<std::vector<TomlRow>, TomlError> parse_toml(std::string_view text);

}  // namespace options
