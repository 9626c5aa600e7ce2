#include "common/protocol/srs_request.h"

#include <algorithm>
#include <utility>

namespace protocol {

namespace {

SrsReply refused(const srs::Error& error) {
  const bool is_ours = error.check == srs::Check::digest;
  return {is_ours ? SrsReply::Kind::temporary : SrsReply::Kind::not_found, error.text, {}};
}

}  // namespace

SrsReply answer(const SrsRequest& request, const srs::Rewriter& rewriter, std::uint64_t day) {
  switch (request.kind) {
    case SrsRequest::Kind::forward: {
      auto forwarded = rewriter.forward(request.address, request.alias, day);
      if (!forwarded) return refused(forwarded.error());
      const bool rewritten = forwarded->outcome == srs::Forwarded::Outcome::rewritten;
      return {rewritten ? SrsReply::Kind::ok : SrsReply::Kind::unchanged, std::move(forwarded->address),
              std::string(srs::outcome_text(forwarded->outcome))};
    }
    case SrsRequest::Kind::reverse: {
      auto reversed = rewriter.reverse(request.address, day);
      if (!reversed) return refused(reversed.error());
      return {SrsReply::Kind::ok, std::move(*reversed), {}};
    }
    case SrsRequest::Kind::too_long: return {SrsReply::Kind::not_found, request.error, {}};
    case SrsRequest::Kind::invalid: break;
  }
  return {SrsReply::Kind::permanent, request.error, {}};
}

std::string without_controls(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }, '?');
  return out;
}

}  // namespace protocol
