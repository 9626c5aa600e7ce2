// The direction of an SRS map, and the protocols in which rewriting is requested.
#pragma once

#include <cstdint>

namespace protocol {

enum class SrsMap : std::uint8_t { forward, reverse };
enum class SrsProtocol : std::uint8_t { lines, tcp_table, socketmap };

}  // namespace protocol
