// Access to the parts of a request whose kind the test knows. Another kind throws std::bad_variant_access.
#pragma once

#include <variant>

#include "common/protocol/codec.h"

namespace support {

inline const protocol::CheckRequest& check_of(const protocol::Request& request) {
  return std::get<protocol::CheckRequest>(request.what);
}
inline const protocol::Ready& ready_of(const protocol::Request& request) { return std::get<protocol::Ready>(request.what); }
inline bool is_check(const protocol::Request& request) { return request.is<protocol::CheckRequest>(); }
inline bool is_ready(const protocol::Request& request, protocol::Ready::Kind kind) {
  return request.is<protocol::Ready>() && ready_of(request).kind == kind;
}

}  // namespace support
