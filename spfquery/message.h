// Standard error.
#pragma once

#include <cstdio>
#include <string_view>

namespace spfquery {

// What cannot be said cannot be told either, so failure is of no interest.
inline void say(std::string_view text) { static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr)); }

}  // namespace spfquery
