// Reads the words of a command line by a table of rows, with getopt_long_only(3).
//
// So the command lines of all earlier spfd, spfquery and srs programs work: long options have one dash or two and may be
// shortened, and their value follows "=" or is the next word, whatever it looks like.
// One thread at a time, since getopt keeps its state in global variables.
#pragma once

#include <string>
#include <vector>

#include "common/options/row.h"

namespace options {

struct CommandLine {
  // One per option, with all its values, in the order in which the options came last; a word without option is a setting of its
  // own, without row. The settings before an error are complete.
  std::vector<Setting> settings;
  Problem error;  // about a word: a sentence that begins with it
};

// words: without the program's name. for_strays: the row whose values the words without option are; null: they are settings of
// their own.
CommandLine read_command_line(const Rows& rows, const std::vector<std::string>& words, const Row* for_strays = nullptr);

}  // namespace options
