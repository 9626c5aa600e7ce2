// The options of spfd: their values, and the table that lists them.
//
// A row of the table (common/options/row.h) serves the command line (--name), the configuration file (name = value), --help and
// --dump-config. parse_command_line() and parse_config() return Settings, and rows write their values into Options.
// Options::in_force is the Snapshot that connections use, without the parts that come from files.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/io/resolver_options.h"
#include "common/options/row.h"
#include "common/protocol/srs_map.h"
#include "common/receiver/next_hop.h"
#include "common/receiver/rules.h"
#include "common/service/listen_address.h"
#include "common/srs/config.h"
#include "spfd/config/log_level.h"
#include "spfd/config/sandbox_mode.h"
#include "spfd/config/snapshot.h"
#include "spfd/config/start_error.h"

namespace spfd {

// A section of the configuration file with rules for the mail of a domain: [sender."example.com"], [recipient."*.example.org"].
struct DomainSection {
  enum class Kind : std::uint8_t { sender, recipient };
  Kind kind = Kind::sender;
  std::string pattern;  // in A-labels
  std::vector<options::Setting> settings;
  std::string place;
  receiver::Rules rules = {};  // made from the settings
};
// Returns "sender" or "recipient".
std::string_view section_name(DomainSection::Kind kind);

struct SrsAddress {
  ListenAddress address;
  protocol::SrsMap map = protocol::SrsMap::forward;  // for tcp_table
};

// The options from which make_snapshot() makes the rewriting of senders.
struct SrsOptions {
  std::string secret_file;
  srs::Config config;  // without secrets
  receiver::NextHop next_hop;
  bool rewrites_fail = false;
};

struct Options {
  enum class Action : std::uint8_t { serve, help, version, check_config, dump_config, new_secret };

  Action action = Action::serve;
  std::optional<std::string> config;  // path; none: kDefaultConfig if it exists
  std::string new_secret;             // path

  // Listening. make_options() adds the addresses of the legacy options (port, socket, ...) to `listen`.
  std::vector<ListenAddress> listen;
  bool listens_by_default = false;  // no address was given
  std::vector<ListenAddress> milter;
  std::vector<SrsAddress> srs_addresses;
  std::optional<ListenAddress> control;  // a UNIX socket
  std::vector<std::string> control_users;
  std::vector<std::string> stats_users;
  std::optional<unsigned long> legacy_port;
  std::optional<std::string> legacy_socket;
  std::optional<unsigned> legacy_socket_mode;
  std::string legacy_socket_user;
  std::string legacy_socket_group;

  // Process.
  std::string user;
  std::string group;
  int workers = 0;  // 0: as many as cores, at most 4
  std::string pid_file;
  bool takes_over = false;
  SandboxMode sandbox = SandboxMode::automatic;
  int max_connections = 10'000;
  std::uint64_t cache_size = 64ULL << 20U;  // bytes
  std::string cache_file;                   // path; empty: none
  bool refresh_ahead = true;                // see io::CacheOptions
  std::chrono::milliseconds serve_stale{0};
  io::ResolverOptions dns;  // its servers: see in_force
  LogTarget log = LogTarget::standard_error;
  LogFormat log_format = LogFormat::text;
  std::string syslog_facility = "mail";

  // The values that a reload puts in force, and what make_snapshot() adds to them.
  Snapshot in_force;
  std::vector<DomainSection> sections;
  std::vector<receiver::FallbackRecord> fallback;
  std::string why_key_file;   // path; empty: none
  std::string shadow_config;  // path; empty: none
  SrsOptions srs;
  std::vector<std::string> zones;  // paths
};

// The file that is read if none is named; `make install` writes it.
extern const char* const kDefaultConfig;

using Option = options::RowOf<Options>;

const options::Rows& option_table();

// The settings of a configuration file.
struct FileSettings {
  std::vector<options::Setting> settings;
  std::vector<DomainSection> sections;  // without their rules
};

// Returns the options set by defaults, file and command line, in this order: the later one wins.
base::Result<Options, StartError> make_options(const FileSettings& from_file,
                                               const std::vector<options::Setting>& from_command_line);

// Returns a sentence if an option lacks another one that it needs.
std::optional<std::string> lacking(const Options& options);
// Returns whether the options name files of secrets.
bool holds_secrets(const Options& options);
// Returns sentences about options that may not work as intended.
std::vector<std::string> srs_warnings(const Options& options);

}  // namespace spfd
