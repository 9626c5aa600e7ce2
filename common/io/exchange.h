// One question sent to one name server, over UDP or TCP, and how that ended. resolver.cc decides what the ending means.
//
// An exchange ends with one call of Done, from the loop and never from the call that starts it; or by being given up.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/base/result.h"
#include "common/dns/message.h"

namespace io {

struct Trouble {
  // Ordered by how much they say about the question; the later says more.
  enum class Kind : std::uint8_t {
    unreachable,  // the port is closed, or the network has no route
    timed_out,
    no_socket,   // we have no descriptor or memory left
    strays,      // an attacker forges answers: use TCP
    tcp_failed,  // the connection was refused, closed or silent, or brought something else than an answer to the question
    unreadable,  // the answer to the question is malformed
    refused,     // by its RCODE
  };
  Kind kind = Kind::unreachable;
  std::string text;
};

// Returns the trouble for an errno of socket, connect, send or recv.
Trouble trouble_of_errno(int error);

// The response, or why there is none.
using Ending = base::Result<dns::Response, Trouble>;
using Done = std::function<void(Ending)>;

}  // namespace io
