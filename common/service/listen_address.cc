#include "common/service/listen_address.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/io/socket.h"

namespace service {

namespace {

constexpr std::string_view kKnownForms = "an address is unix:PATH or inet:HOST:PORT";

using Parsed = base::Result<ListenAddress, std::string>;

Parsed parse_unix(std::string_view text, unsigned default_mode) {
  const auto parts = base::split(text, ',');
  UnixAddress address{.path = std::string(parts.front()), .mode = default_mode};
  if (address.path.empty()) return base::failure(std::string("the path is missing"));
  if (address.path.size() > io::kMaxSocketPath)
    return base::failure(fmt::format("the path is longer than {} bytes", io::kMaxSocketPath));
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string_view part = parts[i];
    const std::string_view value = part.substr(std::min(part.find('='), part.size() - 1) + 1);
    if (part.starts_with("mode=")) {
      const auto mode = parse_mode(value);
      if (!mode) return base::failure(bad_mode(value));
      address.mode = *mode;
    } else if (part.starts_with("user=") && !value.empty()) {
      address.user = value;
    } else if (part.starts_with("group=") && !value.empty()) {
      address.group = value;
    } else {
      return base::failure(std::string("only mode=, user= and group= can follow the path"));
    }
  }
  return ListenAddress{std::move(address)};
}

// Parses HOST:PORT, or libmilter's PORT@HOST.
Parsed parse_inet(std::string_view text, bool is_v6) {
  const std::size_t at = text.find('@');
  const bool is_libmilter = at != std::string_view::npos;
  const std::size_t colon = text.rfind(':');
  if (!is_libmilter && colon == std::string_view::npos) {
    return base::failure(std::string("the host or the port is missing (inet:HOST:PORT or inet:PORT@HOST)"));
  }
  std::string_view host = is_libmilter ? text.substr(at + 1) : text.substr(0, colon);
  const auto port = base::parse_number(is_libmilter ? text.substr(0, at) : text.substr(colon + 1), 65535);
  if (!port) return base::failure(std::string("the port is not a number from 0 to 65535"));
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (!is_libmilter && host.find(':') != std::string_view::npos) {
    return base::failure(std::string("an IPv6 address needs brackets (inet:[::1]:5970)"));
  }
  if (host.empty()) return base::failure(std::string("the host is missing (inet:HOST:PORT or inet:PORT@HOST)"));
  if (is_v6 && host.find(':') == std::string_view::npos) {
    return base::failure(std::string("after inet6: an IPv6 address is needed (inet6:8893@::1)"));
  }
  return ListenAddress{InetAddress{std::string(host), static_cast<std::uint16_t>(*port)}};
}

}  // namespace

std::optional<unsigned> parse_mode(std::string_view text) {
  if (text.empty() || text.size() > 5) return {};
  unsigned mode = 0;
  for (const char c : text) {
    if (c < '0' || c > '7') return {};
    mode = mode * 8 + static_cast<unsigned>(c - '0');
  }
  if (mode > 0777) return {};
  return mode;
}

std::string bad_mode(std::string_view text) { return base::in_quotes(text) + " is not an octal mode such as 0660"; }

base::Result<ListenAddress, std::string> parse_listen_address(std::string_view text, unsigned default_mode) {
  const auto bad = [&](std::string_view why) { return base::failure(fmt::format("{}: {}", base::in_quotes(text, 200), why)); };
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return bad("control characters are not allowed");
  }
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  if (colon == std::string_view::npos) return bad(kKnownForms);
  const std::string_view rest = text.substr(colon + 1);
  base::Result<ListenAddress, std::string> address = base::failure(std::string(kKnownForms));
  if (kind == "unix" || kind == "local") address = parse_unix(rest, default_mode);
  if (kind == "inet" || kind == "inet6") address = parse_inet(rest, kind == "inet6");
  return address ? std::move(address) : bad(address.error());
}

std::string listen_address_text(const ListenAddress& address) {
  if (const auto* inet = std::get_if<InetAddress>(&address)) {
    return fmt::format("inet:{}:{}", inet->host.find(':') == std::string::npos ? inet->host : "[" + inet->host + "]", inet->port);
  }
  const auto& local = std::get<UnixAddress>(address);
  std::string text = fmt::format("unix:{},mode={:04o}", local.path, local.mode);
  if (!local.user.empty()) text += ",user=" + local.user;
  if (!local.group.empty()) text += ",group=" + local.group;
  return text;
}

}  // namespace service
