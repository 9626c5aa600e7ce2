#include "spfd/config/policy.h"

#include <utility>

#include "common/io/machine_name.h"
#include "common/receiver/default_explanation.h"
#include "common/receiver/domain_map.h"

namespace spfd {

receiver::Policy policy_of(const Options& options) {
  receiver::Policy policy = options.in_force.policy;
  if (policy.hostname.empty()) policy.hostname = io::machine_name();
  // The explanation and URL of the general rules become settings of the evaluation, which costs less per check than a rule does.
  if (auto& explanation = policy.rules.explanation) {
    policy.spf.default_explanation = std::move(*explanation);
  } else {
    policy.spf.default_explanation = receiver::default_explanation();
  }
  policy.rules.explanation.reset();
  if (auto& why_url = policy.rules.why_url) policy.spf.why_url = std::move(*why_url);
  policy.rules.why_url.reset();
  for (const DomainSection& section : options.sections) {
    auto& map = section.kind == DomainSection::Kind::sender ? policy.senders : policy.recipients;
    if (const auto pattern = receiver::DomainPattern::parse(section.pattern)) map.add(*pattern, section.rules);
  }
  policy.fallback = receiver::by_domain(options.fallback);
  return policy;
}

}  // namespace spfd
