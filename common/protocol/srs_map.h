// The direction of an SRS map.
#pragma once

#include <cstdint>

namespace protocol {

enum class SrsMap : std::uint8_t { forward, reverse };

}  // namespace protocol
