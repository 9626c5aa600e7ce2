// What is done about a result, and the SMTP codes for it (RFC 7208 §8, RFC 7372 §3.2). Pure.
#pragma once

#include "common/receiver/request.h"
#include "common/receiver/rules.h"
#include "common/spf/query.h"

namespace receiver {

// Both take a reply that accepts, as a new one does.
// By the reply's result. In a dry run nothing is done, and the reply says what would be.
void set_action(Reply& reply, const RulesInForce& rules, spf::Identity identity);
// The action that is wanted, with its enhanced code; in a dry run likewise.
void set_action(Reply& reply, const RulesInForce& rules, Action action, const char* code);

}  // namespace receiver
