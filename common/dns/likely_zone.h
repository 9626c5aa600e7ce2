// Guesses from names alone which of them are served by the same name servers.
#pragma once

#include <string_view>

#include "common/dns/name.h"

namespace dns {

// Returns the end of the name that is likely to be the zone of one owner: the last two labels; three labels below "co.uk" and
// similar domains; the /16 (IPv4) or /32 (IPv6) of a reverse name. The guess is used only to share slots and to recognize silent
// zones: names put into one zone by mistake share its turns in the queue and may count as silent together.
std::string_view likely_zone(const Name& name);

}  // namespace dns
