#include "spfweb/options.h"

#include <fmt/core.h>

#include <utility>

#include "common/base/printable.h"
#include "common/base/text.h"
#include "common/io/file.h"
#include "common/io/machine_name.h"
#include "common/options/command_line.h"
#include "common/options/fields.h"
#include "common/options/groups.h"
#include "common/options/help.h"
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

Problem set_listen(O& o, const Values& v) {
  o.listen.clear();
  for (const std::string& text : v) {
    auto address = service::parse_listen_address(text, service::kRequestMode);
    if (!address) return address.error();
    o.listen.push_back(std::move(*address));
  }
  return {};
}
Values get_listen(const O& o) {
  Values texts;
  for (const auto& address : o.listen) texts.push_back(service::listen_address_text(address));
  return texts;
}

Problem set_spfd(O& o, const Values& v) {
  auto address = io::parse_server_address(v.back());
  if (!address) return address.error();
  o.spfd = std::move(*address);
  return {};
}
Values get_spfd(const O& o) { return {io::server_address_text(o.spfd)}; }

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
     {set_listen, get_listen}},
    {{.name = "spfd",
      .argument = "ADDRESS",
      .help = "address of spfd's query lines (default: unix:/run/spfd/spfd.sock)",
      .when = When::start},
     {set_spfd, get_spfd}},
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
    {{.name = "zone",
      .kind = Kind::list,
      .argument = "FILE",
      .help = "master file whose records take precedence over DNS; may be given several times",
      .when = When::start},
     options::kTexts<&O::zones>},
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
Problem read_config(const std::string& path, const std::vector<options::Setting>& replaced, Options& options) {
  const auto text = io::read_file(path, io::FileKind::regular);
  if (!text) return text.error();
  const auto rows = options::parse_toml(*text);
  if (!rows) return fmt::format("{}:{}: {}", path, rows.error().line, base::printable(rows.error().message));
  for (const options::TomlRow& given : *rows) {
    const std::string place = fmt::format("{}:{}: {}", path, given.line, base::printable(given.key));
    const options::Row* const row = options::find(option_table(), given.key);
    if (row == nullptr || row->when == When::command_line) return place + ": there is no such option";
    const bool is_list = given.kind == options::TomlRow::Kind::list && row->kind == Kind::list;
    if (given.kind != options::TomlRow::Kind::value && !is_list)
      return fmt::format("{}: the value must be a {}", place,
                         row->kind == Kind::list ? "string or a list of strings" : "single value");
    const bool is_replaced =
        std::any_of(replaced.begin(), replaced.end(), [row](const options::Setting& setting) { return setting.row == row; });
    // A value of the file is checked even if the command line overrides it.
    Options unused;
    if (auto problem = options::apply({row, given.values, place}, is_replaced ? unused : options)) return problem;
  }
  return {};
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
