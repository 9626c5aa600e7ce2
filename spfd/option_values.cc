#include "spfd/option_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/text.h"

namespace spfd {

namespace {

constexpr std::chrono::hours kMaxDuration{24};

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

std::string bad_mode(std::string_view text) {
  return fmt::format("\"{}\" is not an octal mode such as 0660", base::printable(text));
}

base::Result<ListenAddress, std::string> parse_listen_address(std::string_view text) {
  const auto bad = [&](std::string_view why) { return base::failure(fmt::format("\"{}\": {}", base::printable(text), why)); };
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return bad("a control character cannot stand here");
  }
  if (text.starts_with("unix:")) {
    const auto parts = base::split(text.substr(5), ',');
    UnixAddress address{.path = std::string(parts.front())};
    if (address.path.empty()) return bad("the path is missing");
    if (address.path.size() > kMaxSocketPath) return bad(fmt::format("the path is longer than {} bytes", kMaxSocketPath));
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const std::string_view part = parts[i];
      const std::string_view value = part.substr(std::min(part.find('='), part.size() - 1) + 1);
      if (part.starts_with("mode=")) {
        const auto mode = parse_mode(value);
        if (!mode) return bad(bad_mode(value));
        address.mode = *mode;
      } else if (part.starts_with("user=") && !value.empty()) {
        address.user = value;
      } else if (part.starts_with("group=") && !value.empty()) {
        address.group = value;
      } else {
        return bad("only mode=, user= and group= can follow the path");
      }
    }
    return ListenAddress{std::move(address)};
  }
  if (text.starts_with("inet:")) {
    const std::string_view rest = text.substr(5);
    const std::size_t colon = rest.rfind(':');
    if (colon == std::string_view::npos) return bad("the port is missing (inet:HOST:PORT)");
    std::string_view host = rest.substr(0, colon);
    const auto port = base::parse_number(rest.substr(colon + 1), 65535);
    if (!port) return bad("the port is not a number from 0 to 65535");
    if (host.starts_with('[') && host.ends_with(']')) {
      host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
      return bad("an IPv6 address needs brackets (inet:[::1]:5970)");
    }
    if (host.empty()) return bad("the host is missing (inet:HOST:PORT)");
    return ListenAddress{InetAddress{std::string(host), static_cast<std::uint16_t>(*port)}};
  }
  return bad("an address is unix:PATH or inet:HOST:PORT");
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

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  unsigned long factor = 1000;
  for (const auto& [suffix, milliseconds] :
       {std::pair<std::string_view, unsigned long>{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}) {
    if (text.ends_with(suffix)) {
      text.remove_suffix(suffix.size());
      factor = milliseconds;
      break;
    }
  }
  constexpr auto kMost = static_cast<unsigned long>(std::chrono::milliseconds(kMaxDuration).count());
  const auto number = base::parse_number(text, kMost / factor);
  if (!number) return {};
  return std::chrono::milliseconds(*number * factor);
}

std::string duration_text(std::chrono::milliseconds duration) {
  return duration.count() % 1000 == 0 ? fmt::format("{}s", duration.count() / 1000) : fmt::format("{}ms", duration.count());
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  unsigned shift = 0;
  if (!text.empty()) {
    switch (base::to_lower(text.back())) {
      case 'k': shift = 10; break;
      case 'm': shift = 20; break;
      case 'g': shift = 30; break;
      default: break;
    }
    if (shift != 0) text.remove_suffix(1);
  }
  const auto number = base::parse_number(text, (1UL << 40U) >> shift);
  if (!number) return {};
  return std::uint64_t{*number} << shift;
}

std::string size_text(std::uint64_t bytes) {
  for (const auto& [shift, letter] : {std::pair{30U, 'G'}, {20U, 'M'}, {10U, 'K'}}) {
    if (bytes != 0 && bytes % (std::uint64_t{1} << shift) == 0) return fmt::format("{}{}", bytes >> shift, letter);
  }
  return std::to_string(bytes);
}

}  // namespace spfd
