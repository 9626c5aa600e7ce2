// The options of spfctl, and the table that lists them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/options/program.h"
#include "common/options/row.h"

namespace spfctl {

inline constexpr options::Program kProgram("spfctl");

struct Options {
  enum class Action : std::uint8_t { command, help, version };

  Action action = Action::command;
  std::string socket = "/run/spfd/control.sock";  // path
  std::chrono::milliseconds timeout{30'000};
  std::vector<std::string> words;  // the command
  bool is_openmetrics = false;     // the format of stats
  bool is_prometheus = false;
  bool is_json = false;
};

using Option = options::RowOf<Options>;

const options::Rows& option_table();

// Parses the words that follow the program's name. The error is a sentence.
base::Result<Options, std::string> parse_command_line(const std::vector<std::string>& words);

std::string help_text();

}  // namespace spfctl
