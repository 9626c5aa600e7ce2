// A TOML file as plain rows of keys, values and their places, so that its users need not include toml++.
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
    list,   // a list of such values: `values`
    table,  // `rows`
    other,  // anything that no option takes
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

// Parses a file. The keys of each table are in the order of the file.
base::Result<std::vector<TomlRow>, TomlError> parse_toml(std::string_view text);

}  // namespace options
