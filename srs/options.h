// The options of srs, and the table that says which exist.
//
// Those of the srs of Mail::SRS are understood as it has them: long options have one dash or two, may be shortened, and take
// their value behind "=" or as the next word, whatever that is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/srs/config.h"

namespace srs::cli {

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

struct OptionRow {
  std::string_view name;
  std::string_view argument;  // what --help calls the value; empty: it takes none
  std::string_view help;
  // Says what is wrong with the value.
  std::optional<std::string> (*set)(Options& options, const std::string& value);
};

const std::vector<OptionRow>& option_table();

// The error is a sentence.
base::Result<Options, std::string> parse_command_line(int argc, char** argv);

std::string help_text();

}  // namespace srs::cli
