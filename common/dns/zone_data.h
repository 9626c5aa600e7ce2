// The data of a record in a master file: in the type's own form (RFC 1035 §5.1), or as "\# LENGTH HEX" (RFC 3597 §5).
#pragma once

#include <string_view>

#include "common/dns/zone_tokens.h"

namespace dns {

// Reads the data of record.type, up to the end of the entry. `type_name` is for errors. False: tokens.error() says what is wrong.
bool read_zone_data(ZoneTokens& tokens, std::string_view type_name, const ZoneName& origin, ZoneRecord& record);

}  // namespace dns
