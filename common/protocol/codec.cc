#include "common/protocol/codec.h"

#include "common/base/reuse.h"
#include "common/protocol/line_codec.h"
#include "common/protocol/milter.h"
#include "common/protocol/srs_codec.h"

namespace protocol {

std::string_view door_name(Door door) {
  switch (door) {
    case Door::query: return "query";
    case Door::policy: return "policy";
    case Door::milter: return "milter";
    case Door::srs_forward: return "srs-forward";
    case Door::srs_reverse: return "srs-reverse";
  }
  return "query";
}

void Item::clear() {
  static_assert(base::count_members<Item>() == 2);  // the base classes
  base::renew<Inquiry>(*this);
  base::renew<ItemForm>(*this);
}

std::size_t Item::size() const {
  const receiver::Request& asked = request;
  return asked.helo.size() + asked.sender.size() + asked.receiver.size() + asked.recipient.size() + asked.guess_terms.size() +
         asked.local.size() + id.size() + error.size() + bytes.size() + rewriting.address.size() + rewriting.alias.size() +
         rewriting.error.size();
}

std::unique_ptr<Codec> make_codec(Door door) {
  switch (door) {
    case Door::query:
    case Door::policy: break;
    case Door::milter: return std::make_unique<MilterCodec>();
    case Door::srs_forward: return std::make_unique<SrsCodec>(SrsMap::forward);
    case Door::srs_reverse: return std::make_unique<SrsCodec>(SrsMap::reverse);
  }
  return std::make_unique<LineCodec>();
}

}  // namespace protocol
