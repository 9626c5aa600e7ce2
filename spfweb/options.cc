#include "spfweb/options.h"

#include <fmt/core.h>

#include <utility>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/io/file.h"
#include "common/io/machine_name.h"
#include "common/options/command_line.h"
#include "common/options/fields.h"
#include "common/options/file_settings.h"
#include "common/options/groups.h"
#include "common/options/help.h"
#include "common/options/shared_rows.h"
#include "common/options/toml.h"

namespace spfweb {

namespace {

using options::kChoice;
using options::Kind;
using options::kNeededText;
using options::kText;
using options::Problem;
using options::Values;
using options::When;
using O = Options;

template <auto member>
Problem set_addresses(O& o, const Values& v) {
  (o.*member).clear();
  for (const std::string& text : v) {
    auto address = service::parse_listen_address(text, service::kRequestMode);
    if (!address) return address.error();
    (o.*member).push_back(std::move(*address));
  }
  return {};
}
template <auto member>
Values get_addresses(const O& o) {
  Values texts;
  for (const auto& address : o.*member) texts.push_back(service::listen_address_text(address));
  return texts;
}

Problem set_prefix(O& o, const Values& v) {
  std::string prefix = v.back();
  while (prefix.ends_with('/')) prefix.pop_back();
  for (const char c : prefix) {
    if (!base::is_alphanumeric(c) && c != '/' && c != '-' && c != '_' && c != '.')
      return base::in_quotes(v.back()) + " has a character that needs an escape in a URL";
  }
  if (!prefix.empty() && !prefix.starts_with('/')) return base::in_quotes(v.back()) + " does not begin with a slash";
  o.prefix = std::move(prefix);
  return {};
}

constexpr Option kRows[] = {
    {{.name = "listen",
      .kind = Kind::list,
      .argument = "ADDRESS",
      .heading = "Options",
      .help = "address to listen on: unix:PATH or inet:HOST:PORT; may be given several times (default: inet:127.0.0.1:5980)",
      .when = When::start},
     {set_addresses<&O::listen>, get_addresses<&O::listen>}},
    {{.name = "spfd",
      .argument = "ADDRESS",
      .help = "address of spfd's query lines (default: unix:/run/spfd/spfd.sock)",
      .when = When::start},
     options::kServerAddress<&O::spfd>},
    {{.name = "metrics",
      .kind = Kind::list,
      .argument = "ADDRESS",
      .help = "address at which Prometheus gets the metrics of spfd, as for --listen; may be given several times (default: none)",
      .when = When::start},
     {set_addresses<&O::metrics>, get_addresses<&O::metrics>}},
    {{.name = "control",
      .argument = "ADDRESS",
      .help = "control socket of spfd, for metrics (default: unix:/run/spfd/control.sock)",
      .when = When::start},
     options::kServerAddress<&O::control>},
    {{.name = "key-file",
      .argument = "FILE",
      .help = "file with the secrets that sign the links of refusals, as spfd's why-key-file",
      .when = When::start},
     kText<&O::key_file>},
    {{.name = "hostname",
      .argument = "NAME",
      .help = "name of this site in pages and links (default: that of the machine)",
      .when = When::start},
     kText<&O::hostname>},
    {{.name = "prefix",
      .argument = "PATH",
      .help = "path below which a proxy shows the site, such as /spf (default: none)",
      .when = When::start},
     {set_prefix, kText<&O::prefix>.get}},
    {{.name = "nameserver",
      .kind = Kind::list,
      .argument = "ADDRESS[:PORT]",
      .help = "name server for examinations; may be given several times (default: those of /etc/resolv.conf)",
      .when = When::start},
     options::kNameServers<&O::dns, &io::ResolverOptions::servers>},
    options::kZoneRow<&O::zones>,
    {{.name = "user", .argument = "NAME", .help = "user to become after the start", .when = When::start}, kText<&O::user>},
    {{.name = "group", .argument = "NAME", .help = "group to become (default: that of the user)", .when = When::start},
     kText<&O::group>},
    {{.name = "config", .argument = "FILE", .help = "configuration file with these options", .when = When::command_line},
     {kNeededText<&O::config>.set}},
    {{.name = "check-config", .kind = Kind::act, .help = "check the configuration, and exit", .when = When::command_line},
     kChoice<O::Action::check_config, &O::action>},
    options::kVersionRow<&O::action, O::Action::version>,
    options::kHelpRow<&O::action, O::Action::help>,
};

// Stores the settings of a file that the command line does not replace.
Problem read_config(const std::string& path, const std::vector<options::Setting>& of_command_line, Options& options) {
  const auto text = io::read_file(path, io::FileKind::regular);
  if (!text) return text.error();
  const auto rows = options::parse_toml(*text);
  if (!rows) return fmt::format("{}:{}: {}", path, rows.error().line, base::printable(rows.error().message));
  std::vector<options::Setting> settings;
  for (const options::TomlRow& given : *rows) {
    const std::string place = fmt::format("{}:{}: {}", path, given.line, base::printable(given.key));
    const options::Row* const row = options::find_key(option_table(), given.key);
    if (row == nullptr) return place + ": there is no such option";
    auto setting = options::read_setting(*row, given, place);
    if (!setting) return setting.error();
    settings.push_back(std::move(*setting));
  }
  return options::apply_file(settings, of_command_line, options);
}

}  // namespace

const options::Rows& option_table() { return options::rows_of<kRows>(); }

base::Result<Options, std::string> load_options(const std::vector<std::string>& words) {
  options::CommandLine line = options::read_command_line(option_table(), words);
  Options options;
  for (const options::Setting& setting : line.settings) {
    if (setting.row == nullptr) return base::failure(base::printable(setting.place) + ": there is no such option");
    if (auto problem = options::apply(setting, options)) return base::failure(std::move(*problem));
  }
  if (line.error) return base::failure(std::move(*line.error));
  if (options.action == Options::Action::help || options.action == Options::Action::version) return options;
  if (options.config) {
    if (auto problem = read_config(*options.config, line.settings, options)) return base::failure(std::move(*problem));
  }
  if (options.listen.empty()) options.listen.push_back(*service::parse_listen_address(kDefaultListen, service::kRequestMode));
  if (options.hostname.empty()) options.hostname = io::machine_name();
  return options;
}

std::string help_text() {
  return "Usage: spfweb [OPTION]...\n"
         "Serves the web pages that explain refusals, examine SPF records and create them.\n\n" +
         options::help(option_table()) +
         "\nEach option except the last four is also a key of the configuration file: see spfweb(8).\n";
}

}  // namespace spfweb
