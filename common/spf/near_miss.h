// Texts that were probably meant to be SPF records, and are none. They change no result; the domain's owner wants to know.
#pragma once

#include <string>
#include <vector>

namespace spf {

// Returns what keeps the first such text from being a record ("it has a blank before \"v=spf1\""); empty when there is none.
// None of `texts` is an SPF record (RFC 7208 §4.5).
std::string near_miss(const std::vector<std::string>& texts);

}  // namespace spf
