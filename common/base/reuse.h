// Resets objects for reuse: strings and vectors keep their memory, and everything else becomes as in a new object.
#pragma once

#include <cstddef>
#include <string>
#include <type_traits>

#include "common/base/members.h"

namespace base {

// A newly constructed object.
template <class T>
inline const T kNew{};

// Resets `object` to the values of a new one. Strings and vectors are emptied and keep their memory. with_members() finds the
// members, so a member that is added to the class is reset too. Members that have a clear() function are reset by it.
template <class T>
void renew(T& object) {
  const auto reset = []<class Member>(Member& member, const Member& fresh) {
    if constexpr (requires { member.clear(); }) {
      member.clear();
    } else if constexpr (std::is_class_v<Member> && std::is_aggregate_v<Member>) {
      renew(member);
    } else if constexpr (std::is_copy_assignable_v<Member>) {
      member = fresh;
    } else {
      member = Member{};
    }
  };
  with_members(object,
               [&](auto&... members) { with_members(kNew<T>, [&](const auto&... fresh) { (reset(members, fresh), ...); }); });
}

// Largest capacity, in bytes, that an emptied string of an idle connection keeps.
inline constexpr std::size_t kKeptMemory = 4096;

// Empties the string, and frees its memory above kKeptMemory.
inline void reuse(std::string& text) {
  if (text.capacity() > kKeptMemory) {
    std::string().swap(text);
  } else {
    text.clear();
  }
}

}  // namespace base
