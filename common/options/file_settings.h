// The settings of a configuration file.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/options/row.h"
#include "common/options/toml.h"

namespace options {

// Returns the row of a key of a configuration file; null: the file may not have that key.
const Row* find_key(const Rows& rows, std::string_view key);
// Returns the setting that the file gives for a row. place: of the key, for messages. The error is "PLACE: what".
base::Result<Setting, std::string> read_setting(const Row& row, const TomlRow& given, std::string place);

// Stores the settings of a file. Those of the command line take precedence; a value that they replace is checked too.
template <class O>
Problem apply_file(const std::vector<Setting>& of_file, const std::vector<Setting>& of_command_line, O& options) {
  for (const Setting& setting : of_file) {
    const bool is_replaced = std::any_of(of_command_line.begin(), of_command_line.end(), [&](const Setting& other) {
      return other.row->topic_or_name() == setting.row->topic_or_name();
    });
    O unused;
    if (auto problem = apply(setting, is_replaced ? unused : options)) return problem;
  }
  return {};
}

}  // namespace options
