// The options of spfquery, and the table that says which exist.
//
// The words of all generations of spfquery are understood (Mail::SPF, Mail::SPF::Query, libspf2, and the line of Debian's Exim):
// long options have one dash or two, may be shortened, and take their value behind "=" or as the next word, whatever that is.
// Words that belong to no option are ignored, and the last of several values wins.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/dns/name.h"
#include "common/io/resolver.h"
#include "common/receiver/rules.h"
#include "common/spf/query.h"
#include "spfquery/server_address.h"

namespace spfquery {

// "What if I published this": --record NAME=TEXT.
struct WhatIf {
  dns::Name name;
  std::string text;
};

struct Options {
  enum class Action : std::uint8_t { ask, help, version };

  Action action = Action::ask;

  // The question. Nothing: not given.
  std::optional<std::string> ip;
  std::optional<std::string> sender;
  bool sender_is_identity = false;  // given by --identity
  std::optional<std::string> helo;
  std::string scope;
  std::string receiver;
  std::string recipient;

  // Many questions.
  std::optional<std::string> file;  // "-": standard input
  int jobs = 64;                    // at the same time
  bool keep_comments = false;

  // Who answers. Nothing: spfquery itself.
  std::optional<ServerAddress> server;

  // The evaluation.
  std::vector<io::NameServer> name_servers;  // empty: those of resolv.conf
  std::vector<std::string> zones;            // paths
  std::vector<WhatIf> records;
  spf::Settings spf;
  receiver::Rules rules;  // secondary_mx is always there: the MX hosts of the recipient's domain
  std::vector<receiver::FallbackRecord> fallback;
  std::chrono::milliseconds timeout{20'000};
  std::chrono::milliseconds dns_timeout{1500};
  int dns_tries = 3;

  // The output.
  bool json = false;
  bool trace = false;
  bool verbose = false;  // the trace on standard error
};

// One option, or several that mean the same.
struct OptionRow {
  enum class Value : std::uint8_t { none, needed, optional };

  std::vector<std::string_view> names;  // the first one is the one to use
  char letter = 0;
  Value value = Value::none;
  std::string_view argument = {};  // what --help calls the value
  std::string_view group = {};     // heading in --help; empty: an option of old that has no effect
  std::string_view help = {};
  // Says what is wrong with the value. Null: no effect.
  std::optional<std::string> (*set)(Options& options, const std::string& value) = nullptr;
};

const std::vector<OptionRow>& option_table();

// The error is a sentence.
base::Result<Options, std::string> parse_command_line(int argc, char** argv);

std::string help_text();

}  // namespace spfquery
