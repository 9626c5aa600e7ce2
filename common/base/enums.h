// Counts the values of enums that have a function for their names.
#pragma once

#include <cstddef>
#include <string_view>

namespace base {

// Returns the number of values of an enum that begins at 0. `name_of` returns the names, and "" for anything else. It is a switch
// without a default, so a new value does not compile until it has a name.
template <class E>
constexpr std::size_t count_named(std::string_view (*name_of)(E)) {
  std::size_t count = 0;
  while (!name_of(static_cast<E>(count)).empty()) ++count;
  return count;
}

}  // namespace base
