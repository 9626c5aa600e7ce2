// The report of an examination as JSON.
#pragma once

#include <string>

#include "common/lint/lint.h"

namespace lint {

// One object on one line, of printable US-ASCII (RFC 8259).
std::string json(const Report& report);

}  // namespace lint
