// Texts made from the rows of options: --help, and lines of a configuration file.
#pragma once

#include <string>
#include <string_view>

#include "common/options/row.h"

namespace options {

// Returns the text in lines of at most 79 bytes, each indented by eight blanks, with a line end.
std::string wrapped(std::string_view text);
// Returns the options under the headings of their groups: for each a line with names and argument, then its explanation.
// before_argument: the separator of name and argument.
std::string help(const Rows& rows, char before_argument = ' ');

// Returns "name = value", a line of a configuration file.
std::string toml_line(const Row& row, const Values& values);

}  // namespace options
