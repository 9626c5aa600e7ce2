#include "common/protocol/srs_codec.h"

#include <utility>

namespace protocol {

namespace {

Door door_of(SrsMap map) { return map == SrsMap::forward ? Door::srs_forward : Door::srs_reverse; }

}  // namespace

void SrsCodec::take(receiver::SrsRequest&& rewriting, Request& request) const {
  using Kind = receiver::SrsRequest::Kind;
  Door door = door_of(map_);
  if (rewriting.kind == Kind::forward) door = Door::srs_forward;
  if (rewriting.kind == Kind::reverse) door = Door::srs_reverse;
  request.become<RewritingRequest>(door) = {std::move(rewriting), reader_.protocol().value_or(SrsProtocol::lines)};
}

bool SrsCodec::next(const Moment& /*moment*/, Request& request) {
  if (broken_) return false;
  auto rewriting = reader_.next();
  if (!rewriting) return false;
  // srsd's protocol ends with its one line. In the other protocols, the input after an error can no longer be understood.
  broken_ = reader_.must_close() &&
            (reader_.protocol() != SrsProtocol::lines || rewriting->kind == receiver::SrsRequest::Kind::too_long);
  take(std::move(*rewriting), request);
  request.closes = reader_.must_close();
  return true;
}

void SrsCodec::give_up(std::string_view why, Request& request) {
  take({receiver::SrsRequest::Kind::given_up, {}, {}, std::string(why)}, request);
  request.closes = true;
  broken_ = true;
}

bool SrsCodec::is_kept() const {
  const auto protocol = reader_.protocol();
  return protocol == SrsProtocol::tcp_table || protocol == SrsProtocol::socketmap;
}

}  // namespace protocol
