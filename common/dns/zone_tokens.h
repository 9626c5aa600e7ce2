// Reads the tokens of one entry of a master file one by one, and converts them to numbers, TTLs and names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/dns/zone_lexer.h"
#include "common/dns/zone_name.h"
#include "common/dns/zone_parser.h"

namespace dns {

// When a function returns nothing, null or false, error() holds the reason.
class ZoneTokens {
 public:
  // `entry` has at least one token and must outlive this object.
  explicit ZoneTokens(const ZoneEntry& entry) : entry_(entry) {}

  // Returns the line of the next token, or of the last token at the end.
  [[nodiscard]] std::size_t line() const;
  [[nodiscard]] bool at_end() const { return next_ == entry_.tokens.size(); }
  // Returns the next token without taking it, or null at the end.
  [[nodiscard]] const ZoneToken* peek() const { return at_end() ? nullptr : &entry_.tokens[next_]; }

  // Takes the next token. In take() and the functions below, `what` names the expected token in the error.
  const ZoneToken* take(std::string_view what);
  std::optional<unsigned long> take_number(std::string_view what, unsigned long maximum);
  // Takes a TTL: "300", "1h" or "1h30m". A TTL above 2^31-1 counts as 0 (RFC 2181 §8).
  std::optional<std::uint32_t> take_ttl(std::string_view what);
  std::optional<ZoneName> take_name(std::string_view what, const ZoneName& origin);
  // Returns whether the entry ends here; if not, the error names `what`, the part that was read.
  bool end(std::string_view what);

  // Sets error() and returns false.
  bool fail(std::size_t line, std::string message);
  [[nodiscard]] const ZoneError& error() const { return error_; }

 private:
  const ZoneEntry& entry_;
  std::size_t next_ = 0;
  ZoneError error_;
};

}  // namespace dns
