#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <array>

#include "common/base/text.h"
#include "common/io/resolver.h"

namespace io {

namespace {

constexpr std::uint16_t kPort = 53;

NameServer from_v4(const sockaddr_in& socket) {
  std::array<std::uint8_t, 4> bytes{};
  const auto* const from = reinterpret_cast<const std::uint8_t*>(&socket.sin_addr);
  std::copy_n(from, bytes.size(), bytes.begin());
  return {base::IpAddress::v4(bytes), ntohs(socket.sin_port), 0};
}

NameServer from_v6(const sockaddr_in6& socket) {
  std::array<std::uint8_t, 16> bytes{};
  const auto* const from = reinterpret_cast<const std::uint8_t*>(&socket.sin6_addr);
  std::copy_n(from, bytes.size(), bytes.begin());
  return {base::IpAddress::v6(bytes), ntohs(socket.sin6_port), socket.sin6_scope_id};
}

}  // namespace

base::Result<NameServer, std::string> parse_name_server(std::string_view text) {
  std::string_view host = text;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return base::failure(std::string("']' is missing"));
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    has_port = !port.empty();
    if (has_port && port.front() != ':') return base::failure(std::string("':' is missing behind ']'"));
    if (has_port) port.remove_prefix(1);
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos && colon == text.rfind(':')) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
  }

  const auto address = base::IpAddress::parse(host);
  if (!address) return base::failure("not an IP address: " + base::printable(host));
  NameServer server{*address, kPort, 0};
  if (has_port) {
    const auto number = base::parse_number(port, 65535);
    if (!number || *number == 0) return base::failure("not a port: " + base::printable(port));
    server.port = static_cast<std::uint16_t>(*number);
  }
  return server;
}

std::vector<NameServer> system_name_servers() {
  std::vector<NameServer> servers;
  struct __res_state state {};
  if (res_ninit(&state) == 0) {
    for (int i = 0; i < std::min(state.nscount, MAXNS); ++i) {
      // glibc leaves the entry of an IPv6 server empty here, and has it aside.
      if (state.nsaddr_list[i].sin_family == AF_INET) {
        servers.push_back(from_v4(state.nsaddr_list[i]));
      } else if (const sockaddr_in6* const v6 = state._u._ext.nsaddrs[i]; v6 != nullptr && v6->sin6_family == AF_INET6) {
        servers.push_back(from_v6(*v6));
      }
    }
    res_nclose(&state);
  }
  if (servers.empty()) servers.push_back({base::IpAddress::v4({127, 0, 0, 1}), kPort, 0});
  return servers;
}

}  // namespace io
