// The action for a result, and its SMTP codes (RFC 7208 §8, RFC 7372 §3.2). Pure.
#pragma once

#include "common/receiver/request.h"
#include "common/receiver/rules.h"
#include "common/spf/query.h"

namespace receiver {

// Both functions expect a reply whose action is accept, as in a new one. In a dry run they set only Reply::would.
//
// Sets the action that the rules prescribe for the reply's result.
void set_action(Reply& reply, const RulesInForce& rules, spf::Identity identity);
// Sets the given action and its enhanced status code.
void set_action(Reply& reply, const RulesInForce& rules, Action action, const char* code);

}  // namespace receiver
