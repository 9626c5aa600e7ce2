#include "spfd/make_snapshot.h"

#include <fmt/core.h>
#include <sysexits.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/printable.h"
#include "common/io/file.h"
#include "common/io/secret_file.h"
#include "common/io/zone_file.h"
#include "common/service/privileges.h"
#include "common/srs/secrets.h"
#include "spfd/config/config_file.h"
#include "spfd/config/policy.h"
#include "spfd/sandbox.h"

namespace spfd {

namespace {

// Shorter secrets can be guessed: with one signed address, an attacker can try millions per second.
constexpr std::size_t kShortSecret = 16;  // bytes

// Reads a file of secrets, which the user that the daemon becomes may own.
base::Result<srs::Secrets, StartError> secrets_in(const std::string& path, const std::string& user_name,
                                                  std::vector<std::string>& notes) {
  std::optional<uid_t> user;
  // In the sandbox we are that user already, and a look-up might load libraries.
  if (!user_name.empty() && sandbox_state().mode == SandboxMode::off) {
    if (const auto found = find_user(user_name)) user = found->uid;
  }
  auto secrets = io::read_secrets(path, user);
  if (!secrets) return base::failure(StartError{fmt::format("{}: {}", base::printable(path), secrets.error()), EX_CONFIG});
  if (const std::size_t size = secrets->secrets.front().size(); size < kShortSecret)
    notes.push_back(fmt::format("{}: the secret that signs has {} bytes; one of fewer than {} may be guessed",
                                base::printable(path), size, kShortSecret));
  return std::move(*secrets);
}

base::Result<srs::Rewriter, StartError> make_rewriter(const SrsOptions& options, const std::string& user_name,
                                                      std::vector<std::string>& notes) {
  auto secrets = secrets_in(options.secret_file, user_name, notes);
  if (!secrets) return base::failure(secrets.error());
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
  auto rewriter = make_rewriter(options.srs, options.user, snapshot.notes);
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

// Adds the keys that sign the tokens of why-url.
std::optional<StartError> add_why_keys(const Options& options, Snapshot& snapshot) {
  if (options.why_key_file.empty()) return {};
  const auto secrets = secrets_in(options.why_key_file, options.user, snapshot.notes);
  if (!secrets) return secrets.error();
  auto keys = token::Keys::make(secrets->secrets);
  if (!keys) return StartError{"why-key-file: " + keys.error(), EX_CONFIG};
  snapshot.policy.why_keys = std::move(*keys);
  return {};
}

// Reads the policy of shadow-config: a configuration file of which only the policy has an effect. The secrets of sender rewriting
// are those in force, since the sandbox would forbid reading others.
std::optional<StartError> add_shadow(const Options& options, Snapshot& snapshot) {
  if (options.shadow_config.empty()) return {};
  const auto text = io::read_file(options.shadow_config, io::FileKind::regular);
  if (!text) return StartError{"shadow-config: " + text.error(), EX_CONFIG};
  const auto settings = parse_config(*text, options.shadow_config);
  if (!settings) return StartError{"shadow-config: " + settings.error().message, EX_CONFIG};
  const auto others = make_options(*settings, {});
  if (!others) return StartError{"shadow-config: " + others.error().message, EX_CONFIG};
  receiver::Policy policy = policy_of(*others);
  policy.hostname = snapshot.policy.hostname;
  policy.spf.explains = false;
  policy.spf.prefetch = spf::Prefetch::off;
  receiver::OwnAddresses& own = policy.own_addresses;
  if ((own.unwraps || own.checks_recipients) && snapshot.srs) own.rewriter = snapshot.srs->rewriter;
  snapshot.shadow = std::make_shared<const receiver::Policy>(std::move(policy));
  snapshot.shadow_config = options.shadow_config;
  return {};
}

}  // namespace

base::Result<std::shared_ptr<const Snapshot>, StartError> make_snapshot(const Options& options) {
  auto snapshot = std::make_shared<Snapshot>(options.in_force);
  receiver::Policy& policy = snapshot->policy;
  policy = policy_of(options);
  snapshot->doors.hostname = policy.hostname;
  policy.spf.trace = snapshot->log_level >= LogLevel::debug;
  snapshot->notes = srs_warnings(options);
  if (auto error = add_srs(options, *snapshot)) return base::failure(std::move(*error));
  if (auto error = add_why_keys(options, *snapshot)) return base::failure(std::move(*error));
  if (auto error = add_shadow(options, *snapshot)) return base::failure(std::move(*error));

  if (!options.zones.empty()) {
    auto zone = std::make_shared<dns::Zone>();
    auto notes = io::add_zone_files(*zone, options.zones, io::FileKind::regular);
    if (!notes) return base::failure(StartError{notes.error(), EX_CONFIG});
    std::move(notes->begin(), notes->end(), std::back_inserter(snapshot->notes));
    snapshot->zone = std::move(zone);
  }
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

std::shared_ptr<const Snapshot> for_commands(const Snapshot& snapshot) {
  auto copy = std::make_shared<Snapshot>(snapshot);
  copy->policy.spf.trace = true;
  copy->policy.allow_explain = true;
  copy->shadow = nullptr;
  return copy;
}

}  // namespace spfd
