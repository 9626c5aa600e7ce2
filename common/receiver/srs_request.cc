#include "common/receiver/srs_request.h"

namespace receiver {

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

}  // namespace receiver
