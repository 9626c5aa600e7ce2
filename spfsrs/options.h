// The options of spfsrs, and the table that lists them.
//
// Includes the options of the program srs of Mail::SRS, with their meaning there; see common/options/command_line.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/options/program.h"
#include "common/options/row.h"
#include "common/srs/config.h"

namespace spfsrs {

inline constexpr options::Program kProgram("spfsrs");

struct Options {
  enum class Action : std::uint8_t { forward, reverse, help, version };

  Action action = Action::forward;
  bool forward_given = false;
  std::string alias;
  std::vector<std::string> addresses;  // none: the lines of standard input
  srs::Config config;                  // with the secrets of the command line
  std::optional<std::string> secret_file;
  std::optional<std::uint64_t> day;  // days since 1970; none: today
};

using Option = options::RowOf<Options>;

const options::Rows& option_table();

// Parses the words that follow the program's name. The error is a sentence.
base::Result<Options, std::string> parse_command_line(const std::vector<std::string>& words);

std::string help_text();

}  // namespace spfsrs
