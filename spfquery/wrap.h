// Lines for a terminal: longer ones are continued on further lines, broken at blanks.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spfquery {

// Returns the columns of the terminal that `fd` is, by its own word or by the variable COLUMNS; 0 if it is none.
std::size_t terminal_width(int fd);

// Returns `first` and the text, in lines of `width` columns without a line end after the last one. Further lines begin with
// `others`. A word that is longer than a line is not divided, so that it can be copied; colours take no columns. Width 0: one
// line.
std::string wrapped(std::string_view text, std::string_view first, std::string_view others, std::size_t width);

}  // namespace spfquery
