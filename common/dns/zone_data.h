// Record data in master files: in the form of its type (RFC 1035 §5.1), or as "\# LENGTH HEX" (RFC 3597 §5).
#pragma once

#include <string_view>

#include "common/dns/zone_tokens.h"

namespace dns {

// Reads the data of a record of record.type, up to the end of the entry. `type_name` is used in errors. Returns false after an
// error, which is then in tokens.error().
bool read_zone_data(ZoneTokens& tokens, std::string_view type_name, const ZoneName& origin, ZoneRecord& record);

}  // namespace dns
