// The options of spfweb: its command line and its configuration file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/io/resolver_options.h"
#include "common/io/server_address.h"
#include "common/options/program.h"
#include "common/options/row.h"
#include "common/service/listen_address.h"

namespace spfweb {

inline constexpr options::Program kProgram("spfweb");

struct Options {
  enum class Action : std::uint8_t { serve, help, version, check_config };

  Action action = Action::serve;
  std::optional<std::string> config;           // path
  std::vector<service::ListenAddress> listen;  // empty: kDefaultListen
  io::ServerAddress spfd = io::UnixServer{"/run/spfd/spfd.sock"};
  std::vector<service::ListenAddress> metrics;  // empty: none are shown
  io::ServerAddress control = io::UnixServer{"/run/spfd/control.sock"};
  std::string key_file;
  std::string user;
  std::string group;
  std::string hostname;  // empty: that of the machine
  std::string prefix;    // "" or "/spf"
  io::ResolverOptions dns;
  std::vector<std::string> zones;  // paths
};

using Option = options::RowOf<Options>;
const options::Rows& option_table();

inline constexpr const char* kDefaultListen = "inet:127.0.0.1:5980";

// Reads the words of the command line, and the file that they name. The error is a sentence.
base::Result<Options, std::string> load_options(const std::vector<std::string>& words);
std::string help_text();

}  // namespace spfweb
