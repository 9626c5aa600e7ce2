#include "common/io/rounds.h"

#include <algorithm>

namespace io {

bool Rounds::is_any_left() const {
  return std::any_of(standing_.begin(), standing_.end(), [](Standing standing) { return standing != Standing::spent; });
}

bool Rounds::begin_again() {
  bool is_any_left = false;
  for (Standing& standing : standing_) {
    if (standing == Standing::spent) continue;
    standing = Standing::fresh;
    is_any_left = true;
  }
  return is_any_left;
}

}  // namespace io
