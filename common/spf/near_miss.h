// Finds texts that were probably meant to be SPF records but are not. They do not change the result; they are reported to help
// the owner of the domain.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spf {

// Returns why the first such text is not a record ("it has a blank before \"v=spf1\""), or an empty text if there is none. None
// of `texts` may be an SPF record (RFC 7208 §4.5).
std::string near_miss(const std::vector<std::string>& texts);
// Returns what follows the version in that text, such as ";mx -all"; it is a part of `texts`. Empty: nothing, or no such text.
std::string_view terms_of_near_miss(const std::vector<std::string>& texts);

}  // namespace spf
