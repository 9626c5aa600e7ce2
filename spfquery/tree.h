// The trace of an evaluation: a tree for people, JSON for programs.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/receiver/request.h"
#include "common/spf/trace.h"
#include "spfquery/options.h"

namespace spfquery {

// Abilities of the terminal or file that shows the tree.
struct TreeStyle {
  bool utf8 = false;      // box lines and arrows
  bool colour = false;    // ANSI colours
  std::size_t width = 0;  // columns; 0: lines may have any length
};

// Returns the style for `fd`: UTF-8 by the locale, the width of the terminal, and colours if it is a terminal and the user does
// not object (NO_COLOR).
TreeStyle tree_style(int fd);

// Returns the request, then each domain, record, term and lookup with its outcome.
std::string tree(const receiver::Reply& reply, const receiver::Request& request, const spf::Limits& limits,
                 const TreeStyle& style);

// Returns an array of objects.
std::string json_trace(const std::vector<spf::TraceStep>& steps);

}  // namespace spfquery
