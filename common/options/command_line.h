// Reads the words of a command line with getopt_long_only(3) and a table of rows.
//
// So the command lines of all earlier spfd, spfquery and srs programs work: long options have one dash or two and may be
// shortened. The value of an option follows "=" or is the next word, whatever that word looks like.
// One thread at a time, since getopt keeps its state in global variables.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/options/row.h"

namespace options {

struct CommandLine {
  // One setting per option, with all its values, ordered by the last appearance of each option. Each word without option is a
  // setting of its own, without row. If there is an error, the settings before it are complete.
  std::vector<Setting> settings;
  Problem error;  // a sentence that begins with the bad word
  // If there is an error: the settings from the bad word on, as far as they can be read. An option at fault has no values here.
  // They only show what was meant.
  std::vector<Setting> rest;
};

// words: those after the program's name. for_strays: the row that takes words without option as its values; null: these words are
// settings of their own.
CommandLine read_command_line(const Rows& rows, const std::vector<std::string>& words, const Row* for_strays = nullptr);

// Returns the options that a command line gives, or a sentence. for_strays: as above. `check` is called with the complete
// options; it is not called for --help and --version, after which nothing counts.
template <class O>
base::Result<O, std::string> parse_words(const Rows& rows, const std::vector<std::string>& words, const Row* for_strays,
                                         Problem (*check)(const O& options)) {
  CommandLine line = read_command_line(rows, words, for_strays);
  O options;
  for (const Setting& setting : line.settings) {
    if (auto problem = apply(setting, options)) return base::failure(std::move(*problem));
    if (options.action == O::Action::help || options.action == O::Action::version) return options;
  }
  if (line.error) return base::failure(std::move(*line.error));
  if (auto problem = check(options)) return base::failure(std::move(*problem));
  return options;
}

}  // namespace options
