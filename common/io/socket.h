// Sockets connected to a name server.
#pragma once

#include "common/base/result.h"
#include "common/io/descriptor.h"
#include "common/io/name_server.h"

namespace io {

// type: SOCK_DGRAM or SOCK_STREAM. Non-blocking; a stream is still on its way to its peer. The error is an errno.
base::Result<Descriptor, int> connect_to(const NameServer& server, int type);

}  // namespace io
