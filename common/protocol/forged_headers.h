// Detects header fields of incoming mail that claim to be our own (RFC 8601 §5, RFC 7208 §9.1).
#pragma once

#include <string_view>

namespace protocol {

// `value` is the text after the colon. Names are compared without a trailing dot.

// Returns whether `us` is the authserv-id of an Authentication-Results field.
bool is_authentication_results_of(std::string_view value, std::string_view us);

// Returns whether a Received-SPF field names `us` as the receiver: in any key receiver=, or at the beginning of any comment
// ("(us: domain of ..."). Programs after us differ in which one they read.
bool is_received_spf_of(std::string_view value, std::string_view us);

}  // namespace protocol
