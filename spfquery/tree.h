// The trace of an evaluation, for people as a tree and for programs as JSON.
#pragma once

#include <string>
#include <vector>

#include "common/receiver/request.h"
#include "common/spf/trace.h"
#include "spfquery/options.h"

namespace spfquery {

// Where the tree is going to be shown decides how it may look.
struct TreeStyle {
  bool utf8 = false;    // box lines and arrows
  bool colour = false;  // ANSI colours
};

// By the locale, and for colours: a terminal at `fd`, and nobody who asks for none (NO_COLOR).
TreeStyle tree_style(int fd);

// The question, then each domain, record, term and look-up with what it led to.
std::string tree(const receiver::Reply& reply, const receiver::Request& request, const spf::Limits& limits,
                 const TreeStyle& style);

// An array of objects.
std::string json_trace(const std::vector<spf::TraceStep>& steps);

}  // namespace spfquery
