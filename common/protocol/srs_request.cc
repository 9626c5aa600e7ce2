#include "common/protocol/srs_request.h"

#include "common/base/text.h"

namespace protocol {

std::string_view srs_kind_name(SrsRequest::Kind kind) {
  switch (kind) {
    case SrsRequest::Kind::forward: return "forward";
    case SrsRequest::Kind::reverse: return "reverse";
    case SrsRequest::Kind::too_long: return "too-long";
    case SrsRequest::Kind::invalid: return "invalid";
  }
  return "";
}

std::string_view srs_reply_name(SrsReply::Kind kind) {
  switch (kind) {
    case SrsReply::Kind::ok: return "ok";
    case SrsReply::Kind::unchanged: return "unchanged";
    case SrsReply::Kind::not_found: return "not-found";
    case SrsReply::Kind::temporary: return "temporary";
    case SrsReply::Kind::timeout: return "timeout";
    case SrsReply::Kind::permanent: return "permanent";
  }
  return "";
}

std::string without_controls(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if ((c >= 0 && c < 0x20) || c == 0x7f) {
      base::append_printable(out, {&c, 1});
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace protocol
