// Domain names and texts as master files write them (RFC 1035 §5.1): escapes, relative names, U-labels.
//
// A master file may write names that Name cannot hold: a label with a dot or an unprintable byte in it, or a U-label without
// an A-label. They are legal, but SPF never asks for them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/dns/name.h"

namespace dns {

struct ZoneName {
  std::optional<Name> name = Name();  // nothing: Name cannot hold it
  Name above;                         // `name`, or the nearest ancestor that Name can hold
};

// The bytes that a token stands for: \X is X, \DDD is the byte of that number. Nothing at an escape that is neither.
std::optional<std::string> unescaped(std::string_view token);

// The name that a token stands for; without a dot at its end it is below `origin`. Labels outside of ASCII are read as U-labels.
// Nothing when it is not a domain name: a bad escape, an empty label, a label over 63 bytes, a name over 253.
std::optional<ZoneName> read_zone_name(std::string_view token, const ZoneName& origin);

// Takes an uncompressed name (RFC 1035 §3.1) off the front of `data`. Nothing when there is none.
std::optional<ZoneName> take_wire_name(std::string_view& data);

}  // namespace dns
