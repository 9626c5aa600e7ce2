// States whether this program was built with a sanitizer, which needs more time and memory. g++ and clang announce it in
// different ways.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SPFD_IS_SANITIZED true
#elif defined(__has_feature)
#define SPFD_IS_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SPFD_IS_SANITIZED false
#endif

namespace support {

inline constexpr bool kIsSanitized = SPFD_IS_SANITIZED;

}  // namespace support
