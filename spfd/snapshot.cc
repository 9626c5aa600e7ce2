#include "spfd/snapshot.h"

#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "common/io/machine_name.h"
#include "common/io/secret_file.h"
#include "common/srs/secrets.h"
#include "spfd/config_file.h"
#include "spfd/privileges.h"
#include "spfd/srs_options.h"

namespace spfd {

namespace {

// Root, we, and the user that we become.
bool may_own_secrets(uid_t owner, const std::string& user_name) {
  if (owner == 0 || owner == ::geteuid()) return true;
  if (user_name.empty()) return false;
  const auto user = find_user(user_name);
  return user.ok() && user->uid == owner;
}

base::Result<srs::Rewriter, StartError> make_rewriter(const SrsOptions& options, const std::string& user_name) {
  const auto bad = [&](std::string_view what) {
    return base::failure(StartError{fmt::format("{}: {}", base::printable(options.secret_file), what), EX_CONFIG});
  };
  const auto file = io::read_secret_file(options.secret_file);
  if (!file) return bad(file.error());
  if (!file->warning.empty()) return bad(file->warning);
  if (!may_own_secrets(file->owner, user_name))
    return bad(fmt::format("belongs to user {}, who can change the secrets; it must be root's or spfd's own", file->owner));
  auto secrets = srs::parse_secrets(file->text);
  if (!secrets) return bad(secrets.error());
  srs::Config config = options.config;
  config.secrets = std::move(secrets->secrets);
  config.old_secrets = std::move(secrets->old_secrets);
  auto rewriter = srs::Rewriter::make(std::move(config));
  if (!rewriter) return base::failure(StartError{"srs: " + rewriter.error(), EX_CONFIG});
  return std::move(*rewriter);
}

std::optional<StartError> add_srs(const SrsOptions& options, const std::string& user_name, Snapshot& snapshot) {
  snapshot.srs_timeout = std::min(options.timeout, snapshot.timeout);
  if (auto problem = lacking(options)) return StartError{std::move(*problem), EX_CONFIG};
  if (options.secret_file.empty()) return {};
  auto rewriter = make_rewriter(options, user_name);
  if (!rewriter) return rewriter.error();
  receiver::OwnAddresses& own = snapshot.policy.own_addresses;
  own.unwraps = options.unwraps;
  own.checks_recipients = options.checks_recipients;
  if (own.unwraps || own.checks_recipients) own.rewriter = *rewriter;
  receiver::NextHop next_hop{options.outgoing, snapshot.policy.hostname, snapshot.policy.spf};
  next_hop.spf.explains = false;
  next_hop.spf.trace = false;
  snapshot.srs.emplace(receiver::SrsPolicy{std::move(*rewriter), std::move(next_hop), options.rewrites_fail});
  return {};
}

}  // namespace

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

  if (auto error = add_srs(options.srs, options.user, *snapshot)) return base::failure(std::move(*error));
  snapshot->notes = srs_warnings(options);

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
      for (std::string& note : added->lines(path)) snapshot->notes.push_back(std::move(note));
    }
    snapshot->zone = std::move(zone);
  }
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

}  // namespace spfd
