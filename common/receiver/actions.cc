#include "common/receiver/actions.h"

namespace receiver {

namespace {

// Returns the enhanced status code. RFC 7372 §3.2 defines codes for fail, which replace 5.7.1 of RFC 7208 §8.4, and for errors,
// which replace 4.4.3 of §8.6 and 5.5.2 of §8.7. Results that only local policy refuses use the codes of RFC 3463 §3.8.
const char* enhanced_code(Action action, spf::Result result) {
  const bool is_error = result == spf::Result::temperror || result == spf::Result::permerror;
  switch (action) {
    case Action::accept: break;
    case Action::reject: return is_error ? "5.7.24" : result == spf::Result::fail ? "5.7.23" : "5.7.1";
    case Action::defer: return is_error ? "4.7.24" : "4.7.0";
  }
  return "";
}

}  // namespace

void set_action(Reply& reply, const RulesInForce& rules, spf::Identity identity) {
  const Action action = rules.action(identity, reply.result);
  set_action(reply, rules, action, enhanced_code(action, reply.result));
}

void set_action(Reply& reply, const RulesInForce& rules, Action action, const char* code) {
  if (action == Action::accept) return;
  if (rules.get(&Rules::dry_run, false)) {
    reply.would = action;
    return;
  }
  reply.action = action;
  reply.smtp_code = action == Action::reject ? 550 : 451;
  reply.enhanced_code = code;
}

}  // namespace receiver
