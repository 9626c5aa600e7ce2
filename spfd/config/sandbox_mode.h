// The values of the option `sandbox`.
#pragma once

#include <cstdint>

namespace spfd {

enum class SandboxMode : std::uint8_t {
  automatic,  // what kernel and container allow
  require,    // all parts, or spfd does not start
  off
};

}  // namespace spfd
