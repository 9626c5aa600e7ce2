// The report of an examination as JSON.
#pragma once

#include <string>

#include "common/lint/lint.h"

namespace lint {

// Returns one object (RFC 8259) on one line of printable US-ASCII, with its line end.
std::string json(const Report& report);

}  // namespace lint
