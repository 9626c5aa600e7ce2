// The results of check_host() (RFC 7208 §2.6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/enums.h"

namespace spf {

enum class Result : std::uint8_t { none, neutral, pass, fail, softfail, temperror, permerror };

// Returns the word of RFC 7208, in lower case.
constexpr std::string_view result_name(Result result) {
  switch (result) {
    case Result::none: return "none";
    case Result::neutral: return "neutral";
    case Result::pass: return "pass";
    case Result::fail: return "fail";
    case Result::softfail: return "softfail";
    case Result::temperror: return "temperror";
    case Result::permerror: return "permerror";
  }
  return "";
}
inline constexpr std::size_t kResults = base::count_named(result_name);

}  // namespace spf
