// The address of a running spfd, as options name it.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "common/base/result.h"

namespace io {

struct UnixServer {
  std::string path;
};

struct InetServer {
  std::string host;  // name or address, without brackets
  std::string port;  // decimal
};

using ServerAddress = std::variant<UnixServer, InetServer>;

// Parses "unix:PATH" and "inet:HOST:PORT", the forms of spfd's --listen, and short forms: a path with a slash, "HOST:PORT",
// "[2001:db8::1]:PORT", "HOST" for port 5970.
base::Result<ServerAddress, std::string> parse_server_address(std::string_view text);
// Returns a path, or HOST:PORT.
std::string server_address_text(const ServerAddress& address);

}  // namespace io
