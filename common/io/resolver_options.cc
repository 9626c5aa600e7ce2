#include "common/io/resolver_options.h"

#include <algorithm>

namespace io {

int ResolverOptions::max_doublings() const { return std::clamp(tries, 1, 10) - 1; }

std::chrono::milliseconds ResolverOptions::schedule() const {
  return std::min<std::chrono::milliseconds>(try_timeout * ((2 << max_doublings()) - 1), kMaxSchedule);
}

}  // namespace io
