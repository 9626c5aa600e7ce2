// Master files (RFC 1035 §5.1): text to entries of tokens. Knows comments, parentheses and quotes; escapes are left as written.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/dns/zone_parser.h"

namespace dns {

struct ZoneToken {
  std::string_view text;  // as written, escapes included, quotes not
  bool quoted = false;
  std::size_t line = 0;
};

// One record or directive with all its lines.
struct ZoneEntry {
  std::vector<ZoneToken> tokens;
  bool blank_first = false;  // the owner is the one of the record before
};

class ZoneLexer {
 public:
  // The tokens point into `text`.
  explicit ZoneLexer(std::string_view text) : text_(text) {}

  // The next entry that is not empty; an entry without tokens is the end of the text.
  base::Result<ZoneEntry, ZoneError> next();

 private:
  base::Result<ZoneToken, ZoneError> quoted();
  base::Result<ZoneToken, ZoneError> bare();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace dns
