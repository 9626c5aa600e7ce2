#include "common/protocol/srs_codec.h"

#include <utility>

namespace protocol {

namespace {

Door door_of(SrsMap map) { return map == SrsMap::forward ? Door::srs_forward : Door::srs_reverse; }

}  // namespace

void SrsCodec::take(receiver::SrsRequest&& request, Item& item) const {
  item.clear();
  item.kind = Item::Kind::rewrite;
  item.door = door_of(map_);
  if (request.kind == receiver::SrsRequest::Kind::forward) item.door = Door::srs_forward;
  if (request.kind == receiver::SrsRequest::Kind::reverse) item.door = Door::srs_reverse;
  item.rewriting = std::move(request);
}

bool SrsCodec::next(const Moment& moment, Item& item) {
  if (broken_) return false;
  auto request = reader_.next();
  if (!request) return false;
  take(std::move(*request), item);
  item.request.time = moment.time;
  item.closes = reader_.must_close();
  // Behind the one line of srsd's protocol nothing is expected; elsewhere there may be more of what was not understood.
  broken_ =
      item.closes && (reader_.protocol() != SrsProtocol::lines || item.rewriting.kind == receiver::SrsRequest::Kind::too_long);
  return true;
}

void SrsCodec::give_up(std::string_view why, Item& item) {
  take({receiver::SrsRequest::Kind::invalid, {}, {}, std::string(why)}, item);
  item.closes = true;
  broken_ = true;
}

bool SrsCodec::is_kept() const {
  const auto protocol = reader_.protocol();
  return protocol == SrsProtocol::tcp_table || protocol == SrsProtocol::socketmap;
}

}  // namespace protocol
