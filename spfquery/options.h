// The values of the options of spfquery (command_line.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/dns/name.h"
#include "common/io/resolver_options.h"
#include "common/io/server_address.h"
#include "common/maillog/reader.h"
#include "common/options/program.h"
#include "common/options/row.h"
#include "common/receiver/rules.h"
#include "spfquery/exit_codes.h"

namespace spfquery {

inline constexpr options::Program kProgram("spfquery");

// A record to be tried before it is published: --record NAME=TEXT.
struct WhatIf {
  dns::Name name;
  std::string text;
};

struct Options {
  enum class Action : std::uint8_t { ask, examine, replay, help, version };

  Action action = Action::ask;  // what the other values ask for, unless it is help or version

  // The request. None: not given.
  std::optional<std::string> ip;
  std::optional<std::string> sender;
  bool sender_is_identity = false;  // `sender` was given by --identity
  std::optional<std::string> helo;
  std::string scope;
  std::string receiver;
  std::string recipient;

  // Many requests.
  std::optional<std::string> file;  // "-": standard input
  int jobs = 0;                     // at the same time; 0: as many as the task usually has
  bool keep_comments = false;

  // Examinations.
  std::vector<dns::Name> examined;           // the domains of --lint
  std::optional<std::string> examined_file;  // of domains; "-": standard input
  std::optional<std::string> new_record;     // to compare with that of the domain
  std::vector<base::IpAddress> own;          // addresses from which the domain sends mail
  std::vector<dns::Name> subdomains;
  bool authoritative = false;           // ask the servers of the zone, too
  std::optional<std::string> networks;  // path of the file of shared networks

  // A replay.
  std::optional<maillog::Format> replay;
  std::vector<std::string> logs;      // paths; "-": standard input
  std::optional<std::string> config;  // path of the policy that is in force
  maillog::Baseline baseline = maillog::Baseline::none;
  std::string mailbox;  // path of a Maildir or mbox with the results of the earlier checker; empty: none

  // Returns the exit code if the command line is wrong, or names a file that cannot be used.
  [[nodiscard]] int usage_exit_code() const { return action == Action::ask ? kExitUsage : kExitTaskUsage; }
  [[nodiscard]] bool has_baseline() const { return baseline != maillog::Baseline::none || !mailbox.empty(); }

  // The server that answers. None: spfquery itself.
  std::optional<io::ServerAddress> server;

  // The evaluation.
  io::ResolverOptions dns;         // no servers: those of resolv.conf
  std::vector<std::string> zones;  // paths
  std::vector<WhatIf> records;
  receiver::Policy policy;  // its secondary_mx always includes the MX hosts of the recipient's domain
  std::chrono::milliseconds timeout{20'000};

  // The output.
  bool json = false;
  bool sarif = false;
  bool trace = false;
  bool why = false;      // explain the result
  bool verbose = false;  // print the trace on standard error
};

using Option = options::RowOf<Options>;

// Reads a domain to examine. The error is a sentence without its full stop.
base::Result<dns::Name, std::string> parse_examined(std::string_view text);

}  // namespace spfquery
