// The codecs of all doors.
#pragma once

#include <memory>
#include <variant>

#include "common/protocol/codec.h"
#include "common/protocol/srs_codec.h"

namespace protocol {

using AnyCodec = std::variant<std::unique_ptr<CheckCodec>, std::unique_ptr<SrsCodec>>;

// Returns a new codec for a connection to a listening socket of this door.
AnyCodec make_codec(Door door);

inline Codec& codec_of(const AnyCodec& any) {
  return std::visit([](const auto& one) -> Codec& { return *one; }, any);
}

}  // namespace protocol
