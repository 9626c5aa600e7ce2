#include "spfd/shared.h"

#include "spfd/log.h"

namespace spfd {

void Shared::complain(const std::exception& exception) noexcept {
  ++counters.failed;
  try {
    if (complaint.is_due(loop.now())) log(LogLevel::error, "a check or a connection was given up: {}", exception.what());
  } catch (const std::exception&) {
    // The line needs more memory than there is. The counter reports the failure.
  }
}

}  // namespace spfd
