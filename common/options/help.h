// Texts made of the rows of options: --help, and lines of a configuration file.
#pragma once

#include <string>
#include <string_view>

#include "common/options/row.h"

namespace options {

// Text in lines of at most 79 bytes, each indented by eight blanks, with a line end.
std::string wrapped(std::string_view text);
// The options under the headings of their groups: a line with names and argument, then the explanation. before_argument: what
// separates a name from its argument.
std::string help(const Rows& rows, char before_argument = ' ');

// "..." with its escapes, as TOML has them.
std::string toml_string(std::string_view text);
// "name = value", a line of a configuration file.
std::string toml_line(const Row& row, const Values& values);

}  // namespace options
