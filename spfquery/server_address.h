// Where a running spfd listens, as --server names it.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "common/base/result.h"

namespace spfquery {

struct UnixServer {
  std::string path;
};

struct InetServer {
  std::string host;  // name or address, without brackets
  std::string port;  // decimal
};

using ServerAddress = std::variant<UnixServer, InetServer>;

// "unix:PATH" and "inet:HOST:PORT" as spfd's --listen has them, and short: a path with a slash, "HOST:PORT",
// "[2001:db8::1]:PORT", "HOST" for port 5970.
base::Result<ServerAddress, std::string> parse_server_address(std::string_view text);
// A path, or HOST:PORT.
std::string server_address_text(const ServerAddress& address);

}  // namespace spfquery
