// The tokens of one entry of a master file, taken one by one, and what each kind of token stands for.
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

// After a function has returned nothing, or false, error() says why.
class ZoneTokens {
 public:
  // `entry` has a token, and lives as long as this.
  explicit ZoneTokens(const ZoneEntry& entry) : entry_(entry) {}

  // Of the next token, or of the last one.
  [[nodiscard]] std::size_t line() const;
  [[nodiscard]] bool at_end() const { return next_ == entry_.tokens.size(); }
  // The next token stays the next one; null at the end.
  [[nodiscard]] const ZoneToken* peek() const { return at_end() ? nullptr : &entry_.tokens[next_]; }

  // `what` names what is expected, for the error.
  const ZoneToken* take(std::string_view what);
  std::optional<unsigned long> take_number(std::string_view what, unsigned long maximum);
  // "300", "1h", "1h30m"; RFC 2181 §8: above 2^31-1 is 0.
  std::optional<std::uint32_t> take_ttl(std::string_view what);
  std::optional<ZoneName> take_name(std::string_view what, const ZoneName& origin);
  // Is it the end? `what` is what has been read.
  bool end(std::string_view what);

  bool fail(std::size_t line, std::string message);
  [[nodiscard]] const ZoneError& error() const { return error_; }

 private:
  const ZoneEntry& entry_;
  std::size_t next_ = 0;
  ZoneError error_;
};

}  // namespace dns
