// Repairs of records with which every check ends in a permerror. They are proposals: the caller examines them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/lint/lint.h"

namespace lint {

struct Repair {
  std::size_t record = 0;  // its number in the tree
  std::string text;        // the new record
};

// Returns the smallest repairs that the findings of the examination suggest, the most proper one first: each term with a fault as
// it was probably meant, or left out where that cannot be known; without the terms that lead nowhere or back; several records as
// one; without the terms that change nothing, if there are too many.
std::vector<Repair> repairs_of(const Report& report);

// Returns the record that one of the texts nearly is (RFC 7208 §4.5), if all its terms are sound; empty: there is none.
std::string nearly_meant(const std::vector<std::string>& texts);

}  // namespace lint
