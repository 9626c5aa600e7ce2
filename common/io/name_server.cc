#include "common/io/name_server.h"

#include <arpa/nameser.h>
#include <fmt/core.h>
#include <net/if.h>
#include <netinet/in.h>
#include <resolv.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/io/file.h"

namespace io {

namespace {

constexpr std::uint16_t kPort = 53;

NameServer local_server() { return {base::IpAddress::v4({127, 0, 0, 1}), kPort, 0}; }

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

// Returns whether the system needs an interface to send to this address (RFC 4007 §6).
bool is_link_local(const base::IpAddress& address) {
  static const base::IpAddress network = base::IpAddress::v6({0xfe, 0x80});
  return address.in_prefix(network, 10);
}

// Parses the interface after '%': its name or its index.
base::Result<std::uint32_t, std::string> parse_scope(std::string_view text) {
  if (const auto index = base::parse_number(text, std::numeric_limits<std::int32_t>::max())) {
    if (*index > 0) return static_cast<std::uint32_t>(*index);
  } else if (const unsigned found = if_nametoindex(std::string(text).c_str()); found != 0) {
    return std::uint32_t{found};
  }
  return base::failure("no such interface: " + base::printable(text));
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
    if (has_port && port.front() != ':') return base::failure(std::string("':' is missing after ']'"));
    if (has_port) port.remove_prefix(1);
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos && colon == text.rfind(':')) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
  }

  const auto percent = host.find('%');
  const auto address = base::IpAddress::parse(host.substr(0, percent));
  if (!address || (percent != std::string_view::npos && address->is_v4())) {
    return base::failure("not an IP address: " + base::printable(host));
  }
  NameServer server{*address, kPort, 0};
  if (percent != std::string_view::npos) {
    const auto scope = parse_scope(host.substr(percent + 1));
    if (!scope) return base::failure(scope.error());
    server.scope = *scope;
  } else if (is_link_local(*address)) {
    return base::failure(base::printable(text) + " is a link-local address, which needs its interface (fe80::1%eth0)");
  }
  if (has_port) {
    const auto number = base::parse_number(port, 65535);
    if (!number || *number == 0) return base::failure("not a port: " + base::printable(port));
    server.port = static_cast<std::uint16_t>(*number);
  }
  return server;
}

std::string name_server_text(const NameServer& server) {
  std::string address = server.address.text();
  if (server.scope != 0) {
    std::array<char, IF_NAMESIZE> name{};
    address += '%';
    address += if_indextoname(server.scope, name.data()) != nullptr ? name.data() : std::to_string(server.scope);
  }
  if (server.address.is_v6()) return fmt::format("[{}]:{}", address, server.port);
  return fmt::format("{}:{}", address, server.port);
}

base::Result<std::vector<NameServer>, std::string> read_system_name_servers() {
  // res_ninit() does not report a file that it cannot read, and would wait for the writer of a FIFO.
  if (const auto file = open_file(ResolvConfWatch::kPath, FileKind::regular); !file)
    return base::failure(fmt::format("{}: {}", ResolvConfWatch::kPath, file.error()));
  std::vector<NameServer> servers;
  struct __res_state state {};
  if (res_ninit(&state) == 0) {
    for (int i = 0; i < std::min(state.nscount, MAXNS); ++i) {
      // glibc leaves the entry of an IPv6 server empty here, and stores its address elsewhere.
      if (state.nsaddr_list[i].sin_family == AF_INET) {
        servers.push_back(from_v4(state.nsaddr_list[i]));
      } else if (const sockaddr_in6* const v6 = state._u._ext.nsaddrs[i]; v6 != nullptr && v6->sin6_family == AF_INET6) {
        servers.push_back(from_v6(*v6));
      }
    }
    res_nclose(&state);
  }
  if (servers.empty()) servers.push_back(local_server());
  return servers;
}

std::vector<NameServer> system_name_servers() {
  auto servers = read_system_name_servers();
  return servers ? std::move(*servers) : std::vector{local_server()};
}

ResolvConfWatch::ResolvConfWatch(std::string path) : path_(std::move(path)), last_(look()) {}

bool ResolvConfWatch::has_changed() {
  const State now = look();
  return std::exchange(last_, now) != now;
}

ResolvConfWatch::State ResolvConfWatch::look() const {
  struct stat found {};
  if (stat(path_.c_str(), &found) != 0) return {};
  return {.exists = true,
          .device = found.st_dev,
          .inode = found.st_ino,
          .size = static_cast<std::uint64_t>(found.st_size),
          .seconds = found.st_mtim.tv_sec,
          .nanoseconds = found.st_mtim.tv_nsec};
}

}  // namespace io
