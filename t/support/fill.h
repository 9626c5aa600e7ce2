// Fills every member of an object, to find out which members keep their values when the object is used again.
#pragma once

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "common/base/ip.h"
#include "common/base/members.h"
#include "common/dns/name.h"

namespace support {

// Change `value` to one that no new object has. A type without such a function does not compile.
inline void fill(bool& value) { value = !value; }
template <class Number>
requires std::integral<Number>
void fill(Number& value) { value = static_cast<Number>(value + 7); }
template <class Enum>
requires std::is_enum_v<Enum>
void fill(Enum& value) { value = static_cast<Enum>(static_cast<std::underlying_type_t<Enum>>(value) + 1); }
inline void fill(std::string& value) { value = "of somebody else, and longer than what a string keeps in itself"; }
inline void fill(const char*& value) { value = "of somebody else"; }
inline void fill(std::chrono::milliseconds& value) { value += std::chrono::milliseconds(7); }
inline void fill(base::IpAddress& value) { value = base::IpAddress::v4({192, 0, 2, 77}); }
inline void fill(dns::Name& value) { value = *dns::Name::parse("somebody.else.example"); }
template <class T>
void fill(std::optional<T>& value);
template <class T>
void fill(std::vector<T>& value);
template <class... Kinds>
void fill(std::variant<Kinds...>& value);
template <class T>
requires std::is_aggregate_v<T>
void fill(T& value) {
  base::with_members(value, [](auto&... members) { (fill(members), ...); });
}
template <class T>
void fill(std::optional<T>& value) {
  fill(value.emplace());
}
template <class T>
void fill(std::vector<T>& value) {
  fill(value.emplace_back());
}
// Sets the last alternative.
template <class... Kinds>
void fill(std::variant<Kinds...>& value) {
  fill(value.template emplace<sizeof...(Kinds) - 1>());
}

template <class T>
T filled() {
  T value{};
  fill(value);
  return value;
}

}  // namespace support
