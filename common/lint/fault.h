// A fault of a term, with the repair that its owner probably meant.
#pragma once

#include <string>
#include <string_view>

namespace lint {

struct Fault {
  std::string_view id = "S01";  // of the finding
  std::string detail;           // a clause that follows a colon
  std::string fix;              // empty: the one of the table
  bool takes_next = false;      // the next term is a part of this one, so that it has no fault of its own
};

}  // namespace lint
