// The results of check_host() (RFC 7208 §2.6).
#pragma once

#include <cstdint>
#include <string_view>

namespace spf {

enum class Result : std::uint8_t { none, neutral, pass, fail, softfail, temperror, permerror };

// The word of RFC 7208, in lower case.
std::string_view result_name(Result result);

}  // namespace spf
