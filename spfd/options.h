// The options of spfd: what they are set to, and the one table that says which exist.
//
// A row of the table serves the command line (--name), the configuration file (name = value), --help and --dump-config.
// Values arrive as text from both sides and are checked in one place: the row's `set`.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip.h"
#include "common/base/result.h"
#include "common/io/resolver.h"
#include "common/protocol/codec.h"
#include "common/receiver/rules.h"
#include "common/spf/query.h"
#include "common/spf/result.h"
#include "common/srs/config.h"
#include "spfd/option_values.h"

namespace spfd {

enum class LogTarget : std::uint8_t { standard_error, syslog };
enum class LogLevel : std::uint8_t { error, warning, info, debug };

struct OptionRow;

// Values given for one row, and where.
struct Setting {
  const OptionRow* row = nullptr;
  std::vector<std::string> values;
  std::string place;  // "--timeout", "/etc/spfd/spfd.conf:12: timeout"
};

// [sender."example.com"], [recipient."*.example.org"]: rules for the mail of a domain.
struct DomainSection {
  enum class Kind : std::uint8_t { sender, recipient };
  Kind kind = Kind::sender;
  std::string pattern;  // in A-labels
  std::vector<Setting> settings;
  std::string place;
  receiver::Rules rules = {};  // made of the settings
};
// "sender", "recipient".
std::string_view section_name(DomainSection::Kind kind);

struct SrsAddress {
  ListenAddress address;
  protocol::SrsMap map = protocol::SrsMap::forward;  // of tcp_table
};

struct SrsOptions {
  std::vector<SrsAddress> addresses;
  std::string secret_file;
  srs::Config config;  // without secrets
  std::vector<base::IpAddress> outgoing;
  std::chrono::milliseconds timeout{4000};
  bool rewrites_fail = false;
  bool checks_recipients = false;
  bool unwraps = false;
};

struct Options {
  enum class Action : std::uint8_t { serve, help, version, check_config, dump_config, new_srs_secret };

  Action action = Action::serve;
  std::optional<std::string> config;  // path; nothing: kDefaultConfig if it exists

  // Listening. The legacy rows (port, socket, ...) are turned into `listen` by complete().
  std::vector<ListenAddress> listen;
  bool listens_by_default = false;  // nobody named an address
  std::vector<ListenAddress> milter;
  std::optional<std::uint16_t> legacy_port;
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

  // Clients.
  std::chrono::milliseconds timeout{20'000};              // a check, from question to answer
  std::chrono::milliseconds idle_timeout{60'000};         // a connection without a complete question
  std::chrono::milliseconds mta_idle_timeout{7'200'000};  // a connection that a mail server keeps, between two questions
  std::chrono::milliseconds write_timeout{20'000};        // a client that does not take its answer
  int max_connections = 10'000;
  spf::Result bad_question_result = spf::Result::temperror;
  protocol::DoorOptions doors;

  // SPF.
  std::string hostname;  // empty: that of the machine
  std::string default_explanation;
  int void_lookup_limit = 2;
  bool void_lookups_ipv6 = true;
  spf::Prefetch prefetch = spf::Prefetch::all;

  // Local policy.
  receiver::Rules rules;
  std::vector<DomainSection> sections;
  std::vector<receiver::FallbackRecord> fallback;
  bool allow_request_policy = false;

  SrsOptions srs;
  std::string new_srs_secret;  // path

  // DNS.
  std::vector<io::NameServer> name_servers;  // empty: those of resolv.conf
  std::vector<std::string> zones;            // paths
  std::uint64_t cache_size = 64ULL << 20U;   // bytes
  std::chrono::milliseconds dns_timeout{1500};
  int dns_tries = 3;

  // Log.
  LogTarget log = LogTarget::standard_error;
  LogLevel log_level = LogLevel::info;
  std::string syslog_facility = "mail";
};

// The file that is read if none is named: that which `make install` writes.
extern const char* const kDefaultConfig;

struct OptionRow {
  enum class Shape : std::uint8_t {
    flag,    // no value on the command line, a boolean in the file
    number,  // one value, written in the file without quotes
    text,    // one value
    list,    // any number of values
  };

  std::string_view name;                           // --name, and the key of the file
  std::vector<std::string_view> other_names = {};  // further long names
  char letter = 0;                                 // short name
  Shape shape = Shape::text;
  std::string_view argument = {};  // what --help calls the value
  std::string_view group;          // heading in --help
  std::string_view help;
  bool in_file = true;       // may stand in the configuration file
  bool reloadable = false;   // SIGHUP puts a new value in force
  bool for_domains = false;  // may stand in a section for a domain
  bool is_table = false;     // a list of "key=value" that the file may also have as a table
  // Rows of one topic that is given on the command line are not taken from the file. Empty: the name.
  std::string_view topic = {};
  // Takes the values given (the last one counts unless the row is a list; none only for a list); says what is wrong with them.
  std::optional<std::string> (*set)(Options& options, const std::vector<std::string>& values) = nullptr;
  // The values in force, in a form that `set` takes. Null: a legacy row that stands for another one.
  std::vector<std::string> (*get)(const Options& options) = nullptr;
};

const std::vector<OptionRow>& option_table();
// By any of its long names; null if there is none.
const OptionRow* find_option(std::string_view name);

// Why spfd does not start: a sentence, and the exit code of sysexits.h.
struct StartError {
  std::string message;
  int exit_code = 0;
};

// What a configuration file says.
struct FileSettings {
  std::vector<Setting> settings;
  std::vector<DomainSection> sections;  // without their rules
};

// What stands after defaults, file and command line: in this order, the later wins.
base::Result<Options, StartError> make_options(const FileSettings& from_file, const std::vector<Setting>& from_command_line);

}  // namespace spfd
