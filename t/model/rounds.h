// How many random worlds a property test examines, and from which seed: variables of the environment change both.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "t/support/sanitized.h"

namespace model {

// The number of worlds in the tests of examinations and explanations.
inline constexpr std::uint64_t kLintRounds = support::kIsSanitized ? 200 : 1000;
// Fewer worlds say nothing about how often a finding occurs.
inline constexpr std::uint64_t kLeastCounted = 1000;

inline std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace model
