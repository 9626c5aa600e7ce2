// A guess which names are served by the same name servers, from the name alone.
#pragma once

#include <string_view>

#include "common/dns/name.h"

namespace dns {

// Returns the end of the name that is likely to be a zone of one owner: the last two labels; three below "co.uk" and the like
// (a short label before a label of two letters); of addresses in reverse the /16 or the /32. The guess decides only whose
// questions wait for each other when there are too many: names that share it by mistake share a place in a queue.
std::string_view likely_zone(const Name& name);

}  // namespace dns
