// Random worlds for the tests of examinations and explanations, with the verdicts of the sequential evaluator.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip.h"
#include "common/lint/lint.h"
#include "t/model/model.h"
#include "t/model/random_zone.h"

namespace lint_world {

// Domain 0 is examined.
std::string domain(std::size_t number);
// Returns a record without syntax errors and without macros.
std::string random_record(model::Random& random, std::size_t terms, std::size_t number);
model::Zone random_world(model::Random& random);

// Returns the addresses of all networks that the world names: first, last, their neighbours, and one in the middle.
std::vector<base::IpAddress> witnesses(const lint::Tree& tree);

// Returns the verdict about mail from domain 0.
model::Verdict check(const model::Zone& zone, const base::IpAddress& client);

struct Examination {
  lint::Report report;

  explicit Examination(const model::Zone& zone);
  [[nodiscard]] const lint::Finding* find(std::string_view id) const;
};

}  // namespace lint_world
