#include "common/receiver/rules.h"

#include <string_view>

#include "common/base/text.h"

namespace receiver {

Action default_action(spf::Result result) {
  switch (result) {
    case spf::Result::fail: return Action::reject;      // RFC 7208 §8.4
    case spf::Result::temperror: return Action::defer;  // RFC 7208 §8.6
    default: return Action::accept;
  }
}

DomainMap<spf::Record> by_domain(const std::vector<FallbackRecord>& records) {
  DomainMap<spf::Record> map;
  for (const FallbackRecord& fallback : records) {
    if (const auto pattern = DomainPattern::parse(fallback.pattern)) map.add(*pattern, fallback.record);
  }
  return map;
}

RulesInForce::RulesInForce(const Policy& policy, const Request& request) : general_(policy.rules) {
  if (policy.senders.empty() && policy.recipients.empty()) return;
  const auto add = [this](const DomainMap<Rules>& map, std::string_view mailbox) {
    const auto domain = mailbox_domain(mailbox);
    if (!domain) return;
    map.each(*domain, [this](const DomainMap<Rules>::Entry& entry) {
      for_domains_.push_back(&entry.value);
      return true;
    });
  };
  const std::string_view sender = bare_sender(request.sender);
  add(policy.senders, sender.empty() ? base::strip(request.helo) : sender);
  add(policy.recipients, bare_sender(request.recipient));
}

Action RulesInForce::action(spf::Identity identity, spf::Result result) const {
  const Action* found = search(
      [&](const Rules& rules) -> const std::optional<Action>& { return rules.of(identity)[static_cast<std::size_t>(result)]; });
  return found == nullptr ? default_action(result) : *found;
}

}  // namespace receiver
