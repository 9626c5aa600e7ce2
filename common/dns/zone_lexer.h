// Splits master files (RFC 1035 §5.1) into entries of tokens. Handles comments, parentheses and quotes; leaves escapes as
// written. Within quotes, any character can occur, also the end of a line.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/dns/zone_parser.h"

namespace dns {

struct ZoneToken {
  std::string_view text;  // as written, with escapes but without quotes
  bool quoted = false;
  std::size_t line = 0;
};

// One record or directive, which may span several lines.
struct ZoneEntry {
  std::vector<ZoneToken> tokens;
  bool blank_first = false;  // begins with a blank: the owner is that of the previous record
};

class ZoneLexer {
 public:
  // The tokens refer to `text`, which must outlive them.
  explicit ZoneLexer(std::string_view text) : text_(text) {}

  // Returns the next entry that is not empty, or an entry without tokens at the end of the text.
  base::Result<ZoneEntry, ZoneError> next();

 private:
  base::Result<ZoneToken, ZoneError> quoted();
  base::Result<ZoneToken, ZoneError> bare();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t spanning_line_ = 0;  // of the first quoted string that spans lines; 0: there is none
};

}  // namespace dns
