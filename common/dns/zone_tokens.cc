#include "common/dns/zone_tokens.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "common/base/printable.h"
#include "common/base/text.h"

namespace dns {

namespace {

constexpr unsigned long kMaxTtl = 0x7fffffff;      // RFC 2181 §8
constexpr unsigned long kMaxSeconds = 0xffffffff;  // RFC 1035 §3.3.13

std::optional<std::uint32_t> parse_ttl(std::string_view text) {
  unsigned long sum = 0;
  while (!text.empty()) {
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = base::parse_number(text.substr(0, digits), kMaxSeconds);
    if (!number) return std::nullopt;
    unsigned long unit = 1;
    if (digits < text.size()) {
      switch (base::to_lower(text[digits])) {
        case 's': break;
        case 'm': unit = 60; break;
        case 'h': unit = 3600; break;
        case 'd': unit = 86400; break;
        case 'w': unit = 604800; break;
        default: return std::nullopt;
      }
    }
    sum += *number * unit;
    if (sum > kMaxSeconds) return std::nullopt;
    text.remove_prefix(std::min(digits + 1, text.size()));
    if (text.empty()) return sum > kMaxTtl ? 0 : static_cast<std::uint32_t>(sum);
  }
  return std::nullopt;
}

}  // namespace

std::size_t ZoneTokens::line() const { return at_end() ? entry_.tokens.back().line : entry_.tokens[next_].line; }

const ZoneToken* ZoneTokens::take(std::string_view what) {
  if (!at_end()) return &entry_.tokens[next_++];
  fail(line(), fmt::format("{} is missing", what));
  return nullptr;
}

std::optional<unsigned long> ZoneTokens::take_number(std::string_view what, unsigned long maximum) {
  const ZoneToken* token = take(what);
  if (token == nullptr) return std::nullopt;
  const auto number = base::parse_number(token->text, maximum);
  if (!number)
    fail(token->line, fmt::format("{} should be a number up to {}, not {}", what, maximum, base::in_quotes(token->text)));
  return number;
}

std::optional<std::uint32_t> ZoneTokens::take_ttl(std::string_view what) {
  const ZoneToken* token = take(what);
  if (token == nullptr) return std::nullopt;
  const auto ttl = parse_ttl(token->text);
  if (!ttl)
    fail(token->line, fmt::format("{} should be seconds or a time like 1h30m, not {}", what, base::in_quotes(token->text)));
  return ttl;
}

std::optional<ZoneName> ZoneTokens::take_name(std::string_view what, const ZoneName& origin) {
  const ZoneToken* token = take(what);
  if (token == nullptr) return std::nullopt;
  if (token->text == "@" && !token->quoted) return origin;
  auto name = read_zone_name(token->text, origin);
  if (!name) {
    fail(token->line,
         fmt::format("{}: {} is not a domain name (labels of 1 to 63 bytes, 253 in all)", what, base::in_quotes(token->text)));
  }
  return name;
}

bool ZoneTokens::end(std::string_view what) {
  const ZoneToken* token = peek();
  return token == nullptr || fail(token->line, fmt::format("{} is too much after {}", base::in_quotes(token->text), what));
}

bool ZoneTokens::fail(std::size_t line, std::string message) {
  error_ = {line, std::move(message)};
  return false;
}

}  // namespace dns
