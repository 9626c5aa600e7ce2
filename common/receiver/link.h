// The link to the page that explains a refusal (why-url).
#pragma once

#include <string>
#include <string_view>

#include "common/receiver/case.h"

namespace receiver {

// Longest why-url with {token}, in octets, so that the link and the reply are within the limit of the reply.
inline constexpr std::size_t kMaxTokenUrl = 79;

// Returns the expanded why-url, with the token instead of {token} if there are keys.
std::string link(const Case& about, std::string_view url);

}  // namespace receiver
