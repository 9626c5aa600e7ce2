#include "common/protocol/doors.h"

#include "common/protocol/control.h"
#include "common/protocol/line_codec.h"
#include "common/protocol/milter.h"

namespace protocol {

AnyCodec make_codec(Door door) {
  switch (door) {
    case Door::query:
    case Door::policy: break;
    case Door::milter: return std::make_unique<MilterCodec>();
    case Door::srs_forward: return std::make_unique<SrsCodec>(SrsMap::forward);
    case Door::srs_reverse: return std::make_unique<SrsCodec>(SrsMap::reverse);
    case Door::control: return std::make_unique<ControlCodec>();
  }
  return std::make_unique<LineCodec>();
}

}  // namespace protocol
