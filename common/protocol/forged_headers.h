// Header fields that claim to be our own, in mail that has just come in (RFC 8601 §5, RFC 7208 §9.1).
#pragma once

#include <string_view>

namespace protocol {

// Names are compared without a dot at the end.

// The authserv-id of an Authentication-Results field is `us`. `value` is what stands behind the colon.
bool is_authentication_results_of(std::string_view value, std::string_view us);

// A Received-SPF field names `us` as the receiver: by any key receiver=, or at the begin of any comment ("(us: domain of ...").
// Programs after us differ in which one they read.
bool is_received_spf_of(std::string_view value, std::string_view us);

}  // namespace protocol
