#include "spfd/snapshot.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <utility>

#include "common/base/text.h"
#include "common/io/machine_name.h"
#include "spfd/config_file.h"

namespace spfd {

base::Result<std::shared_ptr<const Snapshot>, StartError> make_snapshot(const Options& options) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->timeout = options.timeout;
  snapshot->idle_timeout = options.idle_timeout;
  snapshot->write_timeout = options.write_timeout;
  snapshot->mta_idle_timeout = options.mta_idle_timeout;
  snapshot->doors = options.doors;

  receiver::Policy& policy = snapshot->policy;
  policy.hostname = options.hostname.empty() ? io::machine_name() : options.hostname;
  policy.bad_request_result = options.bad_question_result;
  snapshot->doors.hostname = policy.hostname;
  policy.spf.limits.void_lookups = options.void_lookup_limit;
  policy.spf.limits.void_lookups_ipv6 = options.void_lookups_ipv6;
  policy.spf.prefetch = options.prefetch;
  policy.spf.trace = options.log_level >= LogLevel::debug;
  auto explanation = spf::MacroString::parse(options.default_explanation, spf::MacroContext::explanation);
  if (!explanation) return base::failure(StartError{"default-explanation: " + explanation.error(), EX_CONFIG});
  policy.spf.default_explanation = std::move(*explanation);
  policy.rules = options.rules;
  policy.rules.explanation.reset();
  if (auto& why_url = policy.rules.why_url) policy.spf.why_url = std::move(*why_url);
  policy.rules.why_url.reset();
  policy.allow_request_policy = options.allow_request_policy;
  for (const DomainSection& section : options.sections) {
    auto& map = section.kind == DomainSection::Kind::sender ? policy.senders : policy.recipients;
    if (const auto pattern = receiver::DomainPattern::parse(section.pattern)) map.add(*pattern, section.rules);
  }
  for (const receiver::FallbackRecord& fallback : options.fallback) {
    if (const auto pattern = receiver::DomainPattern::parse(fallback.pattern)) policy.fallback.add(*pattern, fallback.record);
  }

  if (!options.zones.empty()) {
    auto zone = std::make_shared<dns::Zone>();
    for (const std::string& path : options.zones) {
      const auto text = read_file(path);
      if (!text) return base::failure(text.error());
      const auto added = zone->add_file(*text);
      if (!added) {
        return base::failure(
            StartError{fmt::format("{}:{}: {}", base::printable(path), added.error().line, added.error().message), EX_CONFIG});
      }
    }
    snapshot->zone = std::move(zone);
  }
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

}  // namespace spfd
