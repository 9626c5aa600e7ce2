// Reads the words of a command line with getopt_long_only(3) and a table of rows.
//
// So the command lines of all earlier spfd, spfquery and srs programs work: long options have one dash or two and may be
// shortened. The value of an option follows "=" or is the next word, whatever that word looks like.
// One thread at a time, since getopt keeps its state in global variables.
#pragma once

#include <string>
#include <vector>

#include "common/options/row.h"

namespace options {

struct CommandLine {
  // One setting per option, with all its values, ordered by the last appearance of each option. Each word without option is a
  // setting of its own, without row. If there is an error, the settings before it are complete.
  std::vector<Setting> settings;
  Problem error;  // a sentence that begins with the bad word
};

// words: those after the program's name. for_strays: the row that takes words without option as its values; null: these words are
// settings of their own.
CommandLine read_command_line(const Rows& rows, const std::vector<std::string>& words, const Row* for_strays = nullptr);

}  // namespace options
