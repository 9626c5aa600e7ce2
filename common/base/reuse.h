// Objects that are used again: strings and vectors keep their memory, and everything else is as in a new object.
#pragma once

#include <cstddef>
#include <string>
#include <type_traits>

#include "common/base/members.h"

namespace base {

// A new object.
template <class T>
inline const T kNew{};

// Gives `object` the values of a new one. Strings and vectors are emptied and keep their memory. The members are found by
// with_members(), so a member that is added to the class is reset too. A class with a clear() of its own is cleared by that.
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

// Bytes that an emptied string of an idle connection may keep.
inline constexpr std::size_t kKeptMemory = 4096;

inline void reuse(std::string& text) {
  if (text.capacity() > kKeptMemory) {
    std::string().swap(text);
  } else {
    text.clear();
  }
}

}  // namespace base
