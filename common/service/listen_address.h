// Addresses to listen on, in the form that options use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/result.h"

namespace service {

// Default modes of socket files. Anybody may ask about SPF; but a client of a socket for sender rewriting can get addresses
// signed in our name.
inline constexpr unsigned kRequestMode = 0666;
inline constexpr unsigned kSigningMode = 0660;
inline constexpr unsigned kControlMode = 0600;

struct UnixAddress {
  std::string path;
  unsigned mode = kRequestMode;  // of the socket file
  std::string user = {};         // its owner; empty: the user who starts spfd
  std::string group = {};        // its group; empty: that of the user who starts spfd
};

struct InetAddress {
  std::string host;  // name or address, without brackets
  std::uint16_t port = 0;
};

using ListenAddress = std::variant<UnixAddress, InetAddress>;

// Parses "unix:PATH[,mode=0660][,user=U][,group=G]", "inet:HOST:PORT", "inet:[2001:db8::1]:PORT", and the forms of libmilter and
// Sendmail: "local:PATH", "inet:PORT@HOST", "inet6:PORT@2001:db8::1".
base::Result<ListenAddress, std::string> parse_listen_address(std::string_view text, unsigned default_mode = kRequestMode);
std::string listen_address_text(const ListenAddress& address);

// Parses an octal number, at most 0777.
std::optional<unsigned> parse_mode(std::string_view text);
std::string bad_mode(std::string_view text);

}  // namespace service
