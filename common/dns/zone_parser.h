// Parses master files (RFC 1035 §5) into records.
//
// Supported: $ORIGIN, $TTL, @, comments, parentheses, quoted strings, \DDD and \X escapes, TTLs such as 1h30m (as in BIND);
// TTL and class in any order; types A AAAA MX PTR CNAME DNAME TXT SOA NS, also as TYPEn and with \# data (RFC 3597 §5); U-labels
// (RFC 5890). A name without a trailing dot is relative to the origin. The origin is the root unless $ORIGIN changes it, so that
// "example.com TXT ..." has the obvious meaning.
//
// A legal record whose owner name, class or type cannot be represented is skipped with a note. Mistakes in supported records are
// errors, as are $INCLUDE and $GENERATE: skipping them would change the meaning of the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip.h"
#include "common/base/result.h"
#include "common/dns/answer.h"
#include "common/dns/name.h"

namespace dns {

struct ZoneError {
  std::size_t line = 0;  // from 1
  std::string message;

  friend bool operator==(const ZoneError&, const ZoneError&) = default;
};

// Notes on skipped records and on strings that span lines. A file may have any number of them, so only the first kMaxKept notes
// are kept.
struct ZoneNotes {
  static constexpr std::size_t kMaxKept = 20;

  std::vector<ZoneError> kept;
  std::size_t count = 0;  // including those not kept

  void add(std::size_t line, std::string message);
  // Returns "FILE:LINE: message" for each note kept, and a line with the number of the others.
  [[nodiscard]] std::vector<std::string> lines(std::string_view file) const;
};

// Default TTL of records, in seconds.
inline constexpr std::uint32_t kDefaultZoneTtl = 3600;

struct ZoneRecord {
  enum class Type : std::uint8_t { a, aaaa, mx, ptr, cname, dname, txt, spf, soa, ns, other };

  std::size_t line = 0;
  Name owner;
  Type type = Type::other;  // other: only the owner name counts
  std::uint32_t ttl = kDefaultZoneTtl;
  base::IpAddress address;       // a, aaaa
  std::uint16_t preference = 0;  // mx
  std::optional<Name> target;    // mx, ptr, cname, dname; empty for a name that Name cannot hold
  JoinedText text;               // txt, spf
  std::uint32_t minimum = 0;     // soa
};

struct ZoneContent {
  std::vector<ZoneRecord> records;
  ZoneNotes notes;
};

base::Result<ZoneContent, ZoneError> parse_zone(std::string_view text);

}  // namespace dns
