// A change of a record that was tried.
#pragma once

#include <string>

namespace lint {

struct Change {
  std::string name;    // of the record
  std::string record;  // the new text
  // The maximum number of DNS terms of a check of it; if the record could not be examined completely, the number for this client.
  int lookups = 0;

  friend bool operator==(const Change&, const Change&) = default;
};

}  // namespace lint
