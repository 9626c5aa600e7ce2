// The options of spfd: what they are set to, and the table that says which exist.
//
// A row of the table (common/options/row.h) serves the command line (--name), the configuration file (name = value), --help and
// --dump-config. The way of a value: parse_command_line() and parse_config() give Settings, which rows write into Options;
// Options::in_force is the Snapshot that connections use, as far as it does not come from files.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/io/resolver.h"
#include "common/options/row.h"
#include "common/protocol/srs_map.h"
#include "common/receiver/next_hop.h"
#include "common/receiver/rules.h"
#include "common/srs/config.h"
#include "spfd/listen_address.h"
#include "spfd/log_level.h"
#include "spfd/snapshot.h"
#include "spfd/start_error.h"

namespace spfd {

// [sender."example.com"], [recipient."*.example.org"]: rules for the mail of a domain.
struct DomainSection {
  enum class Kind : std::uint8_t { sender, recipient };
  Kind kind = Kind::sender;
  std::string pattern;  // in A-labels
  std::vector<options::Setting> settings;
  std::string place;
  receiver::Rules rules = {};  // made of the settings
};
// "sender", "recipient".
std::string_view section_name(DomainSection::Kind kind);

struct SrsAddress {
  ListenAddress address;
  protocol::SrsMap map = protocol::SrsMap::forward;  // of tcp_table
};

// What a Snapshot's rewriting of senders is made of.
struct SrsOptions {
  std::string secret_file;
  srs::Config config;  // without secrets
  receiver::NextHop next_hop;
  bool rewrites_fail = false;
};

struct Options {
  enum class Action : std::uint8_t { serve, help, version, check_config, dump_config, new_srs_secret };

  Action action = Action::serve;
  std::optional<std::string> config;  // path; nothing: kDefaultConfig if it exists
  std::string new_srs_secret;         // path

  // Listening. The legacy rows (port, socket, ...) are turned into `listen` by complete().
  std::vector<ListenAddress> listen;
  bool listens_by_default = false;  // no address was given
  std::vector<ListenAddress> milter;
  std::vector<SrsAddress> srs_addresses;
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
  int max_connections = 10'000;
  std::uint64_t cache_size = 64ULL << 20U;  // bytes
  io::ResolverOptions dns;                  // its servers: see in_force
  LogTarget log = LogTarget::standard_error;
  std::string syslog_facility = "mail";

  // What a reload puts in force, and what make_snapshot() adds to it.
  Snapshot in_force;
  std::vector<DomainSection> sections;
  std::vector<receiver::FallbackRecord> fallback;
  SrsOptions srs;
  std::vector<std::string> zones;  // paths
};

// The file that is read if none is named: that which `make install` writes.
extern const char* const kDefaultConfig;

using Option = options::RowOf<Options>;

const options::Rows& option_table();
// By any of its long names; null if there is none.
const options::Row* find_option(std::string_view name);

// What a configuration file says.
struct FileSettings {
  std::vector<options::Setting> settings;
  std::vector<DomainSection> sections;  // without their rules
};

// What stands after defaults, file and command line: in this order, the later wins.
base::Result<Options, StartError> make_options(const FileSettings& from_file,
                                               const std::vector<options::Setting>& from_command_line);

// Reports what options that need each other lack: a sentence.
std::optional<std::string> lacking(const Options& options);
// Reports what will not work as it may be meant: sentences.
std::vector<std::string> srs_warnings(const Options& options);

}  // namespace spfd
