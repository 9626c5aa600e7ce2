// Enums whose values have names: how many there are.
#pragma once

#include <cstddef>
#include <string_view>

namespace base {

// Counts the values of an enum, from 0, by the function that names them. That function is a switch without default, so a new
// value does not compile before it has a name; what is not a value has the name "".
template <class E>
constexpr std::size_t count_named(std::string_view (*name_of)(E)) {
  std::size_t count = 0;
  while (!name_of(static_cast<E>(count)).empty()) ++count;
  return count;
}

}  // namespace base
