// Master files (RFC 1035 §5): text to records, nothing else.
//
// Understood: $ORIGIN, $TTL, @, comments, parentheses, quoted strings, \DDD and \X escapes, TTLs like 1h30m (as BIND has them);
// class IN; types A AAAA MX PTR CNAME TXT SOA; other well-known types are kept without their data. $INCLUDE and $GENERATE are
// errors. A name without dot at its end is relative to the origin, and the origin is the root until the file says otherwise,
// so that "example.com TXT ..." means what it seems to mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip.h"
#include "common/base/result.h"
#include "common/dns/name.h"

namespace dns {

struct ZoneError {
  std::size_t line = 0;  // from 1
  std::string message;

  friend bool operator==(const ZoneError&, const ZoneError&) = default;
};

// Of records for which nothing else says one, in seconds.
inline constexpr std::uint32_t kDefaultZoneTtl = 3600;

struct ZoneRecord {
  enum class Type : std::uint8_t { a, aaaa, mx, ptr, cname, txt, soa, other };

  std::size_t line = 0;
  Name owner;
  Type type = Type::other;
  std::uint32_t ttl = kDefaultZoneTtl;
  base::IpAddress address;       // a, aaaa
  std::uint16_t preference = 0;  // mx
  Name target;                   // mx, ptr, cname
  std::string text;              // txt: its character-strings joined
  std::uint32_t minimum = 0;     // soa
};

base::Result<std::vector<ZoneRecord>, ZoneError> parse_zone(std::string_view text);

}  // namespace dns
