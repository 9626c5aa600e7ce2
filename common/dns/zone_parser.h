// Master files (RFC 1035 §5): text to records, nothing else.
//
// Understood: $ORIGIN, $TTL, @, comments, parentheses, quoted strings, \DDD and \X escapes, TTLs like 1h30m (as BIND has them);
// TTL and class in any order; types A AAAA MX PTR CNAME DNAME TXT SOA NS, as TYPEn and with \# data too (RFC 3597 §5); U-labels
// (RFC 5890). A name without dot at its end is relative to the origin, and the origin is the root until the file says
// otherwise, so that "example.com TXT ..." means what it seems to mean.
//
// A record that is legal but cannot be held (its owner name, its class, its type) is skipped, and a note says so. What is wrong
// in a record that counts here, $INCLUDE and $GENERATE are errors: without them the file would mean something else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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

// What was skipped. A file may have any number of such records, so only the first ones are kept.
struct ZoneNotes {
  static constexpr std::size_t kMaxKept = 20;

  std::vector<ZoneError> kept;
  std::size_t count = 0;

  void add(std::size_t line, std::string message);
  // "FILE:LINE: what" of each one kept, and a line that counts the others.
  [[nodiscard]] std::vector<std::string> lines(std::string_view file) const;
};

// Of records for which nothing else says one, in seconds.
inline constexpr std::uint32_t kDefaultZoneTtl = 3600;

struct ZoneRecord {
  enum class Type : std::uint8_t { a, aaaa, mx, ptr, cname, dname, txt, soa, ns, other };

  std::size_t line = 0;
  Name owner;
  Type type = Type::other;  // other: only the name counts
  std::uint32_t ttl = kDefaultZoneTtl;
  base::IpAddress address;       // a, aaaa
  std::uint16_t preference = 0;  // mx
  std::optional<Name> target;    // mx, ptr, cname, dname; nothing: a name that Name cannot hold
  std::string text;              // txt: its character-strings joined
  std::uint32_t minimum = 0;     // soa
};

struct ZoneContent {
  std::vector<ZoneRecord> records;
  ZoneNotes notes;
};

base::Result<ZoneContent, ZoneError> parse_zone(std::string_view text);

}  // namespace dns
