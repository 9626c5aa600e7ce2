// One question sent to one name server, over UDP or TCP, and what came of it. What that means is decided in resolver.cc.
//
// An exchange ends by one call of Done, from the loop, never from within the call that starts it; or by being given up.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/base/result.h"
#include "common/dns/message.h"

namespace io {

struct Trouble {
  // In the order in which one says more about a question than another.
  enum class Kind : std::uint8_t {
    unreachable,  // nothing listens there, or no way leads there
    timed_out,
    no_socket,  // we have no descriptor or memory left
    strays,     // somebody forges answers: ask over TCP
    unreadable,
    tcp_failed,  // the answer is too long for UDP, and TCP did not bring it
    refused,     // by its RCODE
  };
  Kind kind = Kind::unreachable;
  std::string text;
};

// The trouble that an errno of socket, connect, send or recv means.
Trouble trouble_of_errno(int error);

using Outcome = base::Result<dns::Response, Trouble>;
using Done = std::function<void(Outcome)>;

}  // namespace io
