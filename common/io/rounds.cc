#include "common/io/rounds.h"

namespace io {

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
