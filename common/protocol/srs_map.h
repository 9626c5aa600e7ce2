// The direction of a map whose protocol or name does not tell it.
#pragma once

#include <cstdint>

namespace protocol {

enum class SrsMap : std::uint8_t { forward, reverse };

}  // namespace protocol
