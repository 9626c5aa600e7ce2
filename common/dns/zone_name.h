// Domain names and texts in the notation of master files (RFC 1035 §5.1): escapes, relative names, U-labels.
//
// A master file may contain names that Name cannot hold: a label with a dot or an unprintable byte in it, or a U-label that has
// no A-label. They are legal, but SPF never asks for them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/dns/name.h"

namespace dns {

struct ZoneName {
  std::optional<Name> name = Name();  // empty if Name cannot hold it
  Name above;                         // `name`, or its nearest ancestor that Name can hold
};

// Returns the token with its escapes resolved: \X is X, \DDD is the byte of that number. Returns nothing for any other escape.
std::optional<std::string> unescaped(std::string_view token);

// Reads a token as a name, which is relative to `origin` unless it ends with a dot. Non-ASCII labels are read as U-labels.
// Returns nothing when it is not a domain name: a bad escape, an empty label, a label over 63 bytes, a name over 253 bytes.
std::optional<ZoneName> read_zone_name(std::string_view token, const ZoneName& origin);

// Removes an uncompressed name (RFC 1035 §3.1) from the front of `data` and returns it. Returns nothing when there is none.
std::optional<ZoneName> take_wire_name(std::string_view& data);

}  // namespace dns
