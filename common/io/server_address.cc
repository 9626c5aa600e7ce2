#include "common/io/server_address.h"

#include <fmt/core.h>

#include "common/base/ip.h"
#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/io/socket.h"

namespace io {

namespace {

constexpr std::string_view kDefaultPort = "5970";

}  // namespace

base::Result<ServerAddress, std::string> parse_server_address(std::string_view text) {
  const auto bad = [&](std::string_view why) { return base::failure(fmt::format("{}: {}", base::in_quotes(text, 200), why)); };
  const bool is_unix = text.starts_with("unix:");
  const bool is_inet = text.starts_with("inet:");
  std::string_view rest = is_unix || is_inet ? text.substr(5) : text;
  if (is_unix || (!is_inet && rest.find('/') != std::string_view::npos)) {
    if (is_unix) rest = rest.substr(0, rest.find(','));  // mode=, user= and group= concern only the server
    if (rest.empty()) return bad("the path is missing");
    if (rest.size() > kMaxSocketPath) return bad(fmt::format("the path is longer than {} bytes", kMaxSocketPath));
    return ServerAddress{UnixServer{std::string(rest)}};
  }

  std::string_view host = rest;
  std::string_view port = kDefaultPort;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return bad("the closing bracket is missing");
    host = rest.substr(1, end - 1);
    const std::string_view behind = rest.substr(end + 1);
    if (behind.starts_with(':')) {
      port = behind.substr(1);
    } else if (!behind.empty()) {
      return bad("only a colon and the port can follow the bracket");
    }
  } else if (const std::size_t colon = rest.rfind(':'); colon != std::string_view::npos && !base::IpAddress::parse(rest)) {
    host = rest.substr(0, colon);
    port = rest.substr(colon + 1);
    if (host.find(':') != std::string_view::npos) return bad("an IPv6 address with a port needs brackets ([::1]:5970)");
  }
  if (host.empty()) return bad("the host is missing");
  if (base::parse_number(port, 65535).value_or(0) == 0) return bad("the port is not a number from 1 to 65535");
  return ServerAddress{InetServer{std::string(host), std::string(port)}};
}

std::string server_address_text(const ServerAddress& address) {
  if (const auto* local = std::get_if<UnixServer>(&address)) return base::printable(local->path);
  const auto& inet = std::get<InetServer>(address);
  const bool is_v6 = inet.host.find(':') != std::string::npos;
  return base::printable(fmt::format("{}{}{}:{}", is_v6 ? "[" : "", inet.host, is_v6 ? "]" : "", inet.port));
}

}  // namespace io
