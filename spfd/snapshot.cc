#include "spfd/snapshot.h"

#include <fmt/core.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/printable.h"
#include "common/io/machine_name.h"
#include "common/io/secret_file.h"
#include "common/io/zone_file.h"
#include "common/srs/secrets.h"
#include "spfd/options.h"
#include "spfd/privileges.h"

namespace spfd {

namespace {

// Returns whether this user may own the file of secrets: root, the present user, or the user that the daemon becomes.
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

// Adds sender rewriting, with the HELO name, limits and lookups of the checks.
std::optional<StartError> add_srs(const Options& options, Snapshot& snapshot) {
  snapshot.timeouts.srs = std::min(snapshot.timeouts.srs, snapshot.timeouts.check);
  if (auto problem = lacking(options)) return StartError{std::move(*problem), EX_CONFIG};
  if (options.srs.secret_file.empty()) return {};
  auto rewriter = make_rewriter(options.srs, options.user);
  if (!rewriter) return rewriter.error();
  receiver::OwnAddresses& own = snapshot.policy.own_addresses;
  if (own.unwraps || own.checks_recipients) own.rewriter = *rewriter;
  receiver::NextHop next_hop = options.srs.next_hop;
  next_hop.hostname = snapshot.policy.hostname;
  next_hop.spf = snapshot.policy.spf;
  next_hop.spf.explains = false;
  next_hop.spf.trace = false;
  snapshot.srs.emplace(receiver::SrsPolicy{std::move(*rewriter), std::move(next_hop), options.srs.rewrites_fail});
  return {};
}

}  // namespace

base::Result<std::shared_ptr<const Snapshot>, StartError> make_snapshot(const Options& options) {
  auto snapshot = std::make_shared<Snapshot>(options.in_force);
  receiver::Policy& policy = snapshot->policy;
  if (policy.hostname.empty()) policy.hostname = io::machine_name();
  snapshot->doors.hostname = policy.hostname;
  policy.spf.trace = snapshot->log_level >= LogLevel::debug;
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

  if (auto error = add_srs(options, *snapshot)) return base::failure(std::move(*error));
  snapshot->notes = srs_warnings(options);

  if (!options.zones.empty()) {
    auto zone = std::make_shared<dns::Zone>();
    auto notes = io::add_zone_files(*zone, options.zones);
    if (!notes) return base::failure(StartError{notes.error(), EX_CONFIG});
    std::move(notes->begin(), notes->end(), std::back_inserter(snapshot->notes));
    snapshot->zone = std::move(zone);
  }
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

}  // namespace spfd
