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

// Returns the smallest repairs that the findings of the examination suggest, the best one first. They write each faulty term as
// it was probably meant, or leave it out if that cannot be known; leave out terms that lead nowhere or back to their record;
// merge several records; and leave out terms without effect if there are too many.
std::vector<Repair> repairs_of(const Report& report);

// Returns the record that one of the texts resembles (RFC 7208 §4.5), with its faulty terms as they are; empty: there is none.
std::string nearly_meant(const std::vector<std::string>& texts);

}  // namespace lint
