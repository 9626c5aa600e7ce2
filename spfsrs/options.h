// The options of spfsrs, and the table that says which exist.
//
// Those of the srs of Mail::SRS are understood as it has them; see common/options/command_line.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/options/row.h"
#include "common/srs/config.h"

namespace spfsrs {

struct Options {
  enum class Action : std::uint8_t { forward, reverse, help, version };

  Action action = Action::forward;
  bool forward_given = false;
  std::string alias;
  std::vector<std::string> addresses;  // none: lines of standard input
  srs::Config config;                  // its secrets: those of the command line
  std::optional<std::string> secret_file;
  std::optional<std::uint64_t> day;  // since 1970; nothing: today
};

using Option = options::RowOf<Options>;

const options::Rows& option_table();

// words: without the program's name. The error is a sentence.
base::Result<Options, std::string> parse_command_line(const std::vector<std::string>& words);

std::string help_text();

}  // namespace spfsrs
