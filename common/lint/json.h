// The report of an examination as JSON.
#pragma once

#include <string>

#include "common/lint/comparison.h"
#include "common/lint/lint.h"

namespace lint {

// Returns one object (RFC 8259) on one line of printable US-ASCII, with its line end. It has at most kMaxJson bytes,
// since longer records and terms are cut.
inline constexpr std::size_t kMaxJson = std::size_t{8} << 20;
std::string json(const Report& report);
// Returns one object for a comparison: the sets of clients with their results before and after, and both reports. At most 2 *
// kMaxJson bytes.
std::string json(const Comparison& change);

}  // namespace lint
